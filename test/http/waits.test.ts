import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { EMPTY_SPLIT } from '../../src/domain/tally.js';
import { countLooks, forgetClocks, writtenIn } from '../domain/looks.js';
import { neighbour, PIECES_SEEN_MAX } from '../neighbour.js';
import { answerOf, sendRaw, startTestServer, statusesOf, type TestServer } from './support.js';
import { uuid } from './table.js';

const NO_CONTACTS = Array.from({ length: 26 }, () => EMPTY_SPLIT);

let server: TestServer;
afterEach(() => server.stop());

/** A store that has roll-ups, and has all at hand: no answer waits for anything. */
function atHand(work: () => void, methods: Partial<Store> = {}): Store {
  const model = new Model();
  return Object.assign(model, {
    promises: { ...model.promises, rollups: ['day'] },
    async talliesOfRange() {
      work();
      return NO_CONTACTS;
    },
    async *talliesOfSeries(edges: readonly number[]) {
      for (let i = 1; i < edges.length; i += 1) {
        work();
        yield NO_CONTACTS;
      }
    },
    ...methods,
  });
}

/** Events to no end that matters, of which so many at a time are a piece of work. */
function manyEvents(work: () => void, eventsAPiece: number): Store['events'] {
  return async function* () {
    for (let id = 0; id < 40 * eventsAPiece; id += 1) {
      if (id % eventsAPiece === 0) work();
      yield { kind: 'followup', id, uuid: uuid(id % 100), at: id, replay: false } satisfies ContactEvent;
    }
  };
}

/** What is asked on one connection without waiting, so that it comes at once. */
async function statusesOfAll(paths: readonly string[]): Promise<number[]> {
  const lines = paths.map((path, i) => {
    const end = i === paths.length - 1 ? 'Connection: close\r\n' : '';
    return `GET ${path} HTTP/1.1\r\nHost: x\r\n${end}\r\n`;
  });
  return statusesOf((await sendRaw(server.port, [lines.join('')])).text);
}

function times<T>(count: number, of: T): T[] {
  return Array.from({ length: count }, () => of);
}

describe('a neighbour is kept waiting for no more than a few pieces of work', () => {
  test.each([
    ['ranges', '/dashboard/range/2017-06-28/2017-06-30', 1],
    ['summaries', '/dashboard/summary/2017-06-28/2017-06-30', 1],
    ['guesses', '/dashboard/guesses/2017-06-28/2017-06-30', 1],
    ['series', '/dashboard/series/2017-01-01/2017-04-11?every=day', 100],
  ])('by a hundred %s that come at once', async (_what, path, pieces) => {
    const { seen, work, end } = neighbour();
    server = await startTestServer({ store: atHand(work), limits: { seriesReadingsMax: 20 } });
    expect(await statusesOfAll(times(100, path))).toEqual(times(100, 200));
    await end();
    expect(seen.pieces).toBe(100 * pieces);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });

  test('by a series that a store answers range by range', async () => {
    const { seen, work, end } = neighbour();
    const store = atHand(work, { talliesOfSeries: undefined as never });
    server = await startTestServer({ store });
    expect(await statusesOfAll(['/dashboard/series/2017-01-01/2018-01-01?every=day'])).toEqual([200]);
    await end();
    expect(seen.pieces).toBe(365);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });

  test.each([
    // A store looks after itself, as far as it reads; here it is what is made of 512 events, or of 64.
    ['all raw events', '/events', 512],
    ['stories', `/events/${uuid(1)}`, 64],
  ])('by four readings of %s', async (_what, path, eventsAPiece) => {
    const { seen, work, end } = neighbour();
    const events = manyEvents(work, eventsAPiece);
    server = await startTestServer({ store: atHand(work, { events, eventsOfContact: undefined as never }) });
    const replies = await Promise.all(times(4, path).map((each) => answerOf(server, each)));
    await end();
    expect(replies.map(({ status }) => status)).toEqual(times(4, 200));
    expect(seen.pieces).toBe(160);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });

  test('by the first page, whose last events a store has to look for', async () => {
    const { seen, work, end } = neighbour();
    const store = atHand(work, { events: manyEvents(work, 64), lastEvents: undefined as never });
    server = await startTestServer({ store });
    const { body } = await request(`${server.url}/dashboard/live`);
    await expect.poll(() => seen.pieces).toBe(40);
    body.on('error', () => {}).destroy();
    await end();
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });
});

test('twenty series in a zone whose name each writes in its own way look up its clocks once', async () => {
  server = await startTestServer({ store: atHand(() => {}), limits: { seriesReadingsMax: 20 } });
  const looksOf = async (names: readonly string[]) => {
    forgetClocks();
    const count = countLooks();
    const paths = names.map((name) => `/dashboard/series/2012-01-01Z/2017-01-01Z?every=day&tz=${name}`);
    expect(await statusesOfAll(paths)).toEqual(paths.map(() => 200));
    count.end();
    return count.looks;
  };
  const names = Array.from({ length: 20 }, (_, i) =>
    writtenIn(i % 2 === 0 ? 'US/Eastern' : 'America/New_York', i),
  );
  expect(new Set(names).size).toBe(20);
  const alone = await looksOf(['America/New_York']);
  expect(alone).toBeGreaterThan(300);
  expect(await looksOf(names)).toBe(alone);
});

test('metrics that are asked for while they are gathered are gathered once', async () => {
  let gathered = 0;
  const unmatched = async () => {
    gathered += 1;
    return 0;
  };
  server = await startTestServer({ store: atHand(() => {}, { unmatched }) });
  expect(await statusesOfAll(times(20, '/metrics'))).toEqual(times(20, 200));
  expect(gathered).toBe(1);
  const { text } = await answerOf(server, '/metrics');
  expect(gathered).toBe(2);
  expect(text).toMatch(/^# HELP .*\n# TYPE .*\n[^#]+\n\n# HELP /);
  expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
});

/** What the server sees come from now on. */
function arrivals() {
  const seen = { requests: 0, gone: 0 };
  server.app.server.on('request', ({ socket }) => {
    seen.requests += 1;
    socket.once('close', () => {
      seen.gone += 1;
    });
  });
  return seen;
}

describe('more series than are read at the same time', () => {
  const path = '/dashboard/series/2017-06-28/2017-06-30?every=day';

  /** Each series stands still after its first bucket until it is told to go on. */
  function held() {
    const goOn: (() => void)[] = [];
    const store = atHand(() => {}, {
      async *talliesOfSeries() {
        await new Promise<void>((resolve) => goOn.push(resolve));
        yield NO_CONTACTS;
        yield NO_CONTACTS;
      },
    });
    return { store, goOn };
  }

  test('wait their turn, and beyond a number are refused', async () => {
    const { store, goOn } = held();
    server = await startTestServer({ store, limits: { seriesReadingsMax: 2, seriesWaitingMax: 3 } });
    const seen = arrivals();
    const statuses: number[] = [];
    const asked = times(5, path).map(async (each, i) => {
      const { status } = await answerOf(server, `${each}&n=${i}`);
      statuses.push(status);
    });
    await expect.poll(() => [seen.requests, goOn.length]).toEqual([5, 2]);
    const refused = await answerOf(server, path);
    expect(JSON.parse(refused.text)).toMatchObject({
      status: 429,
      code: 'READINGS_TOO_MANY',
      detail: '2 series are being read, and 3 wait for it already: try again in a moment',
    });
    expect(refused.headers['retry-after']).toBe('1');
    for (let done = 0; done < 5; done += 1) {
      await expect.poll(() => goOn.length).toBeGreaterThan(0);
      expect(goOn.length).toBeLessThanOrEqual(2);
      goOn.shift()!();
    }
    await Promise.all(asked);
    expect(statuses).toEqual(times(5, 200));
    goOn.length = 0;
    const last = answerOf(server, path);
    await expect.poll(() => goOn.length).toBe(1);
    goOn[0]!();
    expect((await last).status).toBe(200);
  });

  test('of scans are refused, as readings of raw events are', async () => {
    const { store, goOn } = held();
    Object.assign(store, { promises: { ...store.promises, rollups: [] } });
    server = await startTestServer({ store, limits: { eventReadingsMax: 2 } });
    const asked = times(2, path).map((each) => answerOf(server, each));
    await expect.poll(() => goOn.length).toBe(2);
    for (const each of [path, '/events']) {
      const { status, text } = await answerOf(server, each);
      expect([status, JSON.parse(text).code]).toEqual([429, 'READINGS_TOO_MANY']);
    }
    for (const each of goOn) each();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await answerOf(server, '/events')).status).toBe(200);
  });

  test('hold no place when their asker has gone', async () => {
    const { store, goOn } = held();
    server = await startTestServer({ store, limits: { seriesReadingsMax: 1, seriesWaitingMax: 1 } });
    const first = answerOf(server, path);
    await expect.poll(() => goOn.length).toBe(1);
    const seen = arrivals();
    const controller = new AbortController();
    const gone = request(server.url + path, { signal: controller.signal });
    const refusal = expect(gone).rejects.toThrow();
    await expect.poll(() => seen.requests).toBe(1);
    controller.abort();
    await refusal;
    await expect.poll(() => seen.gone).toBe(1);
    goOn[0]!();
    expect((await first).status).toBe(200);
    const next = answerOf(server, path);
    await expect.poll(() => goOn.length).toBe(2);
    goOn[1]!();
    expect((await next).status).toBe(200);
  });
});
