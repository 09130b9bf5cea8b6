import { Temporal } from 'temporal-polyfill';
import { DAY, HOUR, type Instant, MINUTE, type Range, withinEvents } from './time.js';

/** The lengths of the buckets that a range can be cut into, the finest first. */
export const SERIES_STEPS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type SeriesStep = (typeof SERIES_STEPS)[number];

export type SeriesProblem = 'BUCKETS_TOO_MANY' | 'BOUND_TOO_FINE';
export type SeriesReading =
  | { readonly ok: true; readonly edges: readonly Instant[] }
  | { readonly ok: false; readonly problem: SeriesProblem; readonly detail: string };

/** The greatest length of a step, daylight saving aside. */
const LENGTH_MAX: Readonly<Record<SeriesStep, number>> = {
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 31 * DAY,
};

/**
 * Cuts a range where the clocks of a zone show a full minute, a full hour, midnight, the midnight of a Monday
 * or of the first of a month. The edges are the lower bound, the cuts in between, and the upper bound; an
 * empty range has its bound alone. What lies beyond the years in which events can be is left out. Where a
 * zone changes its clocks by less than an hour, or within one, an hour may be shorter.
 */
export function cutRange(range: Range, step: SeriesStep, zone: string, bucketsMax: number): SeriesReading {
  const { lower, upper } = withinEvents(range);
  // Edge by edge it would take a while to find that there are millions.
  if ((upper - lower) / LENGTH_MAX[step] > bucketsMax + 1) return tooMany(step, bucketsMax);
  const edges = [lower];
  for (let at = nextEdge(lower, step, zone); at < upper; at = nextEdge(at, step, zone)) {
    if (at % MINUTE !== 0) return offMinutes(at, zone);
    edges.push(at);
    if (edges.length > bucketsMax) return tooMany(step, bucketsMax);
  }
  if (lower < upper) edges.push(upper);
  return { ok: true, edges };
}

/** The first place after `at` where the clocks of the zone begin the step anew. */
function nextEdge(at: Instant, step: SeriesStep, zone: string): Instant {
  const local = Temporal.Instant.fromEpochMilliseconds(at / 1000).toZonedDateTimeISO(zone);
  switch (step) {
    case 'minute':
      return nextMultiple(at, MINUTE, local.offsetNanoseconds / 1000);
    case 'hour':
      return nextMultiple(at, HOUR, local.offsetNanoseconds / 1000);
    case 'day':
      return midnight(local.toPlainDate().add({ days: 1 }), zone);
    case 'week':
      return midnight(local.toPlainDate().add({ days: 8 - local.dayOfWeek }), zone);
    case 'month':
      return midnight(local.toPlainDate().with({ day: 1 }).add({ months: 1 }), zone);
  }
}

function nextMultiple(at: Instant, length: number, offset: number): Instant {
  return (Math.floor((at + offset) / length) + 1) * length - offset;
}

/** The first instant of a day: later than 00:00 where daylight saving skips that. */
function midnight(date: Temporal.PlainDate, zone: string): Instant {
  return date.toZonedDateTime(zone).epochMilliseconds * 1000;
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

function offMinutes(at: Instant, zone: string): SeriesReading {
  const year = new Date(at / 1000).getUTCFullYear();
  return {
    ok: false,
    problem: 'BOUND_TOO_FINE',
    detail: `in ${year} the clocks of ${zone} were not a whole number of minutes from UTC, and tallies are exact to the minute: leave tz out for UTC`,
  };
}
