import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventArchive, Store } from '../../../src/contract/data-interface.js';
import { Model } from '../../../src/contract/model.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { DAY, HOUR } from '../../../src/domain/time.js';
import { archivedEvents, archiveEvents } from '../../../src/transfer/archive.js';
import { verifyStore } from '../../../src/transfer/verify.js';
import { cleanEnvironment } from '../../faults/server-process.js';
import { initial, initials } from '../journal/support.js';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { freshPrefix, nameOf, openStore } from './support.js';

const run = promisify(execFile);
const MAIN = new URL('../../../bin/tallyboard.js', import.meta.url).pathname;
const START = initial(0).at;
const folder = mkdtempSync(join(tmpdir(), 'tallyboard-archive-'));
let folders = 0;
function freshFolder(): string {
  folders += 1;
  return join(folder, String(folders));
}

let server: RedisServer;
beforeAll(async () => {
  if (REDIS_MISSING === null) server = await RedisServer.start();
}, 60_000);
afterAll(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Contacts of ten days, one in three with a followup a day later, some with replays. */
const EVENTS: ContactEvent[] = initials(0, 600).flatMap((event, i): ContactEvent[] => {
  const at = START + i * 0.4 * HOUR;
  const first = { ...event, at };
  const followup = { kind: 'followup', id: i + 1e6, uuid: event.uuid, at: at + DAY, replay: false } as const;
  return [first, ...(i % 3 === 0 ? [followup] : []), ...(i % 7 === 0 ? [{ ...first, id: i + 2e6 }] : [])];
});

const urls: string[] = [];

/** What a command says, on either of its outputs, however it ends. */
async function tallyboard(...parameters: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [MAIN, ...parameters], {
    env: cleanEnvironment(),
  }).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

async function filled(): Promise<{ store: Store; archive: EventArchive; model: Model }> {
  const url = `redis://127.0.0.1:${server.port}?partitions=4&prefix=${freshPrefix()}`;
  urls.push(url);
  const store = await openStore(url);
  const model = new Model();
  for (let from = 0; from < EVENTS.length; from += 100) {
    const batch = EVENTS.slice(from, from + 100);
    expect(await store.append(batch)).toEqual(await model.append(batch));
  }
  return { store, archive: store.archive!, model };
}

async function collect(events: AsyncIterable<ContactEvent>): Promise<ContactEvent[]> {
  const list: ContactEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** Every event that was logged, once, here or there; without ids, which an export does not have. */
async function expectAllOnce(store: Store, directory: string, model: Model): Promise<void> {
  const rows = (events: ContactEvent[]) => events.map(textOf).sort();
  const archived = await collect(archivedEvents(store.archive!, directory));
  const kept = await collect(store.events());
  expect(rows([...archived, ...kept])).toEqual(rows(await collect(model.events())));
  const summary = await verifyStore(store, {
    ranges: 50,
    random: Math.random,
    archived: archivedEvents(store.archive!, directory),
  });
  expect(summary.differences).toEqual([]);
  expect(summary.contacts).toBeGreaterThan(0);
}

function textOf(event: ContactEvent): string {
  const answer = event.kind === 'initial' ? ` ${event.symbol} ${event.isVowel}` : '';
  return `${event.at} ${event.uuid} ${event.kind}${answer} ${event.replay}`;
}

describe.skipIf(REDIS_MISSING !== null)(nameOf('the archive of Redis', REDIS_MISSING), () => {
  it('takes whole days that are older, and leaves tallies, replays and late followups right', async () => {
    const { store, archive, model } = await filled();
    const directory = freshFolder();
    const { files, events } = await archiveEvents(archive, directory, START + 5.5 * DAY);
    expect(files).toBeGreaterThan(4);
    const kept = await collect(store.events());
    expect(kept.length + events).toBe((await collect(model.events())).length);
    expect(kept.every(({ at }) => at >= START + 5 * DAY)).toBe(true);

    const late: ContactEvent[] = [
      { ...initial(1), id: 5e6, at: START + 20 * DAY },
      { kind: 'followup', id: 5e6, uuid: initial(2).uuid, at: START + 20 * DAY, replay: false },
      // An event of a day that was archived already.
      { ...initial(9999), id: 1, at: START + HOUR },
      EVENTS[0]!,
    ];
    expect(await store.append(late)).toEqual(await model.append(late));
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

  it('moves each event once, wherever it is interrupted', async () => {
    const { store, archive, model } = await filled();
    const directory = freshFolder();
    for (let n = 0; n < 12; n += 1) {
      // The call to the store fails, before or after it was made: what a crash leaves behind.
      const failing: EventArchive = {
        name: () => archive.name(),
        claim: (name) => archive.claim(name),
        parts: (before) => archive.parts(before),
        events: (part) => archive.events(part),
        async remove(part) {
          if (n % 2 === 0) await archive.remove(part);
          throw new Error('interrupted');
        },
      };
      await expect(archiveEvents(failing, directory, START + 8 * DAY)).rejects.toThrow('interrupted');
      expect(readdirSync(directory).filter((file) => file.includes('.moving.'))).toHaveLength(1);
      const late = [{ ...initial(5000 + n), at: START + n }];
      expect(await store.append(late)).toEqual(await model.append(late));
      if (n === 0) await expect(collect(archivedEvents(archive, directory))).rejects.toThrow(/interrupted/);
    }
    await archiveEvents(archive, directory, START + 8 * DAY);
    await expectAllOnce(store, directory, model);
    await store.close();
  });

  it('goes to one directory only, and takes one store only', async () => {
    const { store, archive } = await filled();
    const directory = freshFolder();
    await archiveEvents(archive, directory, START + 5 * DAY);
    await expect(archiveEvents(archive, freshFolder(), START + 6 * DAY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    const other = await filled();
    await expect(archiveEvents(other.archive, directory, START + 6 * DAY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    await store.close();
    await other.store.close();
  });

  it('is made, read and asked for on the command line', async () => {
    const { store } = await filled();
    await store.close();
    const url = urls.at(-1)!;
    const directory = freshFolder();
    const said = await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
    expect(said).toMatch(/886 events of redis:.* moved to \d+ files/);
    expect(await tallyboard('verify', '--store', url)).toContain('name its directory with --archive');
    const verified = await tallyboard('verify', '--store', url, '--archive', directory);
    expect(verified).toContain('886 events');
    expect(verified).toContain('Every answer agrees with the raw events.');
    const copied = await tallyboard('copy', '--from', url, '--to', `journal:${freshFolder()}`);
    expect(copied).toContain('were archived, and are not copied');
    expect(await tallyboard('archive', '--store', 'null:', '--to', directory)).toContain(
      'nothing to archive',
    );
  }, 60_000);

  it('tells a file that is missing', async () => {
    const { store, archive } = await filled();
    const directory = freshFolder();
    await archiveEvents(archive, directory, START + 5 * DAY);
    const [file] = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
    renameSync(join(directory, file!), join(folder, 'elsewhere'));
    const summary = await verifyStore(store, {
      ranges: 10,
      random: Math.random,
      archived: archivedEvents(archive, directory),
    });
    expect(summary.differencesTotal).toBeGreaterThan(0);
    await store.close();
  });
});
