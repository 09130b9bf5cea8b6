import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import { bucketName, offsetName } from '../../src/reading/format.js';
import { customBetween } from '../../src/reading/ranges.js';
import { isTwice, millisecondsOf, wallOf } from '../../src/reading/time.js';
import { state } from '../state.js';
import type { Numbers } from './data.js';

/** The bucket that a moment lies in. */
function bucketAt({ series }: Pick<Numbers, 'series'>, at: number): number | undefined {
  const index = series.buckets.findIndex(
    ({ start, end }) => millisecondsOf(start) <= at && at < millisecondsOf(end),
  );
  return index === -1 ? undefined : index;
}

/** The buckets that have a note. */
export function notedOf(shown: Numbers): number[] {
  const found = shown.notes.map(({ at }) => bucketAt(shown, millisecondsOf(at)));
  return [...new Set(found)].filter((index) => index !== undefined);
}

/** The notes of a bucket. */
export function notesOf(shown: Numbers, index: number): Numbers['notes'] {
  return shown.notes.filter(({ at }) => bucketAt(shown, millisecondsOf(at)) === index);
}

/** The bucket that the clock is in. */
export function runningOf(shown: Numbers): number | undefined {
  return bucketAt(shown, millisecondsOf(shown.summary.now));
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
