import type { SeriesCut, SeriesStep } from '../../src/domain/series.js';
import type { SeriesAnswer } from '../../src/http/routes/dashboard-schemas.js';
import type { Custom, Preset } from '../state.js';
import type { Shift } from './compare.js';
import {
  firstOfMonth,
  instantOf,
  isRepeated,
  type Move,
  midnightOf,
  millisecondsOf,
  minutesBetween,
  monthsBetween,
  moved,
  readWall,
  type Wall,
  wallOf,
} from './time.js';

/** A range as it is asked for: two bounds that the server reads in a zone. */
export interface Bounds {
  readonly lower: string;
  readonly upper: string;
}

/** What is shown, and what it is compared with. */
export interface View extends Bounds {
  /** The zone in which the bounds are read, unless they end with Z. */
  readonly zone: string;
  readonly every: SeriesCut;
  /** The whole period before; undefined where there is none. */
  readonly before: Bounds | undefined;
  /** The part of it that has a counterpart by now: a day that is half over is compared with half a day. */
  readonly beforeUntilNow: Bounds | undefined;
  /** From a bucket to its counterpart in the period before. */
  readonly shift: Shift | undefined;
}

/** All that can be: the years in which events are taken. */
export const ALWAYS: Bounds = { lower: '1700-01-01', upper: '2250-01-01' };

const DAYS: Readonly<Partial<Record<Preset, number>>> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };
/** How many minutes a range has at most to be cut in minutes, hours and so on; then in years. */
const STEPS: readonly (readonly [minutesMax: number, SeriesStep])[] = [
  [3 * 60, 'minute'],
  [4 * 1440, 'hour'],
  [100 * 1440, 'day'],
  [3 * 366 * 1440, 'week'],
  [33 * 366 * 1440, 'month'],
];

/** The bounds of a range at a moment, in milliseconds since 1970. */
export function viewOf(range: Preset | Custom, zone: string, now: number): View {
  const wallNow = wallOf(now, zone);
  if (range === 'hour') return hourView(zone, now);
  if (range === 'yesterday') {
    const lower = moved(midnightOf(wallNow), { days: -1 });
    return wallView({ lower, upper: midnightOf(wallNow) }, zone, wallNow);
  }
  if (range === 'month') {
    const lower = firstOfMonth(wallNow);
    return wallView({ lower, upper: moved(lower, { months: 1 }) }, zone, wallNow, { months: -1 });
  }
  if (range === 'all') return allView(zone);
  if (typeof range === 'object') return customView(range, zone, now);
  const days = DAYS[range]!;
  const upper = moved(midnightOf(wallNow), { days: 1 });
  return wallView({ lower: moved(upper, { days: -days }), upper }, zone, wallNow);
}

/** What is shown of a view: where the server fitted it to its contacts, their days; without any, today. */
export function shownOf(view: View, { lower, upper }: SeriesAnswer, now: number): View {
  const { zone, every } = view;
  if (every !== 'fit') return view;
  if (lower === upper) return { ...viewOf('today', zone, now), ...NOTHING_BEFORE };
  const { from, to } = customBetween(millisecondsOf(lower), millisecondsOf(upper), zone);
  return { ...view, lower: from, upper: to };
}

/** The range between two instants, as bounds that mean them and no others. */
export function customBetween(lower: number, upper: number, zone: string): Custom {
  return { from: boundAt(lower, zone), to: boundAt(upper, zone) };
}

/** The wall time of a bound in a zone, whether it stands for UTC or not. */
export function wallOfBound(bound: string, zone: string): Wall {
  const wall = readWall(bound.replace(/Z$/, ''))!;
  return bound.endsWith('Z') ? wallOf(instantOf(wall, 'UTC'), zone) : wall;
}

/** The first minute and the last of a range. */
export function momentsOf({ lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>): [number, number] {
  return [instantOfBound(lower, zone), instantOfBound(upper, zone) - 60_000];
}

/** Whether a day begins at an instant, by the clocks of a zone. */
export function isMidnight(milliseconds: number, zone: string): boolean {
  const midnight = instantOf(midnightOf(wallOf(milliseconds, zone)), zone);
  return fullMinute(midnight) === milliseconds;
}

/** The instant of a bound. */
export function instantOfBound(bound: string, zone: string): number {
  const isUtc = bound.endsWith('Z');
  return instantOf(readWall(bound.replace(/Z$/, ''))!, isUtc ? 'UTC' : zone);
}

function boundAt(milliseconds: number, zone: string): string {
  return isRepeated(milliseconds, zone) ? `${wallOf(milliseconds, 'UTC')}Z` : wallOf(milliseconds, zone);
}

/**
 * A bound that the server takes for the instant that the page means. Of a time that is skipped it takes what
 * was an hour before, which may be the evening of another day; it refuses one that is not a full minute of UTC.
 */
function clear(bound: string, zone: string): string {
  if (bound.endsWith('Z')) return bound;
  const wall = readWall(bound)!;
  const at = instantOf(wall, zone);
  const isClear = wallOf(at, zone) === wall && fullMinute(at) === at;
  return isClear ? wall : `${wallOf(fullMinute(at), 'UTC')}Z`;
}

function clearBounds({ lower, upper }: Bounds, zone: string): Bounds {
  return { lower: clear(lower, zone), upper: clear(upper, zone) };
}

/** Tallies are exact to the minute of UTC, in which clocks before standard time seldom changed theirs. */
function fullMinute(milliseconds: number): number {
  return Math.ceil(milliseconds / 60_000) * 60_000;
}

/** Sixty minutes, the one that is under way included. In UTC, where no hour is skipped or repeated. */
function hourView(zone: string, now: number): View {
  const upper = moved(wallOf(now, 'UTC'), { minutes: 1 });
  const lower = moved(upper, { minutes: -60 });
  const before = { lower: `${moved(lower, { minutes: -60 })}Z`, upper: `${lower}Z` };
  return {
    lower: `${lower}Z`,
    upper: `${upper}Z`,
    zone,
    every: 'minute',
    before,
    beforeUntilNow: before,
    shift: { by: { minutes: -60 }, zone: 'UTC' },
  };
}

/** Whatever there is: when that was is not known before the answer. In UTC, where each year has a beginning. */
function allView(zone: string): View {
  const bounds = { lower: `${ALWAYS.lower}T00:00`, upper: `${ALWAYS.upper}T00:00` };
  return { ...inUtc(bounds), zone, every: 'fit', ...NOTHING_BEFORE };
}

function customView({ from, to }: Custom, zone: string, now: number): View {
  if (from.endsWith('Z') && to.endsWith('Z')) {
    const bounds = { lower: from.slice(0, -1), upper: to.slice(0, -1) };
    const view = wallView(bounds, 'UTC', wallOf(now, 'UTC'));
    // Days are those of the zone; what is finer is the same in UTC, and clear where clocks show it twice.
    if (view.every === 'minute' || view.every === 'hour') {
      return {
        ...view,
        ...inUtc(view),
        zone,
        before: view.before && inUtc(view.before),
        beforeUntilNow: view.beforeUntilNow && inUtc(view.beforeUntilNow),
      };
    }
  }
  const [lower, upper] = [wallOfBound(from, zone), wallOfBound(to, zone)];
  const view = wallView({ lower, upper }, zone, wallOf(now, zone));
  return { ...view, ...clearBounds({ lower: from, upper: to }, zone) };
}

/** A view between wall times; `back` is how far back the period before is. */
function wallView(bounds: Bounds, zone: string, wallNow: Wall, back?: Move): View {
  const { lower, upper } = bounds;
  const every = stepOf(lower, upper);
  const by = back ?? backOf(lower, upper, every);
  const before = { lower: moved(lower, by), upper: moved(upper, by) };
  const view = { ...clearBounds(bounds, zone), zone, every };
  if (lower >= upper || before.lower < ALWAYS.lower) return { ...view, ...NOTHING_BEFORE };
  // As far from the beginning as this one: a 31st has no other day to be compared with.
  const shift = every === 'month' || every === 'year' ? by : { minutes: minutesBetween(lower, before.lower) };
  const isUnderWay = wallNow >= lower && wallNow < upper;
  const untilNow = movedOrEnd(moved(wallNow, { minutes: 1 }), shift);
  return {
    ...view,
    before: clearBounds(before, zone),
    beforeUntilNow: clearBounds(
      isUnderWay && untilNow < before.upper ? { ...before, upper: untilNow } : before,
      zone,
    ),
    shift: { by: shift, zone },
  };
}

/**
 * The length of a range, rounded up to whole buckets: so each bucket has its counterpart, a week from Monday
 * one from Monday, though a part of one may lie between the two periods.
 */
function backOf(lower: Wall, upper: Wall, every: SeriesStep): Move {
  if (every === 'month') return { months: -monthsBetween(lower, upper) };
  if (every === 'year') return { months: -Math.ceil(monthsBetween(lower, upper) / 12) * 12 };
  const unit = MINUTES[every];
  return { minutes: -Math.ceil(minutesBetween(lower, upper) / unit) * unit };
}

/** As `moved`; a day that the other month does not have becomes its end. */
function movedOrEnd(wall: Wall, by: Move): Wall {
  const there = moved(wall, by);
  const isThere = by.months === undefined || there.slice(8) === wall.slice(8);
  return isThere ? there : moved(firstOfMonth(there), { months: 1 });
}

const MINUTES = { minute: 1, hour: 60, day: 1440, week: 7 * 1440 } as const;
const NOTHING_BEFORE = { before: undefined, beforeUntilNow: undefined, shift: undefined } as const;

function inUtc({ lower, upper }: Bounds): Bounds {
  return { lower: `${lower}Z`, upper: `${upper}Z` };
}

function stepOf(lower: Wall, upper: Wall): SeriesStep {
  const minutes = minutesBetween(lower, upper);
  return STEPS.find(([minutesMax]) => minutes <= minutesMax)?.[1] ?? 'year';
}
