import type { SeriesStep } from '../src/domain/series.js';
import type { Custom, Preset } from './state.js';
import {
  firstOfMonth,
  instantOf,
  isRepeated,
  midnightOf,
  minutesBetween,
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
  readonly every: SeriesStep;
  /** The whole period before; undefined where there is none. */
  readonly before: Bounds | undefined;
  /** The part of it that has a counterpart by now: a day that is half over is compared with half a day. */
  readonly beforeUntilNow: Bounds | undefined;
}

/** The first and the last instant of the contacts that there are; null where there are none. */
export interface Extent {
  readonly earliest: number | null;
  readonly latest: number | null;
}

/** All that can be: the years in which events are taken. */
export const ALWAYS: Bounds = { lower: '1700-01-01', upper: '2250-01-01' };

const DAYS: Readonly<Partial<Record<Preset, number>>> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };
/** How many minutes a range has at most to be cut in minutes, hours and so on; then in months. */
const STEPS: readonly (readonly [minutesMax: number, SeriesStep])[] = [
  [3 * 60, 'minute'],
  [4 * 1440, 'hour'],
  [100 * 1440, 'day'],
  [3 * 366 * 1440, 'week'],
];

/** The bounds of a range at a moment, in milliseconds since 1970. `extent` is asked of `all` alone. */
export function viewOf(range: Preset | Custom, zone: string, now: number, extent?: Extent): View {
  const wallNow = wallOf(now, zone);
  if (range === 'hour') return hourView(zone, now);
  if (range === 'yesterday') {
    const lower = moved(midnightOf(wallNow), { days: -1 });
    return wallView({ lower, upper: midnightOf(wallNow) }, { days: -1 }, zone, wallNow);
  }
  if (range === 'month') {
    const lower = firstOfMonth(wallNow);
    return wallView({ lower, upper: moved(lower, { months: 1 }) }, { months: -1 }, zone, wallNow);
  }
  if (range === 'all') return allView(zone, now, extent ?? { earliest: null, latest: null });
  if (typeof range === 'object') return customView(range, zone, now);
  const days = DAYS[range]!;
  const upper = moved(midnightOf(wallNow), { days: 1 });
  return wallView({ lower: moved(upper, { days: -days }), upper }, { days: -days }, zone, wallNow);
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

/** The instant of a bound. */
export function instantOfBound(bound: string, zone: string): number {
  const isUtc = bound.endsWith('Z');
  return instantOf(readWall(bound.replace(/Z$/, ''))!, isUtc ? 'UTC' : zone);
}

function boundAt(milliseconds: number, zone: string): string {
  return isRepeated(milliseconds, zone) ? `${wallOf(milliseconds, 'UTC')}Z` : wallOf(milliseconds, zone);
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
  };
}

function allView(zone: string, now: number, { earliest, latest }: Extent): View {
  const lower = midnightOf(wallOf(earliest ?? now, zone));
  const upper = moved(midnightOf(wallOf(Math.max(now, latest ?? now), zone)), { days: 1 });
  return {
    lower,
    upper,
    zone,
    every: stepOf(lower, upper),
    before: undefined,
    beforeUntilNow: undefined,
  };
}

function customView({ from, to }: Custom, zone: string, now: number): View {
  if (from.endsWith('Z') && to.endsWith('Z')) {
    const bounds = { lower: from.slice(0, -1), upper: to.slice(0, -1) };
    const minutes = -minutesBetween(bounds.lower, bounds.upper);
    const view = wallView(bounds, { minutes }, 'UTC', wallOf(now, 'UTC'));
    return {
      ...inUtc(view),
      zone,
      every: view.every,
      before: view.before && inUtc(view.before),
      beforeUntilNow: view.beforeUntilNow && inUtc(view.beforeUntilNow),
    };
  }
  const [lower, upper] = [wallOfBound(from, zone), wallOfBound(to, zone)];
  const view = wallView(
    { lower, upper },
    { minutes: -minutesBetween(lower, upper) },
    zone,
    wallOf(now, zone),
  );
  return { ...view, lower: from, upper: to };
}

/** A view between wall times; the period before is so far back as `back` says. */
function wallView(bounds: Bounds, back: Parameters<typeof moved>[1], zone: string, wallNow: Wall): View {
  const { lower, upper } = bounds;
  const before = { lower: moved(lower, back), upper: lower };
  const hasBefore = lower < upper && before.lower >= ALWAYS.lower;
  const untilNow = moved(moved(wallNow, { minutes: 1 }), back);
  const isUnderWay = wallNow >= lower && wallNow < upper;
  const beforeUntilNow = isUnderWay && untilNow < before.upper ? { ...before, upper: untilNow } : before;
  return {
    lower,
    upper,
    zone,
    every: stepOf(lower, upper),
    before: hasBefore ? before : undefined,
    beforeUntilNow: hasBefore ? beforeUntilNow : undefined,
  };
}

function inUtc({ lower, upper }: Bounds): Bounds {
  return { lower: `${lower}Z`, upper: `${upper}Z` };
}

function stepOf(lower: Wall, upper: Wall): SeriesStep {
  const minutes = minutesBetween(lower, upper);
  return STEPS.find(([minutesMax]) => minutes <= minutesMax)?.[1] ?? 'month';
}
