import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OverviewAnswer, SeriesAnswer, SummaryAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { hourly, instant } from './hourly.js';
import { getUnstored, startTestServer, type TestServer } from './support.js';

describe('the answers of a range', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      store: await hourly('2017-11-03T00:00', '2017-11-08T00:00'),
      now: () => instant('2017-11-09T00:00'),
    });
  });
  afterAll(() => server.stop());

  const get = (path: string) => getUnstored(server.url + path);

  test('are all in the overview, as each is by itself, and so is what it is compared with', async () => {
    const [range, before] = ['2017-11-06/2017-11-08', '2017-11-04/2017-11-06'];
    const until = '2017-11-05T06:00';
    const asked = `every=day&tz=Europe/Berlin&symbol=z&against=${before}&until=${until}&usual=${before},${range}`;
    const overview = (await get(`/dashboard/overview/${range}?${asked}`)) as OverviewAnswer;
    const narrowed = 'tz=Europe/Berlin&symbol=z';
    expect(overview.summary).toEqual(await get(`/dashboard/summary/${range}?${narrowed}`));
    expect(overview.rows).toEqual(await get(`/dashboard/range/${range}?tz=Europe/Berlin`));
    expect(overview.guesses).toEqual(await get(`/dashboard/guesses/${range}?${narrowed}`));
    const series = (await get(`/dashboard/series/${range}?every=day&${narrowed}`)) as SeriesAnswer;
    expect(overview.series).toMatchObject(series);
    const symbols = overview.series.buckets.map((bucket) => bucket.symbols);
    expect(symbols[0]).toHaveLength(26);
    expect(symbols.map((counts) => [counts[4], counts[25]])).toEqual([
      [12, 12],
      [12, 12],
    ]);
    const untilNow = `2017-11-04/${until}`;
    const { contacts, followups } = (await get(
      `/dashboard/summary/${untilNow}?${narrowed}`,
    )) as SummaryAnswer;
    expect(contacts).toBe(15);
    expect(overview.against).toEqual({
      contacts,
      followups,
      rows: await get(`/dashboard/range/${untilNow}?tz=Europe/Berlin`),
      guesses: await get(`/dashboard/guesses/${untilNow}?${narrowed}`),
      series: await get(`/dashboard/series/${before}?every=day&${narrowed}`),
    });
    expect(overview.usual.map((each) => each.contacts)).toEqual([24, 24]);
    expect(await get(`/dashboard/overview/${range}?every=fit`)).toMatchObject({ against: null, usual: [] });
  });

  test.each([
    ['against=2017-11-04', 'write a range as two bounds with a slash between them'],
    ['against=2017-11-04/2017-11-05,2017-11-05/2017-11-06', 'write a range as'],
    ['against=2017-11-04/nonsense', "'nonsense'"],
    ['against=2017-11-04+10:30/2017-11-05', 'write 2017-11-04%2010:30'],
    ['against=2017-11-04/2017-11-05&until=never', "'never'"],
    ['until=2017-11-04', 'give both, or neither'],
    [`usual=${Array.from({ length: 9 }, () => '2017-11-04/2017-11-05').join()}`, 'at most 8 ranges'],
  ])('refuse %s with what would be right', async (query, detail) => {
    const reply = await request(`${server.url}/dashboard/overview/2017-11-06/2017-11-08?every=day&${query}`);
    expect(reply.statusCode).toBe(400);
    expect(await reply.body.json()).toMatchObject({
      code: 'BOUND_INVALID',
      detail: expect.stringContaining(detail) as string,
    });
  });
});
