import type { SeriesStep } from '../../src/domain/series.js';
import type { Counts, SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import type { Shift } from '../../src/reading/ranges.js';
import { millisecondsOf, moved, type Wall, wallOf } from '../../src/reading/time.js';

/** What is compared of a bucket. */
export type Bucket = Counts & Pick<SeriesBucket, 'start' | 'end'>;

/**
 * Cuts the bucket that a moment lies in to what came before it: the sums of all up to then, less the buckets
 * that were over.
 */
export function cutAt(buckets: readonly Bucket[], until: number, sums: Counts): Bucket[] {
  let { contacts, followups } = sums;
  return buckets.map((bucket) => {
    if (millisecondsOf(bucket.start) >= until) return bucket;
    // The sums and the buckets were read one after the other: what came in between is not less than nothing.
    if (millisecondsOf(bucket.end) > until) {
      return { ...bucket, contacts: Math.max(0, contacts), followups: Math.max(0, followups) };
    }
    contacts -= bucket.contacts;
    followups -= bucket.followups;
    return bucket;
  });
}

/**
 * For each bucket the one at the same place of the calendar in the period before: a Monday for a Monday, ten
 * o'clock for ten o'clock. Undefined where there is none: a day that the month before does not have, an hour
 * that one of the days skips. Of an hour that is shown twice the first goes with the first.
 */
export function counterparts(
  buckets: readonly Bucket[],
  before: readonly Bucket[],
  every: SeriesStep,
  { by, zone }: Shift,
): (Bucket | undefined)[] {
  const places = new Map<string, Bucket[]>();
  const wallAt = ({ start }: Bucket) => wallOf(millisecondsOf(start), zone);
  for (const bucket of before) {
    const place = placeOf(wallAt(bucket), every);
    places.set(place, [...(places.get(place) ?? []), bucket]);
  }
  return buckets.map((bucket) => places.get(placeOf(moved(wallAt(bucket), by), every))?.shift());
}

/** What names a bucket. Not every day begins at midnight, and the first bucket begins where the range does. */
function placeOf(wall: Wall, every: SeriesStep): string {
  switch (every) {
    case 'minute':
    case 'hour':
      return wall;
    case 'day':
    case 'week':
      return wall.slice(0, 10);
    case 'month':
      return wall.slice(0, 7);
    case 'year':
      return wall.slice(0, 4);
  }
}
