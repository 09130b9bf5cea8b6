import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect } from 'vitest';
import { cutRange } from '../../src/domain/series.js';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/domain/time.js';
import { atOnce } from './at-once.js';

export const ZONES = Intl.supportedValuesOf('timeZone');
const STEPS = ['day', 'week', 'month', 'year'] as const;
type Step = (typeof STEPS)[number];
const LENGTHS: Readonly<Record<Step, number>> = { day: DAY, week: 7 * DAY, month: 31 * DAY, year: 366 * DAY };

export function utc(text: string): Instant {
  return Date.parse(`${text}Z`) * 1000;
}

export function cut(lower: Instant, upper: Instant, step: Step, zone: string): readonly Instant[] {
  const reading = atOnce(cutRange({ lower, upper }, step, zone, 5000));
  if (!reading.ok) throw new Error(reading.detail);
  return reading.edges;
}

/** From where to where a zone keeps one offset, about a span: all that is taken from the library. */
function stretches(zone: string, lower: Instant, upper: Instant): { from: Instant; offset: number }[] {
  const found: { from: Instant; offset: number }[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(lower / 1000).toZonedDateTimeISO(zone);
  for (;;) {
    found.push({ from: at.epochMilliseconds * 1000, offset: at.offsetNanoseconds / 1000 });
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds * 1000 >= upper) return found;
    at = next;
  }
}

/**
 * Where days begin, by the definition: a day begins when the clocks of the zone show it, or a later one, for
 * the first time. Local time is counted in days since 1970.
 */
function daysOf(zone: string, lower: Instant, upper: Instant): { day: number; at: Instant }[] {
  const parts = stretches(zone, lower, upper);
  const days: { day: number; at: Instant }[] = [];
  let shown = Math.floor((lower + parts[0]!.offset) / DAY);
  for (const [i, { from, offset }] of parts.entries()) {
    const until = parts[i + 1]?.from ?? upper;
    const last = Math.floor((until - 1 + offset) / DAY);
    for (let day = shown + 1; day <= last; day += 1) {
      days.push({ day, at: Math.max(from, day * DAY - offset) });
    }
    shown = Math.max(shown, last);
  }
  return days;
}

/** The edges that a series must have. */
function edgesOf(zone: string, lower: Instant, upper: Instant, step: Step): Instant[] {
  // From far before, because the clocks may have shown the day of the lower bound already.
  const begins = daysOf(zone, lower - 40 * DAY, upper).filter(({ day }) => {
    const date = new Date((day * DAY) / 1000);
    const isFirst = date.getUTCDate() === 1;
    return {
      day: true,
      week: date.getUTCDay() === 1,
      month: isFirst,
      year: isFirst && date.getUTCMonth() === 0,
    }[step];
  });
  // Before standard time an offset may have seconds: tallies are exact to the minute.
  const inside = begins
    .map(({ at }) => Math.ceil(at / MINUTE) * MINUTE)
    .filter((at) => at > lower && at < upper);
  return [...new Set([lower, ...inside, ...(lower < upper ? [upper] : [])])];
}

function expectEdges(lower: Instant, upper: Instant, step: Step, zone: string): void {
  const edges = cut(lower, upper, step, zone);
  const label = `${step} in ${zone} from ${show(lower)} to ${show(upper)}`;
  for (let i = 1; i < edges.length; i += 1) {
    if (edges[i]! <= edges[i - 1]!) expect.fail(`${label}: ${edges.map(show).join(', ')}`);
  }
  expect({ label, edges: edges.map(show) }).toEqual({
    label,
    edges: edgesOf(zone, lower, upper, step).map(show),
  });
}

/** At changes of any zone's clocks, and elsewhere: days and more begin when the clocks first show them. */
export function beginWhenFirstShown(runs: number): void {
  const cases = fc.record({
    zone: fc.constantFrom(...ZONES),
    near: fc.integer({ min: utc('1900-01-01T00:00') / MINUTE, max: utc('2038-01-01T00:00') / MINUTE }),
    before: fc.integer({ min: -300, max: 3000 }),
    length: fc.integer({ min: 0, max: 400 }),
    step: fc.constantFrom(...STEPS),
  });
  fc.assert(
    fc.property(cases, ({ zone, near, before, length, step }) => {
      const change = Temporal.Instant.fromEpochMilliseconds((near * MINUTE) / 1000)
        .toZonedDateTimeISO(zone)
        .getTimeZoneTransition('next');
      const at = change === null ? near * MINUTE : change.epochMilliseconds * 1000;
      const lower = Math.floor(at / MINUTE - before) * MINUTE;
      expectEdges(lower, lower + Math.floor((length * LENGTHS[step]) / 100 / MINUTE) * MINUTE, step, zone);
    }),
    { numRuns: runs },
  );
}

/** About the changes of some zones after which a day is shown twice; answers how many these were. */
export function growAboutMidnights(zones: readonly string[]): number {
  let changes = 0;
  for (const zone of zones) {
    for (const change of goingsBackOverMidnight(zone)) {
      changes += 1;
      for (const lower of [change, change + MINUTE, change + 30 * MINUTE, change - 30 * MINUTE]) {
        for (const step of STEPS) expectEdges(lower, lower + LENGTHS[step] + 2 * HOUR, step, zone);
      }
    }
  }
  return changes;
}

/** The changes of a zone after which its clocks show a day again that was over; a few of each zone. */
function goingsBackOverMidnight(zone: string): Instant[] {
  const found: Instant[] = [];
  const parts = stretches(zone, utc('1930-01-01T00:00'), utc('2030-01-01T00:00'));
  for (let i = 1; i < parts.length && found.length < 60; i += 1) {
    const [{ offset: old }, { from, offset }] = [parts[i - 1]!, parts[i]!];
    const [before, after] = [from - 1 + old, from + offset];
    if (after < before && Math.floor(after / DAY) < Math.floor(before / DAY) && from % MINUTE === 0) {
      found.push(from);
    }
  }
  return found;
}

function show(at: Instant): string {
  return new Date(at / 1000).toISOString().slice(0, 16);
}
