import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ContactEvent } from '../../../../src/domain/contact.js';
import { DAY } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { initial, initials } from '../../journal/support.js';
import { openStore } from '../../shared/support.js';
import { until } from '../../shared/until.js';
import { RedisServer, startCluster } from '../servers.js';
import { freshPrefix } from '../support.js';
import {
  appendToBoth,
  collect,
  ended,
  expectAgreement,
  expectAllOnce,
  filled,
  freshFolder,
  over,
  START,
  started,
  tallyboard,
  together,
} from './support.js';

// What npm test tries in little, and the long tests at length.

/** The files of a directory that are neither its label nor whole. */
export function unfinished(directory: string): string[] {
  return readdirSync(directory).filter((name) => !/^archive\.json$|^[\d_-]+\.ndjson$/.test(name));
}

/** Runs that end in the middle, at each step in turn, while late events come. */
export async function endsInTheMiddle(port: number, times: number): Promise<void> {
  const { store, archive, model } = await filled(port);
  const directory = freshFolder();
  for (let n = 0; n < times; n += 1) {
    // What a crash leaves behind: half a file, a file whose events are in the store, or are not any more.
    const failing = over(archive, {
      async *events(part) {
        for await (const event of archive.events(part)) {
          yield event;
          if (n % 3 === 0) throw new Error('interrupted');
        }
      },
      async remove(part, reached) {
        if (n % 3 === 1) await archive.remove(part, reached);
        throw new Error('interrupted');
      },
    });
    await expect(archiveEvents(failing, directory, START + 8 * DAY), `run ${n}`).rejects.toMatchObject({
      message: expect.stringMatching(/could not be read or written/),
      cause: { message: 'interrupted' },
    });
    await expectAllOnce(store, directory, model);
    await appendToBoth({ store, model }, [{ ...initial(5000 + n), at: START + n }]);
    await expectAllOnce(store, directory, model);
  }
  await archiveEvents(archive, directory, START + 8 * DAY);
  await expectAllOnce(store, directory, model);
  expect(unfinished(directory)).toEqual([]);
  await store.close();
}

/** Processes that move so many further events are killed one after the other, while late events come. */
export async function killedAgainAndAgain(port: number, kills: number, events: number): Promise<void> {
  const { store, url, model } = await filled(port);
  for (let from = 10_000; from < 10_000 + events; from += 1000) {
    const batch = initials(from, from + 1000).map((event) => ({
      ...event,
      at: START + (event.id % 5) * DAY,
    }));
    await appendToBoth({ store, model }, batch);
  }
  const directory = freshFolder();
  const command = ['archive', '--store', url, '--to', directory, '--older-than', '1d'];
  let killed = 0;
  for (let round = 0; killed < kills; round += 1) {
    expect(round).toBeLessThan(50 + 6 * kills);
    const child = started(...command);
    // The lock of the one that was killed before is there already.
    await until(() => lockPid(directory) === child.pid || child.exitCode !== null, 'the archive to begin');
    await pause((round % 8) * 25);
    child.kill('SIGKILL');
    await ended(child);
    if (child.signalCode === 'SIGKILL') killed += 1;
    // For each day and partition, so that there is always a run's work to be interrupted.
    const late = initials(1_000_000 + round * 200, 1_000_200 + round * 200);
    await appendToBoth(
      { store, model },
      late.map((event, i) => ({ ...event, at: START + (i % 5) * DAY + round * 1000 + i })),
    );
  }
  // The lock of the last one that was killed is nobody's any more.
  expect(await tallyboard(...command)).toMatchObject({ code: 0 });
  await expectAllOnce(store, directory, model);
  expect(unfinished(directory)).toEqual([]);
  await store.close();
}

/** The process that moves events to a directory, or was killed while it did. */
function lockPid(directory: string): number | undefined {
  const lock = join(directory, 'archive.lock');
  // It is there before anything is written to it.
  const text = existsSync(lock) ? readFileSync(lock, 'utf8') : '';
  return text === '' ? undefined : (JSON.parse(text) as { pid: number }).pid;
}

/** A memory that is full of events of few contacts is made room in by archive. */
export async function makesRoom(kind: 'one server' | 'a Cluster', megabytes: number): Promise<void> {
  const settings = ['--maxmemory', `${megabytes}mb`, '--maxmemory-policy', 'noeviction'];
  const engine = kind === 'a Cluster' ? await startCluster(settings) : await RedisServer.start(settings);
  // A slow machine is not to be taken for a memory that is full.
  const options = 'contacts-expected=10000&attempt-milliseconds=60000';
  const url =
    engine instanceof RedisServer
      ? `redis://127.0.0.1:${engine.port}?${options}`
      : `redis+cluster://${engine.addresses}?partitions=3&${options}`;
  const store = await openStore(url);
  // Contacts that repeat themselves, as many as half of the memory has room for: most of it is raw events.
  const contacts = megabytes * 500;
  let logged = 0;
  const next = () =>
    initials(logged, logged + 1000).map((event, i) => {
      const { uuid } = initials(event.id % contacts, (event.id % contacts) + 1)[0]!;
      return { ...event, uuid, id: logged + i, at: START + event.id * 1000 };
    });
  const fill = async () => {
    for (;;) {
      await store.append(next());
      logged += 1000;
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|UNCERTAIN/) });
  expect(logged).toBeGreaterThan(2 * contacts);
  const directory = freshFolder();
  const said = await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
  expect(said).toMatchObject({ code: 0 });
  await store.append(next());
  await expectAgreement(store, directory);
  await store.close();
  await engine.remove();
}

/** A day of so many events is read in time order, refused where it is archived meanwhile, and archived. */
export async function readsLongDay(port: number, events: number): Promise<void> {
  const store = await openStore(`redis://127.0.0.1:${port}?partitions=1&prefix=${freshPrefix()}`);
  for (let from = 0; from < events; from += 1000) {
    // In another order than that of their instants, and two of each instant.
    const batch = initials(from, from + 1000).map((event) => {
      return { ...event, at: START + ((Math.floor(event.id / 2) * 48_271 * 1000) % DAY) };
    });
    await store.append(batch);
  }
  await expectWhole(store.events(), events);
  const directory = freshFolder();
  await expect(
    (async () => {
      let before = 0;
      for await (const _ of store.events()) {
        before += 1;
        if (before === 1) await archiveEvents(store.archive!, directory, START + DAY);
      }
    })(),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: /archived while they were read/ });
  expect(await collect(store.events())).toEqual([]);
  await expectWhole(together(store, directory).events(), events);
  await expectAgreement(store, directory);
  await store.close();
}

/** Each of the first initials once, in time order. */
async function expectWhole(source: AsyncIterable<ContactEvent>, events: number): Promise<void> {
  let read = 0;
  let last = 0;
  const seen = new Uint8Array(events);
  for await (const event of source) {
    if (event.at < last) throw new Error(`event ${event.id} is out of order`);
    last = event.at;
    read += 1;
    seen[Number.parseInt(event.uuid.slice(-12), 16)]! += 1;
  }
  expect(read).toBe(events);
  expect(seen.every((times) => times === 1)).toBe(true);
}

/** A second run begins, at some moment of the first, to move the same large day. */
export async function runsMeet(port: number, events: number, millisecondsBetween: number): Promise<void> {
  const { store, url, model } = await filled(port, 'partitions=1');
  for (let from = 100_000; from < 100_000 + events; from += 1000) {
    const batch = initials(from, from + 1000).map((event) => ({ ...event, at: START + event.id }));
    await appendToBoth({ store, model }, batch);
  }
  const directory = freshFolder();
  const command = ['archive', '--store', url, '--to', directory, '--older-than', '1d'];
  const runs = [tallyboard(...command)];
  await pause(millisecondsBetween);
  runs.push(tallyboard(...command));
  const codes = (await Promise.all(runs)).map(({ code }) => code);
  expect(codes, `the second began ${millisecondsBetween} ms after the first`).toContain(0);
  await tallyboard(...command);
  await expectAllOnce(store, directory, model);
  await store.close();
}
