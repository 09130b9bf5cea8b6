import { Clocks } from './clocks.js';
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
  if (nameOf(zone) === undefined) {
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
    else {
      const local = instantAtOffset(bound.local, 0);
      const at = zone === 'UTC' ? local : clocksOf(zone).instantOf(local);
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

/** The clocks of how many zones are remembered: up to some 700 changes each, and what the system has of them. */
export const ZONES_REMEMBERED_MAX = 64;

/** By the one name of each zone, those that were asked for last at the end. */
const remembered = new Map<string, Clocks>();

/** The clocks of a zone that is known, however its name is written. */
export function clocksOf(zone: string): Clocks {
  const name = nameOf(zone)!;
  const clocks = remembered.get(name) ?? new Clocks(name);
  remembered.delete(name);
  remembered.set(name, clocks);
  if (remembered.size > ZONES_REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!);
  return clocks;
}

/** The one name of a zone by each of its names in lower case: there are some six hundred. */
const names = new Map<string, string>();

/** An offset is no zone: a bound carries its own. */
const NAME_FORM = /^[A-Za-z][\w/+-]*$/;
/** Names of zones in Java, which Intl takes, and IANA does not know. */
const JAVA_NAMES = new Set(
  'act aet agt art ast bet bst cat cnt cst ctt eat ect iet ist jst mit net nst plt pnt prt pst sst vst'.split(
    ' ',
  ),
);

/** The name that a zone has whichever of its names is used, and however that is written; undefined: it is none. */
function nameOf(zone: string): string | undefined {
  if (!NAME_FORM.test(zone)) return undefined;
  const written = zone.toLowerCase();
  const known = names.get(written);
  if (known !== undefined || JAVA_NAMES.has(written)) return known;
  try {
    const name = new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone;
    names.set(written, name);
    return name;
  } catch {
    return undefined;
  }
}
