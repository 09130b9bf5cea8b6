import type { SeriesBucket } from '../../src/http/routes/dashboard-schemas.js';
import type { Question } from '../../src/reading/question.js';
import { instantOfBound, type View } from '../../src/reading/ranges.js';
import { millisecondsOf, wallOf, weekdayOf } from '../../src/reading/time.js';
import { askSeries, Refusal } from './api.js';

/** The contacts of an hour of the week, over all such hours of the range. */
export interface HourOfWeek {
  contacts: number;
  followups: number;
  /** How many such hours there were. */
  hours: number;
}

const DAY = 86_400_000;
/** A server answers 2000 buckets at most: eleven weeks of hours. */
const DAYS_MAX = 77;

/** The range of hours that a week is made of: the last eleven weeks of a longer one; undefined of a shorter one. */
export function weekRange({ lower, upper, zone }: View, now: number): [from: number, to: number] | undefined {
  const to = Math.min(instantOfBound(upper, zone), Math.ceil(now / 3_600_000) * 3_600_000);
  const from = instantOfBound(lower, zone);
  return to - from < 6 * DAY ? undefined : [Math.max(from, to - DAYS_MAX * DAY), to];
}

/** Asks for the hours of a range; undefined where the server refuses, or cannot answer now. */
export async function askWeek(
  [from, to]: readonly [from: number, to: number],
  question: Pick<Question, 'zone' | 'symbol'>,
  signal: AbortSignal,
): Promise<SeriesBucket[] | undefined> {
  const [lower, upper] = [from, to].map((at) => `${wallOf(at, 'UTC')}Z`);
  try {
    const asked = { ...question, lower: lower!, upper: upper!, every: 'hour' } as const;
    return (await askSeries(asked, signal)).buckets;
  } catch (error) {
    if (signal.aborted || error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Adds up hours by the weekday, from Monday on, and the hour that clocks of a zone show; the one under way not. */
export function weekOf(buckets: readonly SeriesBucket[], zone: string, now: number): HourOfWeek[][] {
  const week = Array.from({ length: 7 }, () =>
    Array.from({ length: 24 }, (): HourOfWeek => ({ contacts: 0, followups: 0, hours: 0 })),
  );
  for (const { start, end, contacts, followups } of buckets) {
    if (millisecondsOf(end) > now) continue;
    const wall = wallOf(millisecondsOf(start), zone);
    const cell = week[weekdayOf(wall)]![Number(wall.slice(11, 13))]!;
    cell.contacts += contacts;
    cell.followups += followups;
    cell.hours += 1;
  }
  return week;
}
