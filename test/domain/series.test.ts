import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { cutRange, SERIES_STEPS, type SeriesStep } from '../../src/domain/series.js';
import { DAY, HOUR, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE } from '../../src/domain/time.js';
import { atOnce } from './at-once.js';

const BUCKETS_MAX = 5000;
const LENGTHS = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY, month: 31 * DAY, year: 366 * DAY };
const ZONES = [
  'UTC',
  'America/New_York',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Cairo',
  'America/Sao_Paulo',
  'Pacific/Kiritimati',
];

function utc(text: string): Instant {
  return Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text}Z`) * 1000;
}

function edgesOf(lower: string, upper: string, step: SeriesStep, zone: string): readonly Instant[] {
  const reading = atOnce(cutRange({ lower: utc(lower), upper: utc(upper) }, step, zone, BUCKETS_MAX));
  if (!reading.ok) throw new Error(reading.detail);
  return reading.edges;
}

function lengths(edges: readonly Instant[], unit: number): number[] {
  return edges.slice(1).map((edge, i) => (edge - edges[i]!) / unit);
}

describe('a range is cut', () => {
  it.each<[string, string, SeriesStep, string, string[]]>([
    ['2017-06-28', '2017-06-30', 'day', 'UTC', ['2017-06-28', '2017-06-29', '2017-06-30']],
    ['2017-06-28', '2017-06-28', 'day', 'UTC', ['2017-06-28']],
    // The first and the last bucket are what is left of theirs.
    [
      '2017-06-28T10:30',
      '2017-06-28T12:15',
      'hour',
      'UTC',
      ['2017-06-28T10:30', '2017-06-28T11:00', '2017-06-28T12:00', '2017-06-28T12:15'],
    ],
    ['2017-06-28T10:30', '2017-06-28T10:45', 'hour', 'UTC', ['2017-06-28T10:30', '2017-06-28T10:45']],
    [
      '2017-06-28T10:30',
      '2017-06-28T10:33',
      'minute',
      'Asia/Kathmandu',
      ['2017-06-28T10:30', '2017-06-28T10:31', '2017-06-28T10:32', '2017-06-28T10:33'],
    ],
    // Hours and days of zones that are not whole hours from UTC.
    [
      '2017-06-28T10:00',
      '2017-06-28T12:00',
      'hour',
      'Asia/Kathmandu',
      ['2017-06-28T10:00', '2017-06-28T10:15', '2017-06-28T11:15', '2017-06-28T12:00'],
    ],
    [
      '2017-06-28',
      '2017-06-30',
      'day',
      'Asia/Kathmandu',
      ['2017-06-28', '2017-06-28T18:15', '2017-06-29T18:15', '2017-06-30'],
    ],
    // Mondays, and the first of a month, of the zone.
    [
      '2017-06-28',
      '2017-07-12',
      'week',
      'America/New_York',
      ['2017-06-28', '2017-07-03T04:00', '2017-07-10T04:00', '2017-07-12'],
    ],
    [
      '2016-12-15',
      '2017-03-15',
      'month',
      'America/New_York',
      ['2016-12-15', '2017-01-01T05:00', '2017-02-01T05:00', '2017-03-01T05:00', '2017-03-15'],
    ],
    [
      '2015-06-28',
      '2017-03-15',
      'year',
      'America/New_York',
      ['2015-06-28', '2016-01-01T05:00', '2017-01-01T05:00', '2017-03-15'],
    ],
    // Midnight in New York was at 04:56:02 by UTC.
    [
      '1850-01-01',
      '1850-01-03',
      'day',
      'America/New_York',
      ['1850-01-01', '1850-01-01T04:57', '1850-01-02T04:57', '1850-01-03'],
    ],
    // Midnight is skipped in Cairo and in São Paulo: the day begins at one o'clock.
    [
      '2023-04-27',
      '2023-04-29',
      'day',
      'Africa/Cairo',
      ['2023-04-27', '2023-04-27T22:00', '2023-04-28T21:00', '2023-04-29'],
    ],
    // Half an hour is skipped, and with it midnight's own: 23:30 is followed by 00:00.
    [
      '2018-05-04T13:30',
      '2018-05-04T17:00',
      'hour',
      'Asia/Pyongyang',
      ['2018-05-04T13:30', '2018-05-04T14:30', '2018-05-04T15:00', '2018-05-04T16:00', '2018-05-04T17:00'],
    ],
    // 02:30 is followed by 03:00.
    [
      '2016-05-01T05:30',
      '2016-05-01T08:00',
      'hour',
      'America/Caracas',
      ['2016-05-01T05:30', '2016-05-01T06:30', '2016-05-01T07:00', '2016-05-01T08:00'],
    ],
    // Samoa went over the date line: there was no 30 December 2011.
    [
      '2011-12-29',
      '2012-01-01',
      'day',
      'Pacific/Apia',
      ['2011-12-29', '2011-12-29T10:00', '2011-12-30T10:00', '2011-12-31T10:00', '2012-01-01'],
    ],
  ])('%s to %s by %s in %s', (lower, upper, step, zone, edges) => {
    expect(edgesOf(lower, upper, step, zone).map(show)).toEqual(edges.map((text) => show(utc(text))));
  });

  it('into days of 23 and of 25 hours where the clocks change', () => {
    const spring = edgesOf('2017-03-11T05:00', '2017-03-14T04:00', 'day', 'America/New_York');
    expect(lengths(spring, HOUR)).toEqual([24, 23, 24]);
    const autumn = edgesOf('2017-11-04T04:00', '2017-11-07T05:00', 'day', 'America/New_York');
    expect(lengths(autumn, HOUR)).toEqual([24, 25, 24]);
    const months = edgesOf('2017-03-01T05:00', '2017-04-01T04:00', 'month', 'America/New_York');
    expect(lengths(months, HOUR)).toEqual([31 * 24 - 1]);
  });

  it('into hours of half an hour where the clocks change by that', () => {
    // At two o'clock on 2 April 2017, 15:00 UTC, it was half past one again.
    const edges = edgesOf('2017-04-01T13:00', '2017-04-01T17:30', 'hour', 'Australia/Lord_Howe');
    expect(lengths(edges, MINUTE)).toEqual([60, 60, 30, 60, 60]);
  });

  it('by the years in which events can be', () => {
    const reading = atOnce(
      cutRange({ lower: utc('0001-01-01'), upper: utc('9999-01-01') }, 'month', 'UTC', 10_000),
    );
    if (!reading.ok) throw new Error(reading.detail);
    expect([reading.edges[0], reading.edges.at(-1)]).toEqual([INSTANT_MIN, INSTANT_MAX]);
    expect(reading.edges.length).toBe(550 * 12 + 1);
    expect(edgesOf('0001-01-01', '0099-01-01', 'day', 'UTC')).toEqual([INSTANT_MIN]);
  });
});

describe('a range is refused', () => {
  it.each<SeriesStep>([...SERIES_STEPS])('that has more buckets than are allowed, by %s', (step) => {
    const length = LENGTHS[step];
    const lower = utc('2017-05-01');
    const range = (buckets: number) => ({ lower, upper: lower + buckets * length });
    expect(atOnce(cutRange(range(1), step, 'UTC', 2)).ok).toBe(true);
    for (const buckets of [4, 5, 1e6]) {
      const reading = atOnce(cutRange(range(buckets), step, 'UTC', 2));
      expect(reading).toMatchObject({ ok: false, problem: 'BUCKETS_TOO_MANY' });
      expect(reading.ok ? '' : reading.detail).toMatch(
        step === 'year' ? /shorter range$/ : /every=(hour|day|week|month|year)$/,
      );
    }
  });

  it('at exactly the limit not, and one past it', () => {
    const range = { lower: utc('2017-06-28'), upper: utc('2017-06-30') };
    expect(atOnce(cutRange(range, 'day', 'UTC', 2)).ok).toBe(true);
    expect(atOnce(cutRange(range, 'day', 'UTC', 1)).ok).toBe(false);
  });
});

describe('the edges', () => {
  const cases = fc.record({
    lower: fc.integer({ min: utc('1840-01-01') / MINUTE, max: utc('2030-01-01') / MINUTE }),
    length: fc.integer({ min: 0, max: 3000 }),
    step: fc.constantFrom<SeriesStep>(...SERIES_STEPS),
    zone: fc.constantFrom(...ZONES),
  });

  it('grow by whole minutes from bound to bound, and lie where the clocks begin the step', () => {
    fc.assert(
      fc.property(cases, ({ lower, length, step, zone }) => {
        // Up to six buckets of any step, and a part of one.
        const minutes = Math.round((length * LENGTHS[step]) / 500 / MINUTE);
        const range = { lower: lower * MINUTE, upper: (lower + minutes) * MINUTE };
        const reading = atOnce(cutRange(range, step, zone, BUCKETS_MAX));
        if (!reading.ok) throw new Error(reading.detail);
        const { edges } = reading;
        expect(edges[0]).toBe(range.lower);
        expect(edges.at(-1)).toBe(range.upper);
        for (const [i, edge] of edges.entries()) {
          expect(Number.isInteger(edge / MINUTE)).toBe(true);
          if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1]!);
        }
        for (const edge of edges.slice(1, -1)) {
          const local = Temporal.Instant.fromEpochMilliseconds(edge / 1000).toZonedDateTimeISO(zone);
          if (step === 'minute' || step === 'hour') continue;
          expect(Math.ceil(local.startOfDay().epochMilliseconds / 60_000) * MINUTE).toBe(edge);
          if (step === 'week') expect(local.dayOfWeek).toBe(1);
          if (step === 'month') expect(local.day).toBe(1);
          if (step === 'year') expect(local.dayOfYear).toBe(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of two adjoining ranges are those of both, but for the bound between them', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 200 }), ({ lower, length, step, zone }, more) => {
        const middle = (lower + length) * MINUTE;
        const upper = middle + more * MINUTE;
        const cut = (from: Instant, to: Instant) => {
          const reading = atOnce(cutRange({ lower: from, upper: to }, step, zone, BUCKETS_MAX));
          if (!reading.ok) throw new Error(reading.detail);
          return reading.edges;
        };
        const both = new Set([...cut(lower * MINUTE, middle), ...cut(middle, upper)]);
        for (const edge of cut(lower * MINUTE, upper)) expect(both.has(edge)).toBe(true);
        both.delete(middle);
        const whole = new Set(cut(lower * MINUTE, upper));
        // After a change within an hour, where its buckets begin follows from the one before.
        if (step !== 'hour') for (const edge of both) expect(whole.has(edge)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

function show(at: Instant): string {
  return new Date(at / 1000).toISOString();
}
