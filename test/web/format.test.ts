import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  age,
  axisNumbers,
  beyond,
  bucketName,
  counted,
  distance,
  growthText,
  instant,
  interval,
  shortNumber,
  signed,
  span,
  timeOfDay,
  zoneName,
} from '../../src/reading/format.js';
import {
  countsApart,
  isBeyondChance,
  rateOf,
  sharesApart,
  symbolsApart,
  usualApart,
} from '../../src/reading/statistics.js';
import { rowsText } from '../../web/data/export.js';

describe('a rate', () => {
  // The bounds solve (rate - bound)² = z² bound (1 - bound) / n; found by halving, not by the formula.
  it.each([
    [65, 3650, 0.013997, 0.022633],
    [0, 10, 0, 0.277533],
    [10, 10, 0.722467, 1],
    [1, 2, 0.094531, 0.905469],
  ])('of %i in %i lies between %f and %f', (part, whole, low, high) => {
    const rate = rateOf(part, whole)!;
    expect(rate.value).toBe(part / whole);
    expect(rate.low).toBeCloseTo(low, 5);
    expect(rate.high).toBeCloseTo(high, 5);
  });

  it('lies in its interval, and the interval between nothing and all', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), (part, more) => {
        const rate = rateOf(part, part + more + 1)!;
        expect(rate.low).toBeGreaterThanOrEqual(0);
        expect(rate.low).toBeLessThanOrEqual(rate.value);
        expect(rate.high).toBeGreaterThanOrEqual(rate.value);
        expect(rate.high).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of nothing is none', () => {
    expect(rateOf(0, 0)).toBeUndefined();
  });
});

describe('a change is beyond chance', () => {
  it('of counts, where they differ by more than what comes evenly would', () => {
    const isNews = (now: number, before: number, pairs: [number, number][] = []) =>
      isBeyondChance(countsApart(now, before, pairs));
    expect(isNews(0, 0)).toBe(false);
    expect(isNews(110, 100)).toBe(false);
    expect(isNews(1100, 1000)).toBe(true);
    expect(isNews(0, 10)).toBe(true);
    // As much in all, but the days of each period differ by more than that.
    const uneven: [number, number][] = [
      [400, 100],
      [100, 350],
      [500, 250],
      [100, 300],
    ];
    expect(isNews(1100, 1000, uneven)).toBe(false);
    const even = Array.from({ length: 10 }, (): [number, number] => [110, 100]);
    expect(isNews(1100, 1000, even)).toBe(true);
    // Among 26 a wider gap is by chance.
    expect(
      [
        [1100, 1000],
        [1160, 1000],
      ].map(([now, was]) => isBeyondChance(symbolsApart(now!, was!))),
    ).toEqual([false, true]);
  });

  it('of shares, as a two-proportion z-test has it', () => {
    expect(sharesApart(60, 1000, 40, 1000).by).toBeCloseTo(2.0519567, 6);
    expect(isBeyondChance(sharesApart(60, 1000, 40, 1000))).toBe(true);
    expect(isBeyondChance(sharesApart(6, 100, 4, 100))).toBe(false);
    expect([sharesApart(0, 0, 4, 100).by, sharesApart(0, 10, 0, 100).by]).toEqual([0, 0]);
  });

  it('of what is usual, as the days before were even or not', () => {
    const even = usualApart(130, [100, 102, 98, 101, 99, 100]);
    expect(even.mean).toBe(100);
    expect(isBeyondChance(even)).toBe(true);
    expect(isBeyondChance(usualApart(130, [60, 140, 100, 80, 120, 100]))).toBe(false);
    // Student's quantile of 5 degrees is 2.571.
    expect(even.beyond).toBeCloseTo(2.55, 1);
    expect(usualApart(0, [0, 0, 0, 0]).by).toBe(0);
  });
});

describe('in words', () => {
  it.each([
    ['2017-06-28T00:00', '2017-06-29T00:00', 'Wed 28 Jun 2017'],
    ['2017-06-28T00:00', '2017-07-01T00:00', '28 Jun – 30 Jun 2017'],
    ['2016-12-28T00:00', '2017-01-02T00:00', '28 Dec 2016 – 1 Jan 2017'],
    ['2017-06-28T10:30', '2017-06-28T12:00', '28 Jun 2017, 10:30 – 12:00'],
    ['2017-06-28T10:30', '2017-06-30T00:00', '28 Jun 2017, 10:30 – 30 Jun 2017, 00:00'],
    ['2017-06-28T22:30Z', '2017-06-28T23:30Z', '29 Jun 2017, 00:30 – 01:30'],
  ])('%s until %s is %s', (lower, upper, text) => {
    expect(span({ lower, upper, zone: 'Europe/Berlin' })).toBe(text);
  });

  it.each([
    ['UTC', 'UTC'],
    ['Europe/Berlin', 'Europe/Berlin (UTC+1)'],
    ['America/New_York', 'America/New York (UTC−5)'],
    ['Asia/Kathmandu', 'Asia/Kathmandu (UTC+5:45)'],
  ])('%s is %s in winter', (zone, text) => {
    expect(zoneName(zone, Date.parse('2026-11-24T12:00:30Z'))).toBe(text);
  });

  it('details, each thing once', () => {
    expect(beyond('The zone is unknown', 'the zone is unknown: write another')).toBe('Write another');
    expect(beyond('The store fails', 'try again later')).toBe('Try again later');
    expect([0, 1, 2000].map((value) => counted(value, 'vowel'))).toEqual([
      '0 vowels',
      '1 vowel',
      '2,000 vowels',
    ]);
  });

  it('zones by what they were between two moments', () => {
    const [summer, winter] = [Date.parse('2026-10-24T12:00Z'), Date.parse('2026-10-26T12:00Z')];
    expect(zoneName('Europe/Berlin', summer, winter)).toBe('Europe/Berlin (UTC+2, UTC+1)');
    expect(zoneName('Asia/Tokyo', summer, winter)).toBe('Asia/Tokyo (UTC+9)');
    expect(zoneName('Europe/Berlin', Date.parse('1890-03-14T06:42Z'))).toBe('Europe/Berlin (UTC+0:53)');
    expect(zoneName('America/New_York')).toBe('America/New York');
  });

  it('instants by the seconds that clocks showed', () => {
    expect(instant('1890-03-14 06:42:52.079000', 'Europe/Berlin')).toBe('14 Mar 1890, 07:36:20');
    expect(timeOfDay('1890-03-14 06:42:52.079000', 'America/Sao_Paulo')).toBe('03:36:24');
    expect(timeOfDay('2017-06-28 19:34:14.486693', 'Asia/Kathmandu')).toBe('01:19:14');
  });

  it('ages, buckets, changes', () => {
    expect([4000, 61_000, 7_200_000, 90_000_000, 400_000_000, -5].map(age)).toEqual([
      '4 s',
      '1 min',
      '2 h',
      '1 day',
      '4 days',
      '0 s',
    ]);
    expect([4000, -59_000, -7_200_000].map(distance)).toEqual(['4 s ago', '0 s ago', 'dated 2 h ahead']);
    expect(bucketName('2017-06-05T10:00', 'hour')).toBe('Mon 5 Jun 2017, 10:00');
    expect(bucketName('2017-06-05T00:00', 'week')).toBe('week from Mon 5 Jun 2017');
    expect(bucketName('2017-06-01T00:00', 'month')).toBe('Jun 2017');
    expect(bucketName('2017-01-01T00:00', 'year')).toBe('2017');
    expect([12.34, -0.55, 0.04, -0.04].map((value) => signed(value, '%'))).toEqual([
      '+12.3 %',
      '−0.6 %',
      '±0.0 %',
      '±0.0 %',
    ]);
    const growths = [
      [112, 100],
      [1, 1000],
      [299, 100],
      [999.9, 100],
      [1000, 100],
      [3804, 100],
      [199_980, 1],
    ];
    expect(growths.map(([now, before]) => growthText(now!, before!))).toEqual([
      '+12.0 %',
      '−99.9 %',
      '+199 %',
      '+900 %',
      '10 times',
      '38 times',
      '200,000 times',
    ]);
    expect(interval({ value: 0.08, low: 0.0761, high: 0.0838 })).toBe('7.6 – 8.4 %');
    expect([20_000, 12_345_678, 1e12].map(shortNumber)).toEqual(['20K', '12.35M', '1T']);
    expect(axisNumbers([0, 4000, 8000])).toEqual(['0', '4,000', '8,000']);
    expect(axisNumbers([0, 5000, 10_000])).toEqual(['0', '5K', '10K']);
  });
});

describe('the table, taken along', () => {
  const rows = [
    { count: 2, symbol: 'e', earliest: '2017-06-28 19:34:14.486693', latest: null, followups: 1 },
    { count: 0, symbol: 'q', earliest: null, latest: null, followups: 0 },
  ];

  it('as CSV', () => {
    const [head, first, second, rest] = rowsText(rows, 'csv').split('\n');
    expect(head).toBe('symbol,count,followups,rate,rateLow,rateHigh,earliest,latest');
    expect(first).toMatch(/^e,2,1,0\.5,0\.0945\d+,0\.9054\d+,2017-06-28 19:34:14\.486693,$/);
    expect(second).toBe('q,0,0,,,,,');
    expect(rest).toBe('');
  });

  it('as a JSON object a line', () => {
    const lines = rowsText(rows, 'ndjson').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { symbol: 'e', count: 2, followups: 1, rate: 0.5, earliest: '2017-06-28 19:34:14.486693' },
      { symbol: 'q', count: 0, rate: null, earliest: null },
    ]);
  });
});
