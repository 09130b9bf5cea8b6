import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataInterface } from '../../src/contract/group-commit.js';
import { Model } from '../../src/contract/model.js';
import { formatInstant, type Instant, SECOND } from '../../src/domain/time.js';
import { LiveFeed } from '../../src/http/live/feed.js';
import { LiveHub } from '../../src/http/live/hub.js';
import type { LiveMessage } from '../../src/http/routes/dashboard-schemas.js';
import { uuid } from './table.js';

/** Time passes only where a test says so: what is looked at takes half a minute. */
describe('a live client', () => {
  let feed: LiveFeed;
  let hub: LiveHub;
  let clock: Instant;

  beforeEach(() => {
    vi.useFakeTimers();
    feed = new LiveFeed({ writers: 'one' });
    clock = 0;
    hub = new LiveHub({
      data: dataInterface(new Model()),
      feed,
      now: () => clock,
      log: { info() {}, warn() {}, error() {} },
      clientsMax: 10,
    });
  });

  afterEach(() => {
    hub.close();
    vi.useRealTimers();
  });

  function note(number: number): void {
    feed.note({
      kind: 'initial',
      id: number,
      uuid: uuid(number),
      symbol: 'e',
      isVowel: true,
      at: number,
      replay: false,
    });
  }

  /** The messages that wait to be read. */
  function messagesOf(stream: Readable): LiveMessage[] {
    return [...String(stream.read()).matchAll(/data: (.*)\n/g)].map(
      ([, data]) => JSON.parse(data!) as LiveMessage,
    );
  }

  async function connect(): Promise<Readable> {
    const connected = hub.connect(undefined);
    await vi.advanceTimersByTimeAsync(300);
    return connected;
  }

  test('that does not read has one message waiting for it, whatever happens', async () => {
    const stream = await connect();
    const { readableLength } = stream;
    expect(readableLength).toBeGreaterThan(0);
    for (let second = 0; second < 60; second += 1) {
      note(second);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(stream.readableLength).toBe(readableLength);
  });

  test('that did not read is told what it missed when it reads again', async () => {
    const stream = await connect();
    for (let number = 0; number < 60; number += 1) note(number);
    await vi.advanceTimersByTimeAsync(5000);
    const first = String(stream.read());
    expect(first).toContain('"events":[]');
    await vi.advanceTimersByTimeAsync(1000);
    const [message] = messagesOf(stream);
    expect({ listed: message!.events.length, missed: message!.missed }).toEqual({ listed: 50, missed: 10 });
  });

  test('that reads is told within a second, and of all that came meanwhile in one message', async () => {
    const stream = await connect();
    stream.read();
    for (let number = 0; number < 3; number += 1) note(number);
    await vi.advanceTimersByTimeAsync(1000);
    const [first, ...more] = messagesOf(stream);
    expect({ listed: first!.events.length, missed: first!.missed, more }).toEqual({
      listed: 3,
      missed: 0,
      more: [],
    });
  });

  test('that comes back is told what came since, in one message', async () => {
    const stream = await connect();
    const id = /id: (.*)\n/.exec(String(stream.read()))![1]!;
    stream.destroy();
    for (let number = 0; number < 60; number += 1) note(number);
    const connected = hub.connect(id);
    await vi.advanceTimersByTimeAsync(300);
    const [first, ...more] = messagesOf(await connected);
    expect({ listed: first!.events.length, missed: first!.missed, more }).toEqual({
      listed: 50,
      missed: 10,
      more: [],
    });
  });

  test('that reads is told every quarter of a minute, at least, that the server lives, and when', async () => {
    const stream = await connect();
    stream.read();
    for (clock = 0; clock < 60 * SECOND; clock += 15 * SECOND) {
      await vi.advanceTimersByTimeAsync(15_000);
      expect(String(stream.read())).toBe(`event: alive\ndata: ${formatInstant(clock)}\n\n`);
    }
  });

  test('is told the time of its first message, though nothing has happened since another was told the same', async () => {
    await connect();
    clock = 3600 * 1_000_000;
    expect(String((await connect()).read())).toContain('"now":"1970-01-01 01:00:00.000000"');
  });

  test('that has gone costs nothing', async () => {
    const stream = await connect();
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    stream.destroy();
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('the newest events are in their order, wherever the ring begins', () => {
  const feed = new LiveFeed({ writers: 'one' });
  const at = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'followup' as const,
      id: i,
      uuid: uuid(i),
      at: i,
      replay: i % 2 === 1,
    }));
  feed.putBefore([...at(3)].map((event) => ({ ...event, at: event.at - 10 })));
  expect(feed.newestAt()).toBe(-8);
  for (const event of at(123)) {
    feed.note(event);
    const { sequence, noted, before } = feed.newest();
    expect(sequence).toBe(event.id + 1);
    expect(noted.map(({ id }) => id)).toEqual(
      Array.from({ length: Math.min(sequence, 50) }, (_, i) => Math.max(0, sequence - 50) + i),
    );
    expect(before.length).toBe(Math.min(3, 50 - noted.length));
    expect(feed.newestAt()).toBe(event.at);
  }
  expect(feed.replays).toBe(61);
});
