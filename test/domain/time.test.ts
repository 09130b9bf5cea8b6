import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUCKETS,
  type BucketRun,
  bucketStart,
  coverRange,
  DAY,
  formatInstant,
  HOUR,
  INSTANT_MAX,
  INSTANT_MIN,
  MINUTE,
  parseInstant,
  type Range,
  readBound,
} from '../../src/domain/time.js';
import { instants } from './arbitraries.js';

describe('an instant', () => {
  it('is read as it was printed', () => {
    fc.assert(
      fc.property(instants, (at) => {
        const text = formatInstant(at);
        expect(text).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6}$/);
        expect(parseInstant(text)).toBe(at);
        expect(parseInstant(`${text.replace(' ', 'T')}Z`)).toBe(at);
      }),
    );
  });

  it('is printed so that texts sort as instants do', () => {
    fc.assert(
      fc.property(instants, instants, (a, b) => {
        expect(formatInstant(a) < formatInstant(b)).toBe(a < b);
      }),
    );
  });

  it.each([
    [0, '1970-01-01 00:00:00.000000'],
    [-1, '1969-12-31 23:59:59.999999'],
    [-1000, '1969-12-31 23:59:59.999000'],
    [-1001, '1969-12-31 23:59:59.998999'],
    [-DAY, '1969-12-31 00:00:00.000000'],
    [1_498_678_454_486_693, '2017-06-28 19:34:14.486693'],
    [INSTANT_MIN, '1700-01-01 00:00:00.000000'],
    [INSTANT_MAX - 1, '2249-12-31 23:59:59.999999'],
  ])('%i is printed as %s', (at, text) => {
    expect(formatInstant(at)).toBe(text);
    expect(parseInstant(text)).toBe(at);
  });

  it.each([
    ['2017-06-28 19:34:14', 1_498_678_454_000_000],
    ['2017-06-28 19:34:14.5', 1_498_678_454_500_000],
    ['2017-06-28 19:34:14.000001', 1_498_678_454_000_001],
    ['2016-02-29 00:00:00', 1_456_704_000_000_000],
  ])('%s is read', (text, at) => {
    expect(parseInstant(text)).toBe(at);
  });

  it.each([
    '',
    '2017-06-28',
    '2017-06-28 19:34',
    '2017-06-28 19:34:14.',
    '2017-06-28 19:34:14.1234567',
    '2017-06-28 24:00:00',
    '2017-06-28 19:60:00',
    '2017-06-28 19:34:60',
    '2017-02-29 00:00:00',
    '2017-13-01 00:00:00',
    '2017-00-01 00:00:00',
    '2017-06-00 00:00:00',
    '2017-06-28 19:34:14+05:30',
    ' 2017-06-28 19:34:14',
    '2017-06-28 19:34:14\n',
    '1699-12-31 23:59:59.999999',
    '2250-01-01 00:00:00',
    '0000-01-01 00:00:00',
  ])('%j is not read', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('the start of a bucket', () => {
  it('is exact for every instant and length', () => {
    const nearAnEdge = fc
      .tuple(instants, fc.constantFrom(MINUTE, HOUR, DAY), fc.constantFrom(-1, 0, 1))
      .map(([at, length, by]) => Number((BigInt(at) / BigInt(length)) * BigInt(length)) + by);
    fc.assert(
      fc.property(fc.oneof(instants, nearAnEdge), fc.constantFrom(MINUTE, HOUR, DAY), (at, length) => {
        const start = bucketStart(at, length);
        const rest = ((BigInt(at) % BigInt(length)) + BigInt(length)) % BigInt(length);
        expect(BigInt(start)).toBe(BigInt(at) - rest);
        expect(Object.is(start, -0)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the cover of a range', () => {
  const minutes = fc.oneof(
    fc.integer({ min: -1_000_000_000, max: 4_000_000_000 }),
    fc.integer({ min: -5000, max: 5000 }),
    fc.integer({ min: -100, max: 100 }).map((n) => n * 60),
    fc.integer({ min: -100, max: 100 }).map((n) => n * 1440),
  );
  const ranges = fc
    .tuple(minutes, minutes)
    .map(([a, b]): Range => ({ lower: Math.min(a, b) * MINUTE + 0, upper: Math.max(a, b) * MINUTE + 0 }));

  it('is exactly the range: whole buckets side by side', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        let next = range.lower;
        for (const run of coverRange(range)) {
          expect(run.lower).toBe(next);
          expect(run.upper).toBeGreaterThan(run.lower);
          expect(Math.abs(run.lower % BUCKETS[run.bucket])).toBe(0);
          expect(Math.abs(run.upper % BUCKETS[run.bucket])).toBe(0);
          next = run.upper;
        }
        expect(next).toBe(range.upper);
        expect(coverRange(range).length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the fewest buckets', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        // Buckets nest, so the fewest are had by taking the longest that fits at each step.
        let least = 0;
        const short = { lower: range.lower, upper: Math.min(range.upper, range.lower + 10 * DAY) };
        for (let at = short.lower; at < short.upper; least += 1) {
          const fits = [DAY, HOUR, MINUTE].find((length) => at % length === 0 && at + length <= short.upper)!;
          at += fits;
        }
        expect(coverRange(short).map(bucketsOf).reduce(sum, 0)).toBe(least);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, number, number, [string, number][]]>([
    ['nothing', 0, 0, []],
    ['one minute', MINUTE, 2 * MINUTE, [['minute', 1]]],
    ['a straddled hour', 59 * MINUTE, 61 * MINUTE, [['minute', 2]]],
    ['one hour', HOUR, 2 * HOUR, [['hour', 1]]],
    ['one day', -DAY, 0, [['day', 1]]],
    ['a straddled day', -HOUR, HOUR, [['hour', 2]]],
    [
      'all five',
      -DAY - HOUR - MINUTE,
      DAY + HOUR + MINUTE,
      [
        ['minute', 1],
        ['hour', 1],
        ['day', 2],
        ['hour', 1],
        ['minute', 1],
      ],
    ],
  ])('of %s', (_, lower, upper, runs) => {
    expect(coverRange({ lower, upper }).map((run) => [run.bucket, bucketsOf(run)])).toEqual(runs);
  });

  it('of a range that ends before it begins is empty', () => {
    expect(coverRange({ lower: HOUR, upper: 0 })).toEqual([]);
  });

  it('never has a bound of -0', () => {
    const bounds = coverRange({ lower: -MINUTE, upper: 2 * DAY }).flatMap((run) => [run.lower, run.upper]);
    expect(bounds).toContain(0);
    expect(bounds.some((bound) => Object.is(bound, -0))).toBe(false);
  });
});

describe('a bound', () => {
  const midnight = { year: 2017, month: 6, day: 28, hour: 0, minute: 0 };
  const halfPastTen = { ...midnight, hour: 10, minute: 30 };

  it.each([
    ['2017-06-28', midnight, null],
    ['2017-06-28Z', midnight, 0],
    ['2017-06-28T10:30', halfPastTen, null],
    ['2017-06-28t10:30z', halfPastTen, 0],
    ['2017-06-28 10:30', halfPastTen, null],
    ['2017-06-28T10:30:00', halfPastTen, null],
    ['2017-06-28T10:30:00.000000', halfPastTen, null],
    ['2017-06-28T10:30+05:30', halfPastTen, 330],
    ['2017-06-28T10:30+0530', halfPastTen, 330],
    ['2017-06-28T10:30-11:00', halfPastTen, -660],
    ['2017-06-28T10:30-00:00', halfPastTen, 0],
    ['2017-06-28+05:30', midnight, 330],
    ['0001-01-01', { ...midnight, year: 1, month: 1, day: 1 }, null],
    ['9999-12-31T23:59', { year: 9999, month: 12, day: 31, hour: 23, minute: 59 }, null],
    ['2000-02-29', { ...midnight, year: 2000, month: 2, day: 29 }, null],
  ])('%s is read', (text, local, offsetMinutes) => {
    expect(readBound(text)).toEqual({ ok: true, local, offsetMinutes });
  });

  it.each([
    '',
    'yesterday',
    '2017',
    '2017-06',
    '2017-6-28',
    '17-06-28',
    '+002017-06-28',
    '2017-06-28T',
    '2017-06-28T10',
    '2017-06-28T10:3',
    '2017-06-28_10:30',
    '2017-06-28T10:30:',
    '2017-06-28T10:30:00.',
    '2017-06-28T10:30 Z',
    '2017-06-28T10:30+5',
    '2017-06-28T10:30+24:00',
    '2017-06-28T10:30+05:60',
    '2017-06-28T24:00',
    '2017-06-28T10:60',
    '2017-06-28T10:30:60',
    '2017-02-29',
    '1900-02-29',
    '2017-04-31',
    '2017-00-28',
    '2017-13-28',
    '2017-06-00',
    '0000-01-01',
    '２０１７-06-28',
    '2017-06-28\n',
  ])('%j is refused, with a word on what is right', (text) => {
    expect(readBound(text)).toEqual({
      ok: false,
      problem: 'BOUND_INVALID',
      detail: expect.stringContaining(`'${text}'`),
    });
  });

  it.each(['2017-06-28T10:30:01', '2017-06-28T10:30:00.000001', '2017-06-28T10:30:59.9Z'])(
    '%s is too fine',
    (text) => {
      expect(readBound(text)).toMatchObject({
        problem: 'BOUND_TOO_FINE',
        detail: expect.stringContaining('minute'),
      });
    },
  );
});

function bucketsOf(run: BucketRun): number {
  return (run.upper - run.lower) / BUCKETS[run.bucket];
}

function sum(a: number, b: number): number {
  return a + b;
}
