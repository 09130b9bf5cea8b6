/** Microseconds since 1970-01-01T00:00:00Z; a safe integer for every instant that an event can have. */
export type Instant = number;

/** `lower <= at < upper`; both bounds are whole minutes. */
export interface Range {
  readonly lower: Instant;
  readonly upper: Instant;
}

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The lengths of roll-up buckets, the finest first. Each is a whole multiple of the one before it. */
export const BUCKETS = Object.freeze({ minute: MINUTE, hour: HOUR, day: DAY });
export type Bucket = keyof typeof BUCKETS;

/** An event's instant lies in [INSTANT_MIN, INSTANT_MAX): beyond it microseconds are not exact integers. */
export const INSTANT_MIN: Instant = Date.UTC(1700, 0, 1) * 1000;
export const INSTANT_MAX: Instant = Date.UTC(2250, 0, 1) * 1000;

/** The part of a range in which events can lie. */
export function withinEvents({ lower, upper }: Range): Range {
  const within = (at: Instant) => Math.min(Math.max(at, INSTANT_MIN), INSTANT_MAX);
  return { lower: within(lower), upper: within(upper) };
}

export type BoundProblem = 'BOUND_INVALID' | 'BOUND_TOO_FINE';
export type BoundReading =
  | { readonly ok: true; readonly local: LocalMinute; readonly offsetMinutes: number | null }
  | { readonly ok: false; readonly problem: BoundProblem; readonly detail: string };

/** A date and time to the minute, in a zone yet to be said. */
export interface LocalMinute {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const BOUND_FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;
const BOUND_HELP =
  'a bound is a date (2017-06-28) or a date and time to the minute (2017-06-28T10:30), with an optional Z or offset (+05:30)';

/**
 * Reads a bound of a range: a date or a date and time to the minute. `offsetMinutes` is null where the text
 * carries no zone of its own.
 */
export function readBound(text: string): BoundReading {
  const match = BOUND_FORM.exec(text);
  if (match === null) {
    return { ok: false, problem: 'BOUND_INVALID', detail: `'${text}' is not a bound: ${BOUND_HELP}` };
  }
  const [, year, month, day, hour, minute, second, fraction, , sign, offsetHours, offsetMinutes] = match;
  const local = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
  };
  if (!isRealDate(local.year, local.month, local.day)) {
    return { ok: false, problem: 'BOUND_INVALID', detail: `'${text}' names a day that does not exist` };
  }
  const tooGreat = local.hour > 23 || local.minute > 59 || Number(second ?? 0) > 59;
  if (tooGreat || Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59) {
    return {
      ok: false,
      problem: 'BOUND_INVALID',
      detail: `'${text}' names a time that does not exist: hours go to 23, minutes and seconds to 59`,
    };
  }
  if (Number(second ?? 0) !== 0 || Number(fraction ?? 0) !== 0) {
    return {
      ok: false,
      problem: 'BOUND_TOO_FINE',
      detail: `'${text}' is finer than a minute: ranges are exact to the minute, so seconds must be zero or left out`,
    };
  }
  const zoned = match[8] !== undefined || sign !== undefined;
  const distance = Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0);
  return { ok: true, local, offsetMinutes: zoned ? (sign === '-' ? 0 - distance : distance) : null };
}

/** The instant of a local minute at a fixed offset from UTC. */
export function instantAtOffset(local: LocalMinute, offsetMinutes: number): Instant {
  return (
    utcMicroseconds(local.year, local.month, local.day, local.hour, local.minute, 0) - offsetMinutes * MINUTE
  );
}

const INSTANT_FORM = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?Z?$/;

/**
 * Reads an instant as this project and the original write it, `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC;
 * undefined where the text is not one, or lies outside what an event's instant can be.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = INSTANT_FORM.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (!isRealDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const at =
    utcMicroseconds(year, month, day, hour, minute, second) + Number((match[7] ?? '').padEnd(6, '0'));
  return at >= INSTANT_MIN && at < INSTANT_MAX ? at : undefined;
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, always six digits. */
export function formatInstant(at: Instant): string {
  const milliseconds = Math.floor(at / 1000);
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(at - milliseconds * 1000).padStart(3, '0')}`;
}

/** The start of the bucket that an instant falls into. */
export function bucketStart(at: Instant, length: number): Instant {
  return Math.floor(at / length) * length;
}

/** One run of whole buckets of the same length, from `lower` up to but not including `upper`. */
export interface BucketRun {
  readonly bucket: Bucket;
  readonly lower: Instant;
  readonly upper: Instant;
}

/**
 * The fewest whole buckets that make up a range: minutes up to the first whole hour, hours up to the first
 * whole day, days, and down again. At most five runs; together they cover the range exactly.
 */
export function coverRange(range: Range): BucketRun[] {
  const runs: BucketRun[] = [];
  cover(range.lower, range.upper, ['minute', 'hour', 'day'], runs);
  return runs;
}

function cover(lower: Instant, upper: Instant, buckets: readonly Bucket[], runs: BucketRun[]): void {
  const [bucket, coarser] = buckets;
  if (bucket === undefined || lower >= upper) return;
  if (coarser === undefined) {
    runs.push({ bucket, lower, upper });
    return;
  }
  const length = BUCKETS[coarser];
  // Adding 0 makes 0 of the -0 that Math.ceil answers just before 1970.
  const innerLower = Math.ceil(lower / length) * length + 0;
  const innerUpper = bucketStart(upper, length);
  if (innerLower >= innerUpper) {
    // No whole coarser bucket lies inside, but the range may still straddle one of its edges.
    runs.push({ bucket, lower, upper });
    return;
  }
  if (lower < innerLower) runs.push({ bucket, lower, upper: innerLower });
  cover(innerLower, innerUpper, buckets.slice(1), runs);
  if (innerUpper < upper) runs.push({ bucket, lower: innerUpper, upper });
}

function isRealDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function utcMicroseconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): Instant {
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; setUTCFullYear does not.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime() * 1000;
}
