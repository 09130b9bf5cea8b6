import type { RandomSource } from '../../domain/guess.js';
import { DAY, formatInstant, type Instant, MINUTE, type Range } from '../../domain/time.js';
import { DENSE_DAYS, STREAM_DAYS } from '../load/contact-stream.js';
import type { Question } from '../report/results.js';

/** The lengths of the ranges that are asked for. */
export const RANGE_DAYS: Readonly<Record<Exclude<Question, 'symbol'>, number>> = {
  twoDays: 2,
  ninetyDays: 90,
  tenYears: STREAM_DAYS,
};

/**
 * A range that begins at a random minute. Half of them lie where the contacts are dense, half anywhere in
 * the ten years: a store that keeps only what is recent at hand must show what it does with the rest.
 */
export function randomRange(days: number, end: Instant, random: RandomSource): Range {
  const length = days * DAY;
  const isDense = random() < 0.5;
  const uppersFrom = isDense ? end - DENSE_DAYS * DAY : end - STREAM_DAYS * DAY + length;
  // The longest has little room to move: up to a day.
  const from = Math.min(uppersFrom, end - DAY);
  const upper = from + Math.floor((random() * (end - from)) / MINUTE) * MINUTE;
  return { lower: upper - length, upper };
}

/** The paths of the dashboard for one kind of question: random ranges, or the symbol that has the most. */
export function pathsOf(question: Question, end: Instant, random: RandomSource, count = 200): string[] {
  if (question === 'symbol') return ['/dashboard/symbol/e'];
  return Array.from({ length: count }, () => {
    const { lower, upper } = randomRange(RANGE_DAYS[question], end, random);
    return `/dashboard/range/${bound(lower)}/${bound(upper)}`;
  });
}

/** `2017-06-28T10:30` */
export function bound(at: Instant): string {
  return formatInstant(at).slice(0, 16).replace(' ', 'T');
}
