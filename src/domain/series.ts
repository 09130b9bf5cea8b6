import { Temporal } from 'temporal-polyfill';
import { bucketStart, DAY, HOUR, type Instant, MINUTE, type Range, withinEvents } from './time.js';

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
 * clocks that were not a whole number of minutes from UTC the edge is the first full minute of UTC after it.
 */
export function cutRange(range: Range, step: SeriesStep, zone: string, bucketsMax: number): SeriesReading {
  const { lower, upper } = withinEvents(range);
  // Edge by edge it would take a while to find that there are millions.
  if ((upper - lower) / LENGTH_MAX[step] > bucketsMax + 1) return tooMany(step, bucketsMax);
  const edges = [lower];
  for (let at = nextEdge(lower, step, zone); at < upper; at = nextEdge(at, step, zone)) {
    edges.push(at);
    if (edges.length > bucketsMax) return tooMany(step, bucketsMax);
  }
  if (lower < upper) edges.push(upper);
  return { ok: true, step, edges };
}

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
export function fitRange(
  range: Range,
  { earliest, latest }: { readonly earliest: Instant | null; readonly latest: Instant | null },
  zone: string,
  bucketsMax: number,
): SeriesReading {
  const { lower, upper } = withinEvents(range);
  if (earliest === null || latest === null) {
    return cutRange({ lower, upper: lower }, 'day', zone, bucketsMax);
  }
  // The first contact may have come in the minute that a day before standard time begins in.
  const first = Math.min(fullMinute(dayOf(earliest, zone)), bucketStart(earliest, MINUTE));
  const end = nextEdge(latest, 'day', zone);
  const narrowed = { lower: Math.max(lower, first), upper: Math.min(upper, end) };
  for (const step of SERIES_STEPS) {
    const reading = cutRange(narrowed, step, zone, Math.min(FITTING_BUCKETS_MAX[step], bucketsMax));
    if (reading.ok) return reading;
  }
  return tooMany('year', bucketsMax);
}

/** When the day began that an instant belongs to. */
function dayOf(at: Instant, zone: string): Instant {
  const date = localOf(at, zone).toPlainDate();
  const next = firstInstant(date.add({ days: 1 }), zone);
  // Where clocks went back over a midnight they show the day before again.
  return next <= at ? next : firstInstant(date, zone);
}

/** The first full minute after `at` where the clocks of the zone have begun the step anew. */
function nextEdge(at: Instant, step: SeriesStep, zone: string): Instant {
  return fullMinute(nextBeginning(at, step, zone));
}

/** The first full minute of UTC from an instant on. */
function fullMinute(at: Instant): Instant {
  return Math.ceil(at / MINUTE) * MINUTE;
}

function nextBeginning(at: Instant, step: SeriesStep, zone: string): Instant {
  const local = localOf(at, zone);
  switch (step) {
    case 'minute':
      return nextMultiple(at, MINUTE, local.offsetNanoseconds / 1000);
    case 'hour':
      return nextHour(at, local, zone);
    case 'day':
      return nextMidnight(at, local.toPlainDate(), { days: 1 }, zone);
    case 'week':
      return nextMidnight(at, local.toPlainDate().subtract({ days: local.dayOfWeek - 1 }), { days: 7 }, zone);
    case 'month':
      return nextMidnight(at, local.toPlainDate().with({ day: 1 }), { months: 1 }, zone);
    case 'year':
      return nextMidnight(at, local.toPlainDate().with({ month: 1, day: 1 }), { years: 1 }, zone);
  }
}

/** The next full hour, of clocks that may be changed before it comes: by half an hour, or at half past. */
function nextHour(at: Instant, local: Temporal.ZonedDateTime, zone: string): Instant {
  const next = nextMultiple(at, HOUR, local.offsetNanoseconds / 1000);
  if (localOf(next, zone).offsetNanoseconds === local.offsetNanoseconds) return next;
  const change = local.getTimeZoneTransition('next')!;
  const changeAt = change.epochMilliseconds * 1000;
  if (changeAt >= next) return next;
  // The last instant before it, so that a full hour which the change itself shows counts.
  return nextMultiple(changeAt - 1, HOUR, change.offsetNanoseconds / 1000);
}

/** The first midnight after `at`, counted from a date by a step. */
function nextMidnight(
  at: Instant,
  from: Temporal.PlainDate,
  step: Temporal.DurationLike,
  zone: string,
): Instant {
  // Where clocks went back over a midnight they show a day again that is over: the next one has begun already.
  for (let date = from.add(step); ; date = date.add(step)) {
    const midnight = firstInstant(date, zone);
    if (midnight > at) return midnight;
  }
}

function nextMultiple(at: Instant, length: number, offset: number): Instant {
  return (Math.floor((at + offset) / length) + 1) * length - offset;
}

/** The first instant of a day: later than 00:00 where daylight saving skips that, the first where it comes twice. */
function firstInstant(date: Temporal.PlainDate, zone: string): Instant {
  return date.toZonedDateTime(zone).epochMilliseconds * 1000;
}

/** The clocks of a zone, to the millisecond. */
function localOf(at: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at / 1000)).toZonedDateTimeISO(zone);
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
