import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/domain/series.js';
import { DAY, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE } from '../../src/domain/time.js';
import { atOnce } from './at-once.js';

const ALWAYS = { lower: INSTANT_MIN, upper: INSTANT_MAX };

function utc(text: string): Instant {
  return Date.parse(`${text}Z`) * 1000;
}

function fitted(earliest: string, latest: string, zone = 'UTC', range = ALWAYS) {
  const extent = { earliest: utc(earliest), latest: utc(latest) };
  const reading = atOnce(fitRange(range, extent, zone, 2000));
  if (!reading.ok) return reading.problem;
  const { step, edges } = reading;
  const bounds = [edges[0]!, edges.at(-1)!].map((at) => new Date(at / 1000).toISOString().slice(0, 16));
  return [step, ...bounds, edges.length - 1];
}

describe('a range that is fitted to its contacts', () => {
  it.each([
    ['2017-06-28T10:30', '2017-06-28T10:30', 'UTC', 'hour', '2017-06-28T00:00', '2017-06-29T00:00', 24],
    ['2017-06-28T10:30', '2017-07-03T23:59', 'UTC', 'hour', '2017-06-28T00:00', '2017-07-04T00:00', 144],
    ['2017-06-28T10:30', '2017-07-05T00:00', 'UTC', 'day', '2017-06-28T00:00', '2017-07-06T00:00', 8],
    ['2017-01-01T00:00', '2017-12-31T00:00', 'UTC', 'week', '2017-01-01T00:00', '2018-01-01T00:00', 53],
    ['1990-01-15T00:00', '2017-06-28T00:00', 'UTC', 'month', '1990-01-15T00:00', '2017-06-29T00:00', 330],
    ['1984-06-15T00:00', '2017-06-28T00:00', 'UTC', 'month', '1984-06-15T00:00', '2017-06-29T00:00', 397],
    ['1983-06-15T00:00', '2017-06-28T00:00', 'UTC', 'year', '1983-06-15T00:00', '2017-06-29T00:00', 35],
    ['1700-01-01T00:00', '2249-12-31T23:59', 'UTC', 'year', '1700-01-01T00:00', '2250-01-01T00:00', 550],
    // Midnight in Berlin was at 23:06:32 by UTC.
    [
      '1890-06-15T12:00',
      '2017-06-28T00:00',
      'Europe/Berlin',
      'year',
      '1890-06-14T23:07',
      '2017-06-28T22:00',
      128,
    ],
    [
      '1890-06-14T23:06:45',
      '1890-06-14T23:06:50',
      'Europe/Berlin',
      'hour',
      '1890-06-14T23:06',
      '1890-06-15T23:07',
      25,
    ],
    // Days of the zone.
    [
      '2017-06-28T03:00',
      '2017-07-28T12:00',
      'America/New_York',
      'day',
      '2017-06-27T04:00',
      '2017-07-29T04:00',
      32,
    ],
    // The clocks show the 28th again, but the 29th has begun.
    [
      '2006-10-29T03:00',
      '2006-10-29T03:10',
      'America/St_Johns',
      'hour',
      '2006-10-29T02:30',
      '2006-10-30T03:30',
      25,
    ],
  ])('from %s to %s in %s is cut by %s', (earliest, latest, zone, ...expected) => {
    expect(fitted(earliest, latest, zone)).toEqual(expected);
  });

  it('stays within itself', () => {
    const range = { lower: utc('2017-06-28T10:00'), upper: utc('2017-06-28T12:00') };
    expect(fitted('2017-06-28T10:30', '2017-06-28T11:00', 'UTC', range)).toEqual([
      'minute',
      '2017-06-28T10:00',
      '2017-06-28T12:00',
      120,
    ]);
  });

  it('is empty without contacts', () => {
    const reading = atOnce(fitRange(ALWAYS, { earliest: null, latest: null }, 'UTC', 2000));
    expect(reading).toEqual({ ok: true, step: 'day', edges: [INSTANT_MIN] });
  });

  it('is cut by what a low limit of buckets leaves, and refused where it leaves nothing', () => {
    const extent = { earliest: utc('2010-06-15T00:00'), latest: utc('2017-06-28T00:00') };
    const cut = (bucketsMax: number) => atOnce(fitRange(ALWAYS, extent, 'UTC', bucketsMax));
    expect(cut(8)).toMatchObject({ ok: true, step: 'year' });
    expect(cut(7)).toMatchObject({ ok: false, problem: 'BUCKETS_TOO_MANY' });
  });

  it('has all contacts, by whole days, in no more buckets than it may have', () => {
    const instant = fc.integer({ min: utc('1840-01-01T00:00'), max: utc('2040-01-01T00:00') });
    const zone = fc.constantFrom('UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia');
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 2000 }), zone, (earliest, days, name) => {
        const latest = earliest + days * DAY + 1234;
        const reading = atOnce(fitRange(ALWAYS, { earliest, latest }, name, 2000));
        if (!reading.ok) throw new Error(reading.detail);
        const { edges, step } = reading;
        expect(edges[0]! <= earliest && edges[0]! > earliest - 2 * DAY).toBe(true);
        expect(edges.at(-1)! > latest && edges.at(-1)! <= latest + 2 * DAY).toBe(true);
        expect(edges.every((edge) => edge % MINUTE === 0)).toBe(true);
        expect(edges.length).toBeLessThanOrEqual(step === 'month' || step === 'year' ? 401 : 161);
      }),
      { numRuns: 300 },
    );
  });
});
