import { Temporal } from 'temporal-polyfill';
import { type BoundProblem, type Instant, instantAtOffset, MINUTE, type Range, readBound } from './time.js';

export type RangeProblem = BoundProblem | 'RANGE_REVERSED' | 'ZONE_UNKNOWN';
export type RangeReading =
  | { readonly ok: true; readonly range: Range }
  | { readonly ok: false; readonly problem: RangeProblem; readonly detail: string };

/**
 * Reads a range from the texts of its bounds. `zone` is the IANA zone of bounds that carry none (UTC where
 * it is left out). Of a local time that daylight saving skips or repeats, the earlier instant is taken.
 */
export function readRange(lowerText: string, upperText: string, zone = 'UTC'): RangeReading {
  if (!isZone(zone)) {
    return {
      ok: false,
      problem: 'ZONE_UNKNOWN',
      detail: `'${zone}' is not an IANA time zone: write one such as America/New_York, or leave tz out for UTC`,
    };
  }
  const instants: Instant[] = [];
  for (const text of [lowerText, upperText]) {
    const bound = readBound(text);
    if (!bound.ok) return bound;
    if (bound.offsetMinutes !== null) instants.push(instantAtOffset(bound.local, bound.offsetMinutes));
    else if (zone === 'UTC') instants.push(instantAtOffset(bound.local, 0));
    else {
      const local = Temporal.PlainDateTime.from(bound.local);
      const zoned = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
      const at = zoned.epochMilliseconds * 1000;
      // Before standard time, towns kept offsets such as +00:19:32.
      if (at % MINUTE !== 0) {
        return {
          ok: false,
          problem: 'BOUND_TOO_FINE',
          detail: `at '${text}' the clocks of ${zone} were not a whole number of minutes from UTC: give the bound with an offset or Z`,
        };
      }
      instants.push(at);
    }
  }
  const [lower, upper] = instants as [Instant, Instant];
  if (lower > upper) {
    return {
      ok: false,
      problem: 'RANGE_REVERSED',
      detail: `the range ends before it begins: '${lowerText}' is after '${upperText}'; write the earlier bound first`,
    };
  }
  return { ok: true, range: { lower, upper } };
}

const zonesSeen = new Map<string, boolean>();
const ZONES_SEEN_MAX = 1000;

function isZone(zone: string): boolean {
  const seen = zonesSeen.get(zone);
  if (seen !== undefined) return seen;
  let known = true;
  try {
    // An offset is no zone: a bound carries its own.
    known = /^[A-Za-z]/.test(zone);
    if (known) {
      // Each alone takes names that the other refuses, such as PST.
      new Intl.DateTimeFormat('en', { timeZone: zone });
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    }
  } catch {
    known = false;
  }
  if (zonesSeen.size < ZONES_SEEN_MAX) zonesSeen.set(zone, known);
  return known;
}
