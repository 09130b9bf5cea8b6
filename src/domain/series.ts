import type { Clocks } from './clocks.js';
import { bucketStart, DAY, HOUR, type Instant, MINUTE, type Range, withinEvents } from './time.js';
import { clocksOf } from './zone.js';

/** The lengths of the buckets that a range can be cut into, the finest first. */
export const SERIES_STEPS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type SeriesStep = (typeof SERIES_STEPS)[number];

/** A step, or what suits the contacts that are there. */
export const SERIES_CUTS = [...SERIES_STEPS, 'fit'] as const;
export type SeriesCut = (typeof SERIES_CUTS)[number];

export type SeriesReading =
  | { readonly ok: true; readonly step: SeriesStep; readonly edges: readonly Instant[] }
  | { readonly ok: false; readonly problem: 'BUCKETS_TOO_MANY'; readonly detail: string };

/** The greatest length of a step, daylight saving aside. */
const LENGTH_MAX: Readonly<Record<SeriesStep, number>> = {
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 31 * DAY,
  year: 366 * DAY,
};

/**
 * Cuts a range where the clocks of a zone show a full minute, a full hour, midnight, the midnight of a Monday,
 * of the first of a month or of the first of January. The edges are the lower bound, the cuts in between, and
 * the upper bound; an empty range has its bound alone. What lies beyond the years in which events can be is
 * left out. Where a zone changes its clocks by less than an hour, or within one, an hour may be shorter. Of
 * clocks that were not a whole number of minutes from UTC the edge is the first full minute of UTC after it. It
 * pauses now and then.
 */
export function* cutRange(
  range: Range,
  step: SeriesStep,
  zone: string,
  bucketsMax: number,
): Generator<void, SeriesReading> {
  const { lower, upper } = withinEvents(range);
  // Edge by edge it would take a while to find that there are millions.
  if ((upper - lower) / LENGTH_MAX[step] > bucketsMax + 1) return tooMany(step, bucketsMax);
  const clocks = clocksOf(zone);
  yield* clocks.learn(lower, upper);
  const edges = [lower];
  for (let at = nextEdge(lower, step, clocks); at < upper; at = nextEdge(at, step, clocks)) {
    edges.push(at);
    if (edges.length > bucketsMax) return tooMany(step, bucketsMax);
    if (edges.length % EDGES_A_PIECE === 0) yield;
  }
  if (lower < upper) edges.push(upper);
  return { ok: true, step, edges };
}

/** How many edges are reckoned between two pauses. */
const EDGES_A_PIECE = 256;

/** How many buckets of a step a chart has room for; of the coarsest there are as many as there are. */
const FITTING_BUCKETS_MAX: Readonly<Record<SeriesStep, number>> = {
  minute: 160,
  hour: 160,
  day: 160,
  week: 160,
  month: 400,
  year: Number.POSITIVE_INFINITY,
};

/**
 * Narrows a range to the days of a zone from the first of its contacts to the last, and cuts that by the
 * finest step that makes no more buckets than a chart has room for. Without contacts the range is empty.
 */
export function* fitRange(
  range: Range,
  { earliest, latest }: { readonly earliest: Instant | null; readonly latest: Instant | null },
  zone: string,
  bucketsMax: number,
): Generator<void, SeriesReading> {
  const { lower, upper } = withinEvents(range);
  if (earliest === null || latest === null) {
    return yield* cutRange({ lower, upper: lower }, 'day', zone, bucketsMax);
  }
  const clocks = clocksOf(zone);
  yield* clocks.learn(earliest, latest + DAY);
  // The first contact may have come in the minute that a day before standard time begins in.
  const first = Math.min(fullMinute(dayBegins(earliest, clocks)), bucketStart(earliest, MINUTE));
  const end = nextEdge(latest, 'day', clocks);
  const narrowed = { lower: Math.max(lower, first), upper: Math.min(upper, end) };
  for (const step of SERIES_STEPS) {
    const fittingMax = Math.min(FITTING_BUCKETS_MAX[step], bucketsMax);
    const reading = yield* cutRange(narrowed, step, zone, fittingMax);
    if (reading.ok) return reading;
  }
  return tooMany('year', bucketsMax);
}

/** When the day began that an instant belongs to. */
function dayBegins(at: Instant, clocks: Clocks): Instant {
  const day = shownDay(at, clocks);
  const next = clocks.firstShown((day + 1) * DAY);
  // Where clocks went back over a midnight they show the day before again.
  return next <= at ? next : clocks.firstShown(day * DAY);
}

/** The first full minute after `at` where the clocks of the zone have begun the step anew. */
function nextEdge(at: Instant, step: SeriesStep, clocks: Clocks): Instant {
  return fullMinute(nextBeginning(at, step, clocks));
}

/** The first full minute of UTC from an instant on. */
function fullMinute(at: Instant): Instant {
  return Math.ceil(at / MINUTE) * MINUTE;
}

function nextBeginning(at: Instant, step: SeriesStep, clocks: Clocks): Instant {
  if (step === 'minute') return nextMultiple(at, MINUTE, clocks.offset(at));
  if (step === 'hour') return nextHour(at, clocks);
  const day = shownDay(at, clocks);
  // Where clocks went back over a midnight they show a day again that is over: the next one has begun already.
  for (let ahead = 1; ; ahead += 1) {
    const midnight = clocks.firstShown(firstDay(day, step, ahead) * DAY);
    if (midnight > at) return midnight;
  }
}

/** The next full hour, of clocks that may be changed before it comes: by half an hour, or at half past. */
function nextHour(at: Instant, clocks: Clocks): Instant {
  const offset = clocks.offset(at);
  const next = nextMultiple(at, HOUR, offset);
  if (clocks.offset(next) === offset) return next;
  const change = clocks.nextChange(at)!;
  if (change >= next) return next;
  // The last instant before it, so that a full hour which the change itself shows counts.
  return nextMultiple(change - 1, HOUR, clocks.offset(change));
}

/** The day that clocks show, counted from 1970 as all days here. */
function shownDay(at: Instant, clocks: Clocks): number {
  return Math.floor((at + clocks.offset(at)) / DAY);
}

/** The first day of the day, week, month or year that comes so many after that of a day. */
function firstDay(day: number, step: Exclude<SeriesStep, 'minute' | 'hour'>, ahead: number): number {
  if (step === 'day') return day + ahead;
  // The first Monday was the fifth day.
  if (step === 'week') return Math.floor((day - FIRST_MONDAY) / 7 + ahead) * 7 + FIRST_MONDAY;
  const date = new Date(day * DAY_MILLISECONDS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const first = step === 'year' ? Date.UTC(year + ahead, 0) : Date.UTC(year, month + ahead);
  return first / DAY_MILLISECONDS;
}

const FIRST_MONDAY = 4;
const DAY_MILLISECONDS = DAY / 1000;

function nextMultiple(at: Instant, length: number, offset: number): Instant {
  return (Math.floor((at + offset) / length) + 1) * length - offset;
}

function tooMany(step: SeriesStep, bucketsMax: number): SeriesReading {
  const coarser = SERIES_STEPS[SERIES_STEPS.indexOf(step) + 1];
  const help = coarser === undefined ? '' : `, or a coarser step with every=${coarser}`;
  return {
    ok: false,
    problem: 'BUCKETS_TOO_MANY',
    detail: `the range has more than ${bucketsMax} buckets of one ${step}: ask for a shorter range${help}`,
  };
}
