import type { Comparison } from './choice.js';
import { type SeriesStep, wholeBuckets } from './steps.js';
import { firstOfMonth, type Move, minutesBetween, monthsBetween, type Wall } from './time.js';

export interface WallBounds {
  readonly lower: Wall;
  readonly upper: Wall;
}

const DAY = 1440;
const WEEK = 7 * DAY;

/**
 * How far back that is with which a range is compared. `week`: the latest period that begins on the same
 * weekday, so that one of 30 days is compared with that of 28 days before; `before`: the length of the range,
 * rounded up to whole buckets, so that each bucket has its counterpart. Months are compared with months.
 */
export function backOf(bounds: WallBounds, every: SeriesStep, compare: Exclude<Comparison, 'no'>): Move {
  const { lower, upper } = bounds;
  if (compare === 'year') return { months: -12 };
  if (compare !== 'week' && compare !== 'before') return { minutes: minutesBetween(lower, compare) };
  if (every === 'year') return { months: -Math.ceil(monthsBetween(lower, upper) / 12) * 12 };
  if (every === 'month' || isOfMonths(bounds)) return { months: -monthsBetween(lower, upper) };
  const minutes = minutesBetween(lower, upper);
  return compare === 'week' && minutes >= DAY
    ? { minutes: -wholeWeeks(minutes) }
    : { minutes: -wholeBuckets(minutes, every) };
}

/** How far back the period is that began so many such periods before, on the same weekday. */
export function usualBackOf(bounds: WallBounds, count: number): Move {
  const { lower, upper } = bounds;
  if (isOfMonths(bounds)) return { months: -count * monthsBetween(lower, upper) };
  return { minutes: -count * wholeWeeks(minutesBetween(lower, upper)) };
}

/** Whether a range is of whole months. */
export function isOfMonths({ lower, upper }: WallBounds): boolean {
  return lower < upper && lower === firstOfMonth(lower) && upper === firstOfMonth(upper);
}

function wholeWeeks(minutes: number): number {
  return Math.max(1, Math.floor(minutes / WEEK)) * WEEK;
}
