import type { SeriesStep } from '../../src/domain/series.js';
import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { type Move, millisecondsOf, moved, type Wall, wallOf } from './time.js';

/** How far back the period before is, by the calendar of a zone. */
export interface Shift {
  readonly by: Move;
  readonly zone: string;
}

/**
 * For each bucket the one at the same place of the calendar in the period before: a Monday for a Monday, ten
 * o'clock for ten o'clock. Undefined where there is none: a day that the month before does not have, an hour
 * that one of the days skips. Of an hour that is shown twice the first goes with the first.
 */
export function counterparts(
  buckets: readonly SeriesBucket[],
  before: readonly SeriesBucket[],
  every: SeriesStep,
  { by, zone }: Shift,
): (SeriesBucket | undefined)[] {
  const places = new Map<string, SeriesBucket[]>();
  const wallAt = ({ start }: SeriesBucket) => wallOf(millisecondsOf(start), zone);
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
