import type { SeriesStep } from '../domain/series.js';
import { minutesBetween, type Wall } from './time.js';

export type { SeriesStep };

/** The lengths of the buckets that a range can be cut into, the finest first, in minutes. */
const MINUTES: Readonly<Record<SeriesStep, number>> = {
  minute: 1,
  hour: 60,
  day: 1440,
  week: 7 * 1440,
  month: 30 * 1440,
  year: 365 * 1440,
};

export const SERIES_STEPS = Object.keys(MINUTES) as SeriesStep[];

/** How many minutes a range has at most to be cut in minutes, hours and so on; then in years. */
const LENGTHS: readonly (readonly [minutesMax: number, SeriesStep])[] = [
  [3 * 60, 'minute'],
  [4 * 1440, 'hour'],
  [100 * 1440, 'day'],
  [3 * 366 * 1440, 'week'],
  [33 * 366 * 1440, 'month'],
];

/** A day has 1440 minutes; a server answers 2000 buckets at most. */
const BUCKETS_MAX = 1500;

/** The step that suits a range. */
export function stepOf(lower: Wall, upper: Wall): SeriesStep {
  const minutes = minutesBetween(lower, upper);
  return LENGTHS.find(([minutesMax]) => minutes <= minutesMax)?.[1] ?? 'year';
}

/** Those that a range can be cut by, so that there is more than one bucket, and not too many. */
export function stepsOf(lower: Wall, upper: Wall): SeriesStep[] {
  const minutes = minutesBetween(lower, upper);
  return SERIES_STEPS.filter((step) => minutes > MINUTES[step] && minutes <= MINUTES[step] * BUCKETS_MAX);
}

/** A length rounded up to whole buckets. */
export function wholeBuckets(minutes: number, step: 'minute' | 'hour' | 'day' | 'week'): number {
  return Math.ceil(minutes / MINUTES[step]) * MINUTES[step];
}
