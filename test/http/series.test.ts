import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeriesAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { hourly, instant } from './hourly.js';
import { getUnstored, startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

describe('a series', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      store: await hourly('2017-11-03T00:00', '2017-11-08T00:00'),
      limits: { seriesBucketsMax: 600 },
    });
  });
  afterAll(() => server.stop());

  async function get(path: string) {
    const reply = await request(server.url + path);
    return { status: reply.statusCode, headers: reply.headers, body: (await reply.body.json()) as never };
  }

  async function series(path: string): Promise<SeriesAnswer> {
    const { status, body } = await get(path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  test('has every bucket, with its bounds and its counts', async () => {
    const answer = await series('/dashboard/series/2017-11-02/2017-11-05?every=day');
    expect(answer).toEqual({
      lower: '2017-11-02 00:00:00.000000',
      upper: '2017-11-05 00:00:00.000000',
      every: 'day',
      tz: 'UTC',
      symbol: null,
      source: 'scans',
      buckets: [
        {
          start: '2017-11-02 00:00:00.000000',
          end: '2017-11-03 00:00:00.000000',
          contacts: 0,
          followups: 0,
          vowel: { contacts: 0, followups: 0 },
          consonant: { contacts: 0, followups: 0 },
        },
        ...['03', '04'].map((day, i) => ({
          start: `2017-11-${day} 00:00:00.000000`,
          end: `2017-11-0${i + 4} 00:00:00.000000`,
          contacts: 24,
          followups: 1,
          vowel: { contacts: 12, followups: 1 },
          consonant: { contacts: 12, followups: 0 },
        })),
      ],
    });
  });

  test('cuts days at the midnights of the zone: 25 hours where the clocks go back', async () => {
    const { buckets, tz } = await series(
      '/dashboard/series/2017-11-04/2017-11-07?every=day&tz=America/New_York',
    );
    expect(tz).toBe('America/New_York');
    expect(buckets.map(({ start, contacts }) => [start, contacts])).toEqual([
      ['2017-11-04 04:00:00.000000', 24],
      ['2017-11-05 04:00:00.000000', 25],
      ['2017-11-06 05:00:00.000000', 24],
    ]);
  });

  test('narrows to a symbol', async () => {
    const { buckets, symbol } = await series('/dashboard/series/2017-11-03/2017-11-04?every=day&symbol=z');
    expect(symbol).toBe('z');
    expect(buckets.map(({ contacts, followups, vowel }) => [contacts, followups, vowel.contacts])).toEqual([
      [12, 0, 0],
    ]);
  });

  test('adds up to the range, in any zone and by any step', async () => {
    for (const tz of ['UTC', 'Asia/Kathmandu', 'America/New_York']) {
      const range = `2017-11-03T11:07/2017-11-07T19:02`;
      const { body } = await get(`/dashboard/range/${range}?tz=${tz}`);
      const rows = body as { count: number; followups: number }[];
      for (const every of ['hour', 'day', 'week', 'month', 'year']) {
        const { buckets } = await series(`/dashboard/series/${range}?tz=${tz}&every=${every}`);
        const sum = (field: 'contacts' | 'followups') => buckets.reduce((all, each) => all + each[field], 0);
        expect(sum('contacts')).toBe(rows.reduce((all, row) => all + row.count, 0));
        expect(sum('followups')).toBe(rows.reduce((all, row) => all + row.followups, 0));
      }
    }
  });

  test('fits the contacts of the range, of whatever symbol, where it is asked to', async () => {
    const always = '/dashboard/series/1700-01-01/2250-01-01';
    const all = await series(`${always}?every=fit&symbol=q`);
    expect(all).toMatchObject({
      lower: '2017-11-03 00:00:00.000000',
      upper: '2017-11-08 00:00:00.000000',
      every: 'hour',
    });
    expect(all.buckets).toHaveLength(120);
    const { lower, upper, buckets } = await series(
      '/dashboard/series/1700-01-01T00:00Z/2250-01-01T00:00Z?every=fit&tz=America/New_York',
    );
    expect([lower, upper]).toEqual(['2017-11-02 04:00:00.000000', '2017-11-08 05:00:00.000000']);
    expect(buckets.reduce((sum, { contacts }) => sum + contacts, 0)).toBe(120);
    const none = await series('/dashboard/series/2018-01-01/2019-01-01?every=fit');
    expect(none).toMatchObject({ every: 'day', buckets: [] });
  });

  test('of an empty range has no bucket', async () => {
    expect((await series('/dashboard/series/2017-11-03/2017-11-03?every=day')).buckets).toEqual([]);
    const before = await series('/dashboard/series/0001-01-01/0002-01-01?every=month');
    expect(before).toMatchObject({ lower: '1700-01-01 00:00:00.000000', buckets: [] });
  });

  test.each([
    ['every=decade', 'EVERY_INVALID', /'decade' is no every: .*minute, hour, day, week, month, year, fit/],
    ['', 'EVERY_INVALID', /every is missing: .*minute, hour, day, week, month, year, fit/],
    ['every=day&every=hour', 'FIELD_REPEATED', /'every' stands twice/],
    ['every=minute', 'BUCKETS_TOO_MANY', /more than 551 buckets of one minute: .*every=hour/],
    ['every=day&symbol=E', 'SYMBOL_INVALID', /'E' is not a symbol/],
    ['every=day&tz=Mars/Base', 'ZONE_UNKNOWN', /Mars\/Base/],
  ])('with %s is refused', async (query, code, detail) => {
    const { status, body } = await get(`/dashboard/series/2017-11-03/2017-11-05?${query}`);
    expect({ status, body }).toMatchObject({ status: 400, body: { code } });
    expect((body as { detail: string }).detail).toMatch(detail);
  });
});

describe('a summary and the guesses', () => {
  let server: TestServer;

  beforeAll(async () => {
    const model = await hourly('2017-11-03T00:00', '2017-11-08T00:00');
    await model.append([
      { kind: 'followup', id: 1, uuid: uuid(9000), at: instant('2017-11-08T00:00'), replay: false },
    ]);
    await model.recordVerification({
      at: instant('2017-11-08T01:00'),
      events: 126,
      contacts: 120,
      differences: 0,
      since: instant('2017-11-04T00:00'),
    });
    server = await startTestServer({ store: model, now: () => instant('2017-11-09T00:00') });
  });
  afterAll(() => server.stop());

  const get = (path: string) => getUnstored(server.url + path);

  test('say what is in the range and in the store', async () => {
    expect(await get('/dashboard/summary/2017-11-04/2017-11-06')).toEqual({
      now: '2017-11-09 00:00:00.000000',
      lower: '2017-11-04 00:00:00.000000',
      upper: '2017-11-06 00:00:00.000000',
      contacts: 48,
      followups: 2,
      vowel: { contacts: 24, followups: 2 },
      consonant: { contacts: 24, followups: 0 },
      earliest: '2017-11-04 00:00:00.000000',
      latest: '2017-11-05 23:00:00.000000',
      newestAt: '2017-11-05 23:00:00.000000',
      integrity: {
        unmatched: 1,
        replays: 0,
        replaysSinceStart: 0,
        keepsVerification: true,
        verification: {
          at: '2017-11-08 01:00:00.000000',
          events: 126,
          contacts: 120,
          differences: 0,
          since: '2017-11-04 00:00:00.000000',
        },
        verificationUnreadable: false,
      },
      signedIn: false,
    });
  });

  test('narrow to a symbol', async () => {
    expect(await get('/dashboard/summary/2017-11-04/2017-11-05?symbol=z')).toMatchObject({
      contacts: 12,
      vowel: { contacts: 0 },
      earliest: '2017-11-04 01:00:00.000000',
    });
    expect(await get('/dashboard/summary/2017-11-04/2017-11-05?symbol=q')).toMatchObject({
      contacts: 0,
      earliest: null,
      latest: null,
    });
  });

  test('count replays, in all and since the start', async () => {
    const path = `/initial?uuid=${uuid(0)}&symbol=e`;
    const reply = await request(server.url + path, { method: 'POST' });
    expect(await reply.body.text()).toBe('True');
    expect(await get('/dashboard/summary/2017-11-04/2017-11-05')).toMatchObject({
      newestAt: '2017-11-09 00:00:00.000000',
      integrity: { replays: 1, replaysSinceStart: 1 },
    });
  });

  test('take a range of any years', async () => {
    expect(await get('/dashboard/summary/0001-01-01T00:00+23:59/9999-12-31T23:59-23:59')).toMatchObject({
      lower: '1700-01-01 00:00:00.000000',
      upper: '2250-01-01 00:00:00.000000',
      contacts: 120,
    });
  });

  test('split by letters and by what was said', async () => {
    const row = (letters: string, said: boolean, contacts: number, followups: number) => ({
      letters,
      said,
      contacts,
      followups,
    });
    expect(await get('/dashboard/guesses/2017-11-04/2017-11-06')).toEqual([
      row('vowels', true, 24, 2),
      row('vowels', false, 0, 0),
      row('consonants', true, 0, 0),
      row('consonants', false, 24, 0),
      row('y', true, 0, 0),
      row('y', false, 0, 0),
    ]);
    expect(await get('/dashboard/guesses/2017-11-04/2017-11-06?symbol=z')).toMatchObject([
      { contacts: 0 },
      { contacts: 0 },
      { contacts: 0 },
      { contacts: 24 },
      { contacts: 0 },
      { contacts: 0 },
    ]);
  });
});
