import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../../../src/domain/contact.js';
import { DAY, HOUR } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { initial } from '../../journal/support.js';
import { nameOf, openStore } from '../../shared/support.js';
import { REDIS_MISSING, serverOfFile } from '../servers.js';
import { freshPrefix, sharedCluster } from '../support.js';
import {
  appendToBoth,
  collect,
  EVENTS,
  expectAgreement,
  expectAllOnce,
  filled,
  freshFolder,
  START,
  tallyboard,
} from './support.js';

const server = await serverOfFile();

describe.skipIf(REDIS_MISSING !== null)(nameOf('the archive of Redis', REDIS_MISSING), () => {
  it('takes whole days that are older, and leaves tallies, replays and late followups right', async () => {
    const { store, archive, model } = await filled(server.port);
    const directory = freshFolder();
    const { files, events } = await archiveEvents(archive, directory, START + 5.5 * DAY);
    expect(files).toBeGreaterThan(4);
    const kept = await collect(store.events());
    expect(kept.length + events).toBe((await collect(model.events())).length);
    expect(kept.every(({ at }) => at >= START + 5 * DAY)).toBe(true);

    await appendToBoth({ store, model }, [
      { ...initial(1), id: 5e6, at: START + 20 * DAY },
      { kind: 'followup', id: 5e6, uuid: initial(2).uuid, at: START + 20 * DAY, replay: false },
      // An event of a day that was archived already.
      { ...initial(9999), id: 1, at: START + HOUR },
      EVENTS[0]!,
    ]);
    expect(await store.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
    const range = { lower: START, upper: START + 3 * DAY };
    expect(await store.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
    await expectAllOnce(store, directory, model);

    // The next run takes the latecomer, and nothing again.
    expect(await archiveEvents(archive, directory, START + 5.5 * DAY)).toMatchObject({ files: 1, events: 1 });
    expect(await archiveEvents(archive, directory, START + 5.5 * DAY)).toMatchObject({ files: 0 });
    await expectAllOnce(store, directory, model);
    await store.close();
  });

  it('is what prune moves to, which says before what would go, and throws nothing away', async () => {
    const { url, store, model } = await filled(server.port);
    const directory = freshFolder();
    const prune = (...more: string[]) =>
      tallyboard('prune', '--store', url, '--before', '2024-01-05', ...more);
    const old = (await collect(model.events({ upper: START + 4 * DAY }))).length;
    const told = `${old} raw events of ${url} would go, of 4 days, 2024-01-01 to 2024-01-04 (UTC)`;
    expect(await prune()).toMatchObject({ code: 0, stdout: expect.stringContaining(told) });
    expect(await prune('--discard')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('move them to an archive with --to DIR'),
    });
    expect(await collect(store.events())).toEqual(await collect(model.events()));
    // What moved nothing holds nobody to a directory, neither to prove the store nor to move events.
    await archiveEvents(store.archive!, freshFolder(), START);
    expect(await tallyboard('verify', '--store', url)).toMatchObject({ code: 0 });
    expect(await prune('--to', directory)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${old} events of ${url} moved to `),
    });
    await expectAllOnce(store, directory, model);
    expect((await prune()).stdout).toContain('has no raw events from before 2024-01-05 (UTC)');
    await store.close();
  });

  it('says in the name of each file where it begins, where it ends, and how many events it has', async () => {
    const { store, archive, model } = await filled(server.port, 'partitions=1');
    const directory = freshFolder();
    await archiveEvents(archive, directory, START + DAY);
    await appendToBoth({ store, model }, [{ ...initial(7000), at: START + 1 }]);
    await archiveEvents(archive, directory, START + DAY);
    const names = readdirSync(directory).filter((name) => name.startsWith('2024-01-01'));
    const parts = names.map((name) => name.replace('.ndjson', '').split('_')).sort();
    expect(parts.map(([day, partition]) => `${day} ${partition}`)).toEqual(Array(2).fill('2024-01-01 0'));
    expect(parts[0]).toMatchObject({
      2: '0-0',
      4: String(EVENTS.filter(({ at }) => at < START + DAY).length),
    });
    expect(parts[1]).toMatchObject({ 2: parts[0]![3], 4: '1' });
    expect([...(await archive.reached())]).toEqual([['2024-01-01_0', parts[1]![3]]]);
    await store.close();
  });

  it('gives entries names that only grow, also when a clock steps back behind what was archived', async () => {
    const { store, archive, model } = await filled(server.port, 'partitions=1');
    const directory = freshFolder();
    await archiveEvents(archive, directory, START + DAY);
    // As if the events had been logged while the clock was an hour ahead.
    const [place, reached] = [...(await archive.reached())][0]!;
    const ahead = `${Number(reached.split('-')[0]) + 3_600_000}-9`;
    const part = { place, since: reached, last: '0-0', events: 0 };
    await archive.remove(part, ahead);
    await appendToBoth({ store, model }, [{ ...initial(7001), at: START + 1 }]);
    const listed = (await archive.parts()).find((candidate) => candidate.place === place)!;
    expect(listed).toMatchObject({ since: ahead, last: ahead.replace(/9$/, '10'), events: 1 });
    await appendToBoth({ store, model }, [{ ...initial(7002), at: START + 2 }]);
    expect((await archive.parts()).find((candidate) => candidate.place === place)).toMatchObject({
      events: 2,
    });
    await store.close();
  });

  it('goes to one directory only, and takes one store only', async () => {
    const { store, archive } = await filled(server.port);
    const directory = freshFolder();
    await archiveEvents(archive, directory, START + 5 * DAY);
    await expect(archiveEvents(archive, freshFolder(), START + 6 * DAY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    const other = await filled(server.port);
    await expect(archiveEvents(other.archive, directory, START + 6 * DAY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    await store.close();
    await other.store.close();
  });

  it('works on a Cluster, waiting for a replica', async () => {
    const url = `redis+cluster://${await sharedCluster()}?partitions=8&wait=1&prefix=${freshPrefix()}`;
    const store = await openStore(url);
    await store.append(EVENTS);
    const directory = freshFolder();
    const { files } = await archiveEvents(store.archive!, directory, START + 5 * DAY);
    expect(files).toBe(40);
    await store.append([{ ...initial(7003), at: START } satisfies ContactEvent]);
    expect(await archiveEvents(store.archive!, directory, START + 5 * DAY)).toMatchObject({ events: 1 });
    await expectAgreement(store, directory);
    await store.close();
  });

  it('is made, read and asked for on the command line', async () => {
    const { store, url } = await filled(server.port);
    await store.close();
    const directory = freshFolder();
    const said = await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
    expect(said.text).toMatch(new RegExp(`${EVENTS.length} events of redis:.* moved to \\d+ files`));
    expect((await tallyboard('verify', '--store', url)).text).toContain('name its directory with --archive');
    const verified = await tallyboard('verify', '--store', url, '--archive', directory);
    expect(verified.text).toContain(`${EVENTS.length} events`);
    expect(verified.text).toContain('Every answer agrees with the raw events.');
    const nothing = await tallyboard('archive', '--store', 'null:', '--to', directory);
    expect(nothing.text).toContain('cannot be without raw events');
    expect((await tallyboard('archive', '--help')).text).toContain('(default: 30d');
  });
});
