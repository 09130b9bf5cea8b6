import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SYMBOLS } from '../../src/domain/contact.js';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

describe('dashboards', () => {
  let server: TestServer;
  /** The 28th before and after midnight in New York, the 29th to the microsecond, and the 30th. */
  const instants = [
    Date.UTC(2017, 5, 28, 3, 59, 59) * 1000 + 999_999,
    Date.UTC(2017, 5, 28, 4, 0, 0) * 1000,
    Date.UTC(2017, 5, 29, 23, 59, 59) * 1000 + 999_999,
    Date.UTC(2017, 5, 30) * 1000,
  ];

  beforeAll(async () => {
    const readings = [...instants, Date.UTC(2017, 6, 9) * 1000];
    server = await startTestServer({ now: () => readings.shift()! });
    for (const [index, symbol] of ['e', 'e', 'e', 'z'].entries()) {
      await post(`/initial?uuid=${uuid(index)}&symbol=${symbol}`);
    }
    await post(`/followup?uuid=${uuid(1)}`);
  });

  afterAll(() => server.stop());

  async function post(path: string): Promise<void> {
    const reply = await request(server.url + path, { method: 'POST' });
    expect(reply.statusCode).toBe(200);
    await reply.body.dump();
  }

  async function get(path: string, method: 'GET' | 'HEAD' = 'GET') {
    const reply = await request(server.url + path, { method });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  }

  async function row(path: string, symbol: string) {
    const { status, text } = await get(path);
    expect(status, text).toBe(200);
    return JSON.parse(text)[SYMBOLS.indexOf(symbol)];
  }

  test('a symbol, to the byte', async () => {
    const { headers, text } = await get('/dashboard/symbol/e');
    expect(text).toBe(
      '{"count":3,"symbol":"e","earliest":"2017-06-28 03:59:59.999999","latest":"2017-06-29 23:59:59.999999","followups":1}',
    );
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
  });

  test('a symbol without contacts keeps its name', async () => {
    expect((await get('/dashboard/symbol/q')).text).toBe(
      '{"count":0,"symbol":"q","earliest":null,"latest":null,"followups":0}',
    );
  });

  test('a range has 26 rows, a to z, and is half-open', async () => {
    const { text } = await get('/dashboard/range/2017-06-28/2017-06-30');
    const rows = JSON.parse(text);
    expect(rows.map((each: { symbol: string }) => each.symbol)).toEqual([...SYMBOLS]);
    expect(rows[4]).toEqual({
      count: 3,
      symbol: 'e',
      earliest: '2017-06-28 03:59:59.999999',
      latest: '2017-06-29 23:59:59.999999',
      followups: 1,
    });
    expect(rows[25].count).toBe(0);
    expect(Object.keys(rows[25])).toEqual(['count', 'symbol', 'earliest', 'latest', 'followups']);
  });

  test('a followup counts for the day of its initial, whenever it came', async () => {
    expect((await row('/dashboard/range/2017-06-28/2017-06-29', 'e')).followups).toBe(1);
    expect((await row('/dashboard/range/2017-07-09/2017-07-10', 'e')).followups).toBe(0);
  });

  test('bounds to the minute, with an offset, and in a zone', async () => {
    for (const [lower, query] of [
      ['2017-06-28T04:00Z', ''],
      ['2017-06-28%2004:00:00', ''],
      ['2017-06-28T00:00-04:00', ''],
      ['2017-06-28T09:30+05:30', ''],
      ['2017-06-28', '?tz=America/New_York'],
      ['2017-06-28T04:00Z', '?tz=America/New_York'],
    ]) {
      const { count, earliest } = await row(`/dashboard/range/${lower}/2017-07-01${query}`, 'e');
      expect({ lower, count, earliest }).toEqual({
        lower,
        count: 2,
        earliest: '2017-06-28 04:00:00.000000',
      });
    }
  });

  test('an empty range is a range', async () => {
    expect((await row('/dashboard/range/2017-06-28/2017-06-28', 'e')).count).toBe(0);
  });

  test('HEAD answers as GET does, without the body', async () => {
    const { status, headers, text } = await get('/dashboard/symbol/e', 'HEAD');
    const { text: whole } = await get('/dashboard/symbol/e');
    expect({ status, text, length: headers['content-length'] }).toEqual({
      status: 200,
      text: '',
      length: String(whole.length),
    });
  });
});
