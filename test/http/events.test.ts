import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import {
  answerOf,
  expectTaken,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from './support.js';
import { uuid } from './table.js';

let server: TestServer;

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
}
afterEach(() => server.stop());

const get = (path: string) => answerOf(server, path);
const post = (path: string) => expectTaken(server, path);

/** A store whose events never end, and which knows how it was read. */
function endless() {
  const seen = { read: 0, open: 0 };
  const store = Object.assign(new Model(), {
    async *events(): AsyncGenerator<ContactEvent> {
      seen.open += 1;
      try {
        for (let id = 0; ; id += 1) {
          seen.read += 1;
          yield { kind: 'followup', id, uuid: uuid(id), at: id, replay: false };
        }
      } finally {
        seen.open -= 1;
      }
    },
  });
  return { seen, store };
}

describe('raw events', () => {
  async function startWithThree(): Promise<void> {
    const instants = ['2017-06-28T23:59:59', '2017-06-29T00:00:00', '2017-06-29T00:01:00'].map(
      (text) => Date.parse(`${text}Z`) * 1000,
    );
    await start({ now: () => instants.shift()! });
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await post(`/followup?uuid=${uuid(1)}`);
  }
  const lines = [
    `{"uuid":"${uuid(1)}","symbol":"e","is_vowel":true,"url":"initial","date":"2017-06-28 23:59:59.000000","replay":false}\n`,
    `{"uuid":"${uuid(1)}","symbol":"e","is_vowel":true,"url":"initial","date":"2017-06-29 00:00:00.000000","replay":true}\n`,
    `{"uuid":"${uuid(1)}","symbol":null,"is_vowel":null,"url":"followup","date":"2017-06-29 00:01:00.000000","replay":false}\n`,
  ];

  test('as ndjson and as csv, to the byte', async () => {
    await startWithThree();
    const ndjson = await get('/events');
    expect(ndjson.text).toBe(lines.join(''));
    expect(ndjson.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="tallyboard-events.ndjson"',
      'cache-control': 'no-store',
    });
    const csv = await get('/events?format=csv');
    expect(csv.text).toBe(
      [
        'uuid,symbol,is_vowel,url,date,replay',
        `${uuid(1)},e,True,initial,2017-06-28 23:59:59.000000,False`,
        `${uuid(1)},e,True,initial,2017-06-29 00:00:00.000000,True`,
        `${uuid(1)},,,followup,2017-06-29 00:01:00.000000,False`,
        '',
      ].join('\n'),
    );
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
  });

  test('of a span: from its first instant, up to its last', async () => {
    await startWithThree();
    for (const [query, from, to] of [
      ['from=2017-06-29', 1, 3],
      ['to=2017-06-29', 0, 1],
      ['from=2017-06-29&to=2017-06-29T00:01', 1, 2],
      ['from=2017-06-29&tz=America/New_York', 3, 3],
      ['from=2017-06-28T20:00&tz=America/New_York', 1, 3],
      ['from=2017-06-29&to=2017-06-29', 0, 0],
    ] as const) {
      expect({ query, text: (await get(`/events?${query}`)).text }).toEqual({
        query,
        text: lines.slice(from, to).join(''),
      });
    }
    const { headers } = await get(
      '/events?from=2017-06-29T10:30&to=2017-07-01&tz=America/New_York&format=csv',
    );
    expect(headers['content-disposition']).toBe(
      'attachment; filename="tallyboard-events-from-2017-06-29T1430Z-to-2017-07-01T0400Z.csv"',
    );
  });

  test.each([
    ['format=xml', 'FORMAT_INVALID', /'xml' is no format: .*ndjson, csv/],
    ['from=yesterday', 'BOUND_INVALID', /'yesterday'/],
    ['from=2017-06-29T00:00:01', 'BOUND_TOO_FINE', /finer than a minute/],
    ['from=2017-06-29&to=2017-06-28', 'RANGE_REVERSED', /before it begins/],
    ['tz=Mars', 'ZONE_UNKNOWN', /Mars/],
    ['from=2017-06-29&from=2017-06-30', 'FIELD_REPEATED', /'from' stands twice/],
  ])('with %s are refused', async (query, code, detail) => {
    await start();
    const { status, text } = await get(`/events?${query}`);
    expect({ status, problem: JSON.parse(text) }).toMatchObject({ status: 400, problem: { code } });
    expect(JSON.parse(text).detail).toMatch(detail);
  });

  test('are read no faster than the client takes them, and no longer than it listens', async () => {
    const { seen, store } = endless();
    await start({ store });
    const reply = await request(`${server.url}/events`);
    let before = 0;
    await expect
      .poll(
        () => {
          const grown = seen.read - before;
          before = seen.read;
          return grown;
        },
        { interval: 500 },
      )
      .toBe(0);
    // What the sockets hold is some megabytes.
    expect(seen.read).toBeGreaterThan(0);
    expect(seen.read).toBeLessThan(200_000);
    reply.body.on('error', () => {});
    reply.body.destroy();
    await expect.poll(() => seen.open).toBe(0);
  });

  test('let others have their turn', async () => {
    await start({ store: endless().store });
    const reply = await request(`${server.url}/events`);
    let bytes = 0;
    reply.body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    reply.body.on('error', () => {});
    // Without turns for others none of these would ever be answered.
    for (let i = 0; i < 20; i += 1) expect((await get('/healthz')).status).toBe(200);
    expect(bytes).toBeGreaterThan(0);
    reply.body.destroy();
  });

  test('are read for so many at a time', async () => {
    const { store, seen } = endless();
    await start({ store, limits: { eventReadingsMax: 2 } });
    const readers = [await request(`${server.url}/events`), await request(`${server.url}/events`)];
    const refused = await get('/events');
    expect({ status: refused.status, code: JSON.parse(refused.text).code }).toEqual({
      status: 429,
      code: 'READINGS_TOO_MANY',
    });
    expect(refused.headers['retry-after']).toBe('1');
    expect((await get(`/events/${uuid(1)}`)).status).toBe(429);
    for (const { body } of readers) {
      body.on('error', () => {});
      body.destroy();
    }
    await expect.poll(() => seen.open).toBe(0);
    const next = await request(`${server.url}/events`);
    expect(next.statusCode).toBe(200);
    next.body.on('error', () => {});
    next.body.destroy();
  });

  test('of which the first comes when the client has gone take no place for ever', async () => {
    let goOn = () => {};
    let asked = 0;
    const store = Object.assign(new Model(), {
      async *events(): AsyncGenerator<ContactEvent> {
        asked += 1;
        if (asked === 1) {
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        for (let id = 0; id < 1000; id += 1)
          yield { kind: 'followup', id, uuid: uuid(id), at: id, replay: false };
      },
    });
    await start({ store, limits: { eventReadingsMax: 1 } });
    const connected = server.nextConnection();
    const controller = new AbortController();
    const gone = request(`${server.url}/events`, { signal: controller.signal });
    const ended = expect(gone).rejects.toThrow();
    const connection = await connected;
    // What it refuses is an error of the connection first.
    const closed = new Promise((resolve) => connection.once('close', resolve));
    await expect.poll(() => asked).toBe(1);
    controller.abort();
    await ended;
    await closed;
    goOn();
    await expect.poll(async () => (await get('/events')).status).toBe(200);
  });

  test('that cannot be read are a 503; where they break off, so does the answer', async () => {
    let good = 0;
    const store = Object.assign(new Model(), {
      async *events(): AsyncGenerator<ContactEvent> {
        for (let id = 0; id < good; id += 1)
          yield { kind: 'followup', id, uuid: uuid(id), at: id, replay: false };
        throw new Error('segment 3 is damaged');
      },
    });
    await start({ store });
    const { status, text } = await get('/events');
    expect({ status, code: JSON.parse(text).code }).toEqual({ status: 503, code: 'STORE_UNAVAILABLE' });
    expect(text).not.toContain('segment 3');
    good = 5000;
    await expect(get('/events')).rejects.toThrow();
    expect(server.lines).toContainEqual({
      level: 'error',
      fields: { reason: 'segment 3 is damaged' },
      message: 'an answer with raw events was broken off',
    });
    // Both places were given back.
    for (let i = 0; i < 6; i += 1) await expect(get('/events')).rejects.toThrow();
  });
});
