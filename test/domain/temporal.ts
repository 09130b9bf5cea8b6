import { Temporal } from 'temporal-polyfill';
import type { SeriesStep } from '../../src/domain/series.js';
import { HOUR, type Instant, type LocalMinute, MINUTE, type Range } from '../../src/domain/time.js';

// What the server reckons, asked of Temporal edge by edge: slow, and right by definition.

/** Cuts a range where the clocks of a zone begin a step, as `cutRange` must. */
export function cutByTemporal({ lower, upper }: Range, step: SeriesStep, zone: string): Instant[] {
  const edges = [lower];
  for (let at = nextEdge(lower, step, zone); at < upper; at = nextEdge(at, step, zone)) edges.push(at);
  if (lower < upper) edges.push(upper);
  return edges;
}

/** The instant of a local time; of one that is skipped or shown twice, the earlier. */
export function instantByTemporal(local: LocalMinute, zone: string): Instant {
  const zoned = Temporal.PlainDateTime.from(local).toZonedDateTime(zone, { disambiguation: 'earlier' });
  return zoned.epochMilliseconds * 1000;
}

/** Whether both Temporal and Intl take a name for that of a zone; each alone takes some that the other refuses. */
export function isZoneByTemporal(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
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
