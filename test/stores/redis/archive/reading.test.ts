import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/cli/terminal/random.js';
import type { Model } from '../../../../src/contract/model.js';
import { eventNdjson } from '../../../../src/domain/event-text.js';
import { DAY, formatInstant, HOUR } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { withArchive } from '../../../../src/transfer/archive/reader.js';
import { verifyStore } from '../../../../src/transfer/verify/verify.js';
import { initial } from '../../journal/support.js';
import { nameOf, openStore } from '../../shared/support.js';
import { REDIS_MISSING, serverOfFile } from '../servers.js';
import { freshPrefix } from '../support.js';
import {
  appendToBoth,
  collect,
  type Filled,
  filled,
  freshFolder,
  over,
  rowsOf,
  START,
  tallyboard,
} from './support.js';

const server = await serverOfFile();

/** Days 1 to 6 in the archive, latecomers of day 2 in a file of their own and in the store. */
async function halfArchived(): Promise<Filled & { directory: string }> {
  const all = await filled(server.port);
  const directory = freshFolder();
  await archiveEvents(all.archive, directory, START + 6 * DAY);
  await appendToBoth(all, [{ ...initial(5000), at: START + DAY + HOUR }]);
  await archiveEvents(all.archive, directory, START + 6 * DAY);
  await appendToBoth(all, [{ ...initial(5001), at: START + DAY + 2 * HOUR }]);
  return { ...all, directory };
}

const datesIn = (text: string) => [...text.matchAll(/"date":"([^"]+)"/g)].map((match) => match[1]!);

describe.skipIf(REDIS_MISSING !== null)(nameOf('a store beside its archive', REDIS_MISSING), () => {
  it('is exported as one, in time order, within bounds, and says what it leaves out', async () => {
    const { url, directory, model, store } = await halfArchived();
    const all = await collect(model.events());
    const alone = await tallyboard('export', '--store', url);
    expect(alone.stderr).toContain('Raw events of 6 days of redis://');
    expect(alone.stderr).toContain('are not exported: --archive DIR includes them.');
    expect(datesIn(alone.stdout).length).toBeLessThan(all.length);

    const whole = await tallyboard('export', '--store', url, '--archive', directory);
    expect(whole.stderr).not.toContain('are not exported');
    expect(datesIn(whole.stdout)).toEqual(all.map(({ at }) => formatInstant(at)));
    expect(whole.stdout.split('\n').sort()).toEqual((await ndjsonOf(model)).split('\n').sort());

    const bounds = ['--from', '2024-01-02T01:00', '--to', '2024-01-08', '--tz', 'America/New_York'];
    const part = await tallyboard('export', '--store', url, '--archive', directory, ...bounds);
    const [lower, upper] = [START + DAY + 6 * HOUR, START + 7 * DAY + 5 * HOUR];
    expect(datesIn(part.stdout)).toEqual(
      all.filter(({ at }) => at >= lower && at < upper).map(({ at }) => formatInstant(at)),
    );
    await store.close();
  });

  it('is copied as one, and its archive is imported by one command', async () => {
    const { url, directory, model, store } = await halfArchived();
    const target = () => `redis://127.0.0.1:${server.port}?partitions=3&prefix=${freshPrefix()}`;
    const [alone, whole, imported] = [target(), target(), target()];
    expect((await tallyboard('copy', '--from', url, '--to', alone)).stderr).toContain('are not copied');
    const copied = await tallyboard('copy', '--from', url, '--archive', directory, '--to', whole);
    expect(copied).toMatchObject({ code: 0 });
    expect(copied.stderr).not.toContain('are not copied');
    await expectSame(whole, model);

    const taken = await tallyboard('import', directory, '--store', imported);
    expect(taken).toMatchObject({ code: 0 });
    await tallyboard('copy', '--from', url, '--to', imported);
    await expectSame(imported, model);
    const again = await tallyboard('import', directory, '--store', imported);
    expect(again.stdout).toContain('gained 0 contacts');
    await expectSame(imported, model);

    const refused = await tallyboard('import', freshFolder(), '--store', imported);
    expect(refused.text).toContain('cannot be opened');
    expect((await tallyboard('import', join(directory, '..'), '--store', imported)).text).toContain(
      'and not an archive',
    );
    const other = await tallyboard('copy', '--from', whole, '--archive', directory, '--to', alone);
    expect(other.text).toContain('is not the archive of this store');
    const journal = await tallyboard('export', '--store', `journal:${freshFolder()}`, '--archive', directory);
    expect(journal.text).toMatch(/leave --archive out|no journal/);
    await store.close();
  });

  it('goes to another number of partitions under another prefix, and to itself not', async () => {
    const { url, store } = await filled(server.port);
    await store.close();
    const bigger = `redis://127.0.0.1:${server.port}?prefix=${freshPrefix()}&partitions=7`;
    expect(await tallyboard('copy', '--from', url, '--to', bigger)).toMatchObject({ code: 0 });
    const prefix = new URLSearchParams(url.split('?')[1]).get('prefix');
    for (const same of [
      `redis://127.0.0.1:${server.port}/0?prefix=${prefix}`,
      `redis://user:password@127.0.0.1:${server.port}?prefix=${prefix}&partitions=9`,
    ]) {
      expect((await tallyboard('copy', '--from', url, '--to', same)).text).toContain('are the same store');
    }
  });

  it('is read wholly or not at all while it is being archived', async () => {
    for (let step = 0; step < 12; step += 1) {
      const { store, archive, model } = await filled(server.port);
      const directory = freshFolder();
      await archiveEvents(archive, directory, START + DAY);
      let asked = 0;
      const archiveAt = async (n: number) => {
        asked += 1;
        if (asked === n) await archiveEvents(archive, directory, START + 6 * DAY);
      };
      const watched = over(archive, {
        async reached() {
          await archiveAt(step);
          return await archive.reached();
        },
      });
      const source = {
        archive: watched,
        async *events() {
          await archiveAt(step);
          for await (const event of store.events()) {
            yield event;
            await archiveAt(step);
          }
        },
      };
      const read = await collect(withArchive(source, directory).events()).catch((error: unknown) => error);
      if (Array.isArray(read)) expect(rowsOf(read)).toEqual(rowsOf(await collect(model.events())));
      else expect(read).toMatchObject({ code: 'STORE_UNAVAILABLE', message: /read again/ });
      await store.close();
    }
  });

  it('that changes while it is verified is told first, and not recorded', async () => {
    const { store, url } = await filled(server.port);
    let next = 20_000;
    const source = {
      async *events() {
        yield* store.events();
        await store.append([initial(next)]);
        next += 1;
      },
    };
    const summary = await verifyStore(store, { ranges: 5, random: seededRandom(1), source });
    expect(summary).toMatchObject({ complete: true, changed: true });
    expect(await verifyStore(store, { ranges: 5, random: seededRandom(1) })).toMatchObject({
      changed: false,
    });

    let isOver = false;
    const writing = (async () => {
      // Not as fast as it can: that takes the machine from the command.
      for (; !isOver; next += 1) {
        await store.append([initial(next)]);
        await pause(5);
      }
    })();
    const said = await tallyboard('verify', '--store', url);
    isOver = true;
    await writing;
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/^The store changed meanwhile.*stop all servers .* or verify again/);
    expect(await store.verification?.()).toBeNull();
    await store.close();
  });
});

async function expectSame(url: string, model: Model): Promise<void> {
  const store = await openStore(url);
  expect(rowsOf(await collect(store.events()))).toEqual(rowsOf(await collect(model.events())));
  expect(await store.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
  expect(await verifyStore(store, { ranges: 20, random: seededRandom(1) })).toMatchObject({
    differencesTotal: 0,
  });
  await store.close();
}

async function ndjsonOf(model: Model): Promise<string> {
  return (await collect(model.events())).map(eventNdjson).join('');
}
