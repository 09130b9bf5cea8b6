import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Model } from '../../../src/contract/model.js';
import { type ContactEvent, SYMBOLS } from '../../../src/domain/contact.js';
import { DAY, HOUR, type Instant, MINUTE } from '../../../src/domain/time.js';
import { archiveEvents } from '../../../src/transfer/archive/archive.js';
import { cleanEnvironment } from '../../faults/server-process.js';
import { eventsOf, initial, initials } from '../journal/support.js';
import { expectAnswersToAnalyst } from '../shared/analyst.js';
import { nameOf, openStore } from '../shared/support.js';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { freshPrefix } from './support.js';

const run = promisify(execFile);
const MAIN = new URL('../../../bin/tallyboard.js', import.meta.url).pathname;
const START = initial(0).at;
const folder = mkdtempSync(join(tmpdir(), 'tallyboard-page-'));

let server: RedisServer;
beforeAll(async () => {
  if (REDIS_MISSING === null) server = await RedisServer.start();
});
afterAll(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const storeUrl = (options = 'partitions=4') =>
  `redis://127.0.0.1:${server.port}?${options}&prefix=${freshPrefix()}`;

function at(n: number, instant: Instant, id = n): ContactEvent {
  return { ...initial(n), id, at: instant };
}

function followupAt(n: number, instant: Instant, id = n + 1e6): ContactEvent {
  return { kind: 'followup', id, uuid: initial(n).uuid, at: instant, replay: false };
}

/** What Redis did since the last time, by the name of the command. */
async function commandsSince(): Promise<ReadonlyMap<string, number>> {
  const info = String(await server.ask('INFO', 'commandstats'));
  await server.ask('CONFIG', 'RESETSTAT');
  return new Map([...info.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, n]) => [name!, Number(n)]));
}

describe.skipIf(REDIS_MISSING !== null)(nameOf('the last events in Redis', REDIS_MISSING), () => {
  it('are those that were logged last, whenever they happened, and cost a look at few entries', async () => {
    const store = await openStore(storeUrl());
    const logged: ContactEvent[] = [];
    for (let day = 0; day < 30; day += 1) {
      const batch = Array.from({ length: 40 }, (_, i) => at(day * 40 + i, START + day * DAY + i));
      await store.append(batch);
      logged.push(...batch);
    }
    // A batch that spreads over old days, in no order.
    const late = [7, 25, 3, 18].map((day, i) => at(5000 + i, START + day * DAY + HOUR));
    await store.append(late);
    logged.push(...late);
    for (const eventsMax of [0, 1, 3, 4, 5, 50, 200, 1203, 1204, 5000]) {
      expect(await store.lastEvents!(eventsMax)).toEqual(
        logged.slice(Math.max(0, logged.length - eventsMax)),
      );
    }
    await commandsSince();
    await store.lastEvents!(50);
    const commands = await commandsSince();
    // A look at the end of each day's stream, and few pages besides; never the events of all days.
    expect(commands.get('xrevrange')).toBeLessThan(4 * (30 + 8));
    await store.close();
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf("a contact's story in Redis", REDIS_MISSING), () => {
  it('is told without its raw events, replays and all, once these are archived', async () => {
    const store = await openStore(storeUrl());
    const story = [
      followupAt(1, START),
      at(1, START + HOUR),
      at(1, START + DAY, 77),
      followupAt(1, START + 2 * DAY, 78),
    ];
    await store.append([...initials(100, 200), story[0]!, story[2]!, story[1]!, story[3]!]);
    const told = [
      story[0]!,
      { ...story[1]!, id: 1, replay: true },
      // The first to arrive is the initial, whatever its instant.
      { ...story[2]!, id: 77 },
      { ...story[3]!, replay: true },
    ];
    const { uuid } = story[0]!;
    expect(await store.eventsOfContact!(uuid, 10)).toEqual({ events: told, leftOut: 0 });
    await archiveEvents(store.archive!, join(folder, 'story'), START + 10 * DAY);
    expect(await eventsOf(store)).toEqual([]);
    expect(await store.eventsOfContact!(uuid, 10)).toEqual({ events: told, leftOut: 0 });
    expect(await store.eventsOfContact!(uuid, 3)).toEqual({ events: told.slice(0, 3), leftOut: 1 });
    expect(await store.eventsOfContact!(initial(150).uuid, 3)).toEqual({
      events: [initial(150)],
      leftOut: 0,
    });
    expect(await store.eventsOfContact!(initial(9).uuid, 3)).toEqual({ events: [], leftOut: 0 });
    expect(await store.replays!()).toBe(2);
    await store.close();
  });

  it('of a contact that repeated itself thousands of times is cut, counted whole, and given up when asked', async () => {
    const store = await openStore(storeUrl('partitions=1&contacts-expected=1'));
    const repeats = Array.from({ length: 4000 }, (_, i) => at(1, START + i + 1, 1000 + i));
    await store.append([at(1, START), at(2, START)]);
    for (let from = 0; from < repeats.length; from += 500) {
      await store.append(repeats.slice(from, from + 500).toReversed());
      // Its neighbour in the same hash.
      await store.append([at(2, START + from + 9, 50_000 + from)]);
    }
    const { events, leftOut } = await store.eventsOfContact!(initial(1).uuid, 1000);
    expect(events.map(({ at: instant }) => instant)).toEqual(
      Array.from({ length: 1000 }, (_, i) => START + i),
    );
    expect(leftOut).toBe(3001);
    expect((await store.eventsOfContact!(initial(2).uuid, 1000)).events).toHaveLength(9);
    const given = AbortSignal.abort(new Error('gone'));
    await expect(store.eventsOfContact!(initial(1).uuid, 1000, given)).rejects.toThrow('gone');
    expect(await store.replays!()).toBe(4008);
    await store.close();
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a series from Redis', REDIS_MISSING), () => {
  it('asks each partition once for 64 buckets', async () => {
    const store = await openStore(storeUrl());
    await store.append(initials(0, 500));
    await store.tallyOfSymbol('e');
    await commandsSince();
    const edges = Array.from({ length: 129 }, (_, i) => START + i * HOUR);
    let contacts = 0;
    for await (const rows of store.talliesOfSeries!(edges)) contacts += rows[4]!.vowel.count;
    expect(contacts).toBe(500);
    expect((await commandsSince()).get('evalsha')).toBe(2 * 4);
    await Promise.all(SYMBOLS.map((symbol) => store.tallyOfSymbol(symbol)));
    expect((await commandsSince()).get('evalsha')).toBe(4);
    await store.close();
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('the open hour of Redis', REDIS_MISSING), () => {
  it('is in every answer at once, and in the longer rows when a later one begins', async () => {
    const url = storeUrl('partitions=1');
    const store = await openStore(url);
    const other = await openStore(url);
    const model = new Model();
    let next = 0;
    const log = async (...events: ContactEvent[]) => {
      expect(await store.append(events)).toEqual(await model.append(events));
      for (const range of [
        { lower: START, upper: START + DAY },
        { lower: START - 500 * DAY, upper: START + 500 * DAY },
        { lower: START + 30 * MINUTE, upper: START + 8 * DAY + 90 * MINUTE },
        { lower: START + HOUR, upper: START + 64 * DAY },
      ]) {
        expect(await other.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
      }
      expect(await other.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
    };
    const contactAt = (instant: Instant) => {
      next += 1;
      return at(next, instant);
    };
    await log(contactAt(START + 5), contactAt(START + 50 * MINUTE));
    await log(contactAt(START + 59 * MINUTE), followupAt(1, START + 3 * DAY));
    // The next hour, together with more of the one before and of one long past.
    await log(contactAt(START + HOUR), contactAt(START + 10 * MINUTE), contactAt(START - 400 * DAY));
    await log(followupAt(2, START + 9 * DAY), followupAt(5, START + 9 * DAY));
    // Far ahead, across rows of every length; then late ones, each to a closed hour.
    await log(contactAt(START + 70 * DAY), contactAt(START + 8 * DAY + HOUR));
    await log(contactAt(START + 20 * MINUTE), contactAt(START + 70 * DAY + 5 * MINUTE), followupAt(4, START));
    await log(contactAt(START + 70 * DAY - HOUR));
    await store.close();
    await other.close();
  });

  it('lets a batch write two rows', async () => {
    const store = await openStore(storeUrl('partitions=1'));
    await store.append(initials(0, 10));
    await commandsSince();
    await store.append(initials(10, 20));
    // Ten contacts, the minute and the hour.
    expect((await commandsSince()).get('hset')).toBe(12);
    await store.close();
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a verification of Redis', REDIS_MISSING), () => {
  it('is kept in the store, where every server finds it', async () => {
    const url = storeUrl();
    const store = await openStore(url);
    expect(await store.verification!()).toBeNull();
    await store.append([...initials(0, 100), at(5, START + DAY, 900)]);
    await run(process.execPath, [MAIN, 'verify', '--store', url], { env: cleanEnvironment() });
    expect(await store.verification!()).toMatchObject({ events: 101, contacts: 100, differences: 0 });
    await store.close();
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('what is in Redis', REDIS_MISSING), () => {
  it('answers the questions that its page asks for an analyst', async () => {
    const url = storeUrl('partitions=1');
    const meta = `${new URL(url).searchParams.get('prefix')}{0-0}:meta`;
    await expectAnswersToAnalyst('redis.md', await openStore(url), async (question) =>
      ((await server.ask('EVAL', question, 1, meta)) as string[]).map((row) => JSON.parse(row)),
    );
  });
});
