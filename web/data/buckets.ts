import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { bucketName, offsetName } from '../../src/reading/format.js';
import { customBetween } from '../../src/reading/ranges.js';
import { isTwice, millisecondsOf, wallOf } from '../../src/reading/time.js';
import { state } from '../state.js';
import type { Numbers } from './data.js';

/** The bucket that the clock is in. */
export function runningOf({ series, summary }: Numbers): number | undefined {
  const now = millisecondsOf(summary.now);
  const index = series.buckets.findIndex(
    ({ start, end }) => millisecondsOf(start) <= now && now < millisecondsOf(end),
  );
  return index === -1 ? undefined : index;
}

/** By the zone that it will be read in: the one shown may still be another. */
export function rangeOf(first: SeriesBucket, last: SeriesBucket) {
  return customBetween(millisecondsOf(first.start), millisecondsOf(last.end), state.value.zone);
}

/** The name of a bucket; with its offset from UTC where clocks show its time twice. */
export function nameOf(
  bucket: Pick<SeriesBucket, 'start'>,
  every: Numbers['series']['every'],
  zone: string,
): string {
  const at = millisecondsOf(bucket.start);
  const name = bucketName(wallOf(at, zone), every);
  const isClear = (every !== 'minute' && every !== 'hour') || !isTwice(at, zone);
  return isClear ? name : `${name} (${offsetName(at, zone)})`;
}
