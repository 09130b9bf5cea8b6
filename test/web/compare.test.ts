import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRange } from '../../src/domain/series.js';
import { formatInstant, INSTANT_MAX } from '../../src/domain/time.js';
import { readRange } from '../../src/domain/zone.js';
import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import type { Custom, Preset } from '../../src/reading/choice.js';
import { type Bounds, viewOf } from '../../src/reading/ranges.js';
import { millisecondsOf, wallOf } from '../../src/reading/time.js';
import { type Bucket, counterparts, cutAt } from '../../web/time/compare.js';
import { atOnce } from '../domain/at-once.js';

/** The buckets that the server answers. */
function bucketsOf(bounds: Bounds, every: string, zone: string): SeriesBucket[] {
  const reading = readRange(bounds.lower, bounds.upper, zone);
  if (!reading.ok) throw new Error(reading.detail);
  const cut = atOnce(cutRange(reading.range, every as 'day', zone, INSTANT_MAX));
  if (!cut.ok) throw new Error(cut.detail);
  return cut.edges.slice(1).map((end, i) => {
    return { start: formatInstant(cut.edges[i]!), end: formatInstant(end) } as SeriesBucket;
  });
}

/** For each bucket of a view what its clocks show, and what those of its counterpart do. */
function pairsOf(range: Preset | Custom, zone: string, now: string): [string, string | undefined][] {
  const view = viewOf(range, zone, Date.parse(`${now}Z`), { compare: 'before', every: undefined });
  const buckets = bucketsOf(view, view.every, zone);
  const before = bucketsOf(view.before!, view.every, zone);
  const shownBy = (bucket: Bucket) => wallOf(millisecondsOf(bucket.start), zone);
  return counterparts(buckets, before, view.every as 'day', view.shift!).map((found, i) => [
    shownBy(buckets[i]!),
    found && shownBy(found),
  ]);
}

describe('a bucket is compared with the one at the same place of the calendar', () => {
  it.each<[string, Preset | Custom, string, string, Record<string, string | undefined>]>([
    [
      'a month of 31 days with one of 28',
      'month',
      'UTC',
      '2026-03-31T10:00',
      {
        '2026-03-01T00:00': '2026-02-01T00:00',
        '2026-03-28T00:00': '2026-02-28T00:00',
        '2026-03-29T00:00': undefined,
        '2026-03-31T00:00': undefined,
      },
    ],
    [
      'a month of 28 days with one of 31',
      'month',
      'UTC',
      '2026-02-10T10:00',
      { '2026-02-01T00:00': '2026-01-01T00:00', '2026-02-28T00:00': '2026-01-28T00:00' },
    ],
    [
      'a day of 23 hours with one of 24',
      'yesterday',
      'Europe/Berlin',
      '2026-03-30T10:00',
      {
        '2026-03-29T01:00': '2026-03-28T01:00',
        '2026-03-29T03:00': '2026-03-28T03:00',
        '2026-03-29T23:00': '2026-03-28T23:00',
      },
    ],
    [
      'a day of 24 hours with one of 23',
      'yesterday',
      'Europe/Berlin',
      '2026-03-31T10:00',
      {
        '2026-03-30T01:00': '2026-03-29T01:00',
        '2026-03-30T02:00': undefined,
        '2026-03-30T03:00': '2026-03-29T03:00',
      },
    ],
    [
      'days about a midnight that is skipped',
      '7d',
      'Africa/Cairo',
      '2023-04-30T10:00',
      { '2023-04-28T01:00': '2023-04-21T00:00', '2023-04-29T00:00': '2023-04-22T00:00' },
    ],
    [
      'days about one that never was',
      '7d',
      'Pacific/Apia',
      '2012-01-07T00:00',
      {
        '2012-01-05T00:00': '2011-12-29T00:00',
        '2012-01-06T00:00': undefined,
        '2012-01-07T00:00': '2011-12-31T00:00',
      },
    ],
    [
      'weeks, which begin on Mondays, of a range that is no whole number of them',
      { from: '2026-01-07T00:00', to: '2026-07-26T00:00' },
      'UTC',
      '2026-11-24T00:00',
      {
        // The first is as long as what is left of its week, and so is the other.
        '2026-01-07T00:00': '2025-06-18T00:00',
        '2026-01-12T00:00': '2025-06-23T00:00',
        '2026-07-20T00:00': '2025-12-29T00:00',
      },
    ],
    [
      'months of a range of years',
      { from: '2019-03-31T00:00', to: '2023-01-10T00:00' },
      'UTC',
      '2026-11-24T00:00',
      {
        '2019-03-31T00:00': '2015-05-31T00:00',
        '2019-04-01T00:00': '2015-06-01T00:00',
        '2023-01-01T00:00': '2019-03-01T00:00',
      },
    ],
    [
      'days of a range that ends within one',
      { from: '2026-06-01T10:30', to: '2026-06-10T13:00' },
      'UTC',
      '2026-11-24T00:00',
      { '2026-06-01T10:30': '2026-05-22T10:30', '2026-06-02T00:00': '2026-05-23T00:00' },
    ],
    [
      'an hour that is shown twice, in UTC',
      { from: '2026-10-25T01:00Z', to: '2026-10-25T02:00Z' },
      'Europe/Berlin',
      '2026-11-24T00:00',
      { '2026-10-25T02:30': '2026-10-25T02:30' },
    ],
  ])('%s', (_what, range, zone, now, expected) => {
    expect(Object.fromEntries(pairsOf(range, zone, now))).toMatchObject(expected);
    for (const [bucket, found] of Object.entries(expected)) {
      expect(pairsOf(range, zone, now)).toContainEqual([bucket, found]);
    }
  });

  it('a day of 25 hours: the first of those that come twice has one, the second none', () => {
    const found = pairsOf('yesterday', 'Europe/Berlin', '2026-10-26T10:00');
    expect(found).toHaveLength(25);
    expect(found.filter(([wall]) => wall === '2026-10-25T02:00').map(([, other]) => other)).toEqual([
      '2026-10-24T02:00',
      undefined,
    ]);
    const next = pairsOf('yesterday', 'Europe/Berlin', '2026-10-27T10:00');
    expect(next).toHaveLength(24);
    for (const [wall, other] of next) expect(other).toBe(wall.replace('-26T', '-25T'));
  });

  it('all of them, where nothing happens to the clocks', () => {
    const minute = fc.integer({ min: Date.UTC(1990, 0, 1) / 60_000, max: Date.UTC(2030, 0, 1) / 60_000 });
    const length = fc.oneof(fc.nat(200), fc.nat(6000), fc.nat(200_000), fc.nat(2_000_000));
    const text = (minutes: number) => new Date(minutes * 60_000).toISOString().slice(0, 16);
    fc.assert(
      fc.property(minute, length, (from, minutes) => {
        const range = { from: text(from), to: text(from + minutes + 1) };
        for (const [wall, other] of pairsOf(range, 'UTC', '2040-01-01T00:00')) {
          if (other === undefined) expect.fail(`${wall} of ${range.from} to ${range.to}`);
        }
      }),
    );
  });
});

describe('the bucket that has as much of its counterpart', () => {
  const bucket = (hour: number, contacts: number): Bucket => ({
    start: `2026-11-24 ${String(hour).padStart(2, '0')}:00:00.000000`,
    end: `2026-11-24 ${String(hour + 1).padStart(2, '0')}:00:00.000000`,
    contacts,
    followups: contacts / 2,
  });
  const buckets = [bucket(8, 10), bucket(9, 20), bucket(10, 30), bucket(11, 40)];
  const at = (time: string) => Date.parse(`2026-11-24T${time}Z`);

  it('is what the sums have beyond those that were over; what follows is whole', () => {
    const cut = cutAt(buckets, at('10:30'), { contacts: 42, followups: 20 });
    expect(cut.map(({ contacts }) => contacts)).toEqual([10, 20, 12, 40]);
    expect(cut.map(({ followups }) => followups)).toEqual([5, 10, 5, 20]);
  });

  it('is none where a bucket has just ended, and never less than nothing', () => {
    expect(cutAt(buckets, at('10:00'), { contacts: 30, followups: 15 })).toEqual(buckets);
    expect(cutAt(buckets, at('10:30'), { contacts: 29, followups: 15 })[2]).toMatchObject({ contacts: 0 });
  });
});
