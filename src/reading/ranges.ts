import type { SeriesCut } from '../domain/series.js';
import type { SeriesAnswer } from '../http/routes/dashboard-schemas.js';
import type { Choice, Comparison, Custom, Preset } from './choice.js';
import { backOf, usualBackOf } from './periods.js';
import { type SeriesStep, stepOf, stepsOf } from './steps.js';
import {
  firstOfMonth,
  instantOf,
  isRepeated,
  type Move,
  midnightOf,
  millisecondsOf,
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
  readonly every: SeriesCut;
  /** The whole period before; undefined where there is none. */
  readonly before: Bounds | undefined;
  /** The part of it that has a counterpart by now: a day that is half over is compared with half a day. */
  readonly beforeUntilNow: Bounds | undefined;
  /** From a bucket to its counterpart in the period before. */
  readonly shift: Shift | undefined;
  /** Such periods before it, as far as this one has come, the latest first: they tell what is usual. */
  readonly usual: readonly Bounds[];
}

/** How far back the period before is, by the calendar of a zone. */
export interface Shift {
  readonly by: Move;
  readonly zone: string;
}

/** All that can be: the years in which events are taken. */
export const ALWAYS: Bounds = { lower: '1700-01-01', upper: '2250-01-01' };

const DAYS: Readonly<Partial<Record<Preset, number>>> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };
/** How many periods tell what is usual. */
const USUAL_PERIODS = 6;

/** The bounds of a range at a moment, in milliseconds since 1970. */
export function viewOf(range: Preset | Custom, zone: string, now: number, choice: Choice): View {
  const wallNow = wallOf(now, zone);
  if (range === 'hour') {
    // Sixty minutes, the one that is under way included. In UTC, where no hour is skipped or repeated.
    const upper = moved(wallOf(now, 'UTC'), { minutes: 1 });
    return utcView({ lower: moved(upper, { minutes: -60 }), upper }, zone, now, choice);
  }
  if (range === 'yesterday') {
    const lower = moved(midnightOf(wallNow), { days: -1 });
    return wallView({ lower, upper: midnightOf(wallNow) }, zone, wallNow, choice);
  }
  if (range === 'month') {
    const lower = firstOfMonth(wallNow);
    return wallView({ lower, upper: moved(lower, { months: 1 }) }, zone, wallNow, choice);
  }
  if (range === 'all') return allView(zone);
  if (typeof range === 'object') return customView(range, zone, now, choice);
  const days = DAYS[range]!;
  const upper = moved(midnightOf(wallNow), { days: 1 });
  return wallView({ lower: moved(upper, { days: -days }), upper }, zone, wallNow, choice);
}

/** Whether more may come into a range: its end has not come. */
export function isOpen({ upper, zone }: Pick<View, 'upper' | 'zone'>, now: number): boolean {
  return instantOfBound(upper, zone) > now;
}

/** Whether the first contact of all came when a period had begun: then it is no measure. */
export function isPartial(period: Bounds | undefined, zone: string, oldestAt: string | null): boolean {
  if (period === undefined || oldestAt === null) return false;
  return instantOfBound(period.lower, zone) < Math.floor(millisecondsOf(oldestAt) / 60_000) * 60_000;
}

/** The steps by which a view may be cut. */
export function stepsOfView({ lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>): SeriesStep[] {
  return stepsOf(wallOfBound(lower, zone), wallOfBound(upper, zone));
}

/** What is shown of a view: where the server fitted it to its contacts, their days; without any, today. */
export function shownOf(view: View, { lower, upper }: SeriesAnswer, now: number): View {
  const { zone, every } = view;
  if (every !== 'fit') return view;
  if (lower === upper)
    return { ...viewOf('today', zone, now, { compare: 'no', every: undefined }), ...NOTHING_BEFORE };
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

/** Whatever there is: when that was is not known before the answer. In UTC, where each year has a beginning. */
function allView(zone: string): View {
  const bounds = { lower: `${ALWAYS.lower}T00:00`, upper: `${ALWAYS.upper}T00:00` };
  return { ...inUtc(bounds), zone, every: 'fit', ...NOTHING_BEFORE };
}

function customView({ from, to }: Custom, zone: string, now: number, choice: Choice): View {
  if (from.endsWith('Z') && to.endsWith('Z')) {
    const bounds = { lower: from.slice(0, -1), upper: to.slice(0, -1) };
    // Days are those of the zone; what is finer is the same in UTC, and clear where clocks show it twice.
    const view = utcView(bounds, zone, now, choice);
    if (view.every === 'minute' || view.every === 'hour') return view;
  }
  const [lower, upper] = [wallOfBound(from, zone), wallOfBound(to, zone)];
  const view = wallView({ lower, upper }, zone, wallOf(now, zone), choice);
  return { ...view, ...clearBounds({ lower: from, upper: to }, zone) };
}

/** A view between wall times of UTC, of which each bound says that it is one. */
function utcView(bounds: Bounds, zone: string, now: number, choice: Choice): View {
  const view = wallView(bounds, 'UTC', wallOf(now, 'UTC'), choice);
  return {
    ...view,
    ...inUtc(view),
    zone,
    before: view.before && inUtc(view.before),
    beforeUntilNow: view.beforeUntilNow && inUtc(view.beforeUntilNow),
    usual: view.usual.map(inUtc),
  };
}

/** A view between wall times. */
function wallView(bounds: Bounds, zone: string, wallNow: Wall, { compare, every: wanted }: Choice): View {
  const { lower, upper } = bounds;
  const every = stepsOf(lower, upper).find((step) => step === wanted) ?? stepOf(lower, upper);
  const view = { ...clearBounds(bounds, zone), zone, every };
  if (lower >= upper) return { ...view, ...NOTHING_BEFORE };
  const usual = Array.from({ length: USUAL_PERIODS }, (_, index) =>
    earlier(bounds, wallNow, every, usualBackOf(bounds, index + 1)),
  );
  const usualBounds = usual.flatMap((period) => (period ? [clearBounds(period.untilNow, zone)] : []));
  const before = comparedWith(bounds, wallNow, every, compare);
  if (before === undefined) return { ...view, ...NOTHING_BEFORE, usual: usualBounds };
  return {
    ...view,
    before: clearBounds(before.whole, zone),
    beforeUntilNow: clearBounds(before.untilNow, zone),
    shift: { by: before.by, zone },
    usual: usualBounds,
  };
}

interface Earlier {
  readonly whole: Bounds;
  /** As much of it as the range has come; all of it where that is over. */
  readonly untilNow: Bounds;
  readonly by: Move;
}

function comparedWith(
  bounds: Bounds,
  wallNow: Wall,
  every: SeriesStep,
  compare: Comparison,
): Earlier | undefined {
  if (compare === 'no') return undefined;
  return earlier(bounds, wallNow, every, backOf(bounds, every, compare));
}

/** A range moved back; undefined where that would lie beyond the years in which events can be. */
function earlier(
  { lower, upper }: Bounds,
  wallNow: Wall,
  every: SeriesStep,
  back: Move,
): Earlier | undefined {
  const whole = { lower: moved(lower, back), upper: moved(upper, back) };
  if (whole.lower < ALWAYS.lower || whole.upper > ALWAYS.upper) return undefined;
  // As far from the beginning as this one: a 31st has no other day to be compared with.
  const isByMonths = every === 'month' || every === 'year' || back.months === -12;
  const by = isByMonths ? back : { minutes: minutesBetween(lower, whole.lower) };
  const isUnderWay = wallNow >= lower && wallNow < upper;
  const until = movedOrEnd(moved(wallNow, { minutes: 1 }), by);
  return { whole, untilNow: isUnderWay && until < whole.upper ? { ...whole, upper: until } : whole, by };
}

/** As `moved`; a day that the other month does not have becomes its end. */
function movedOrEnd(wall: Wall, by: Move): Wall {
  const there = moved(wall, by);
  const isThere = by.months === undefined || there.slice(8) === wall.slice(8);
  return isThere ? there : moved(firstOfMonth(there), { months: 1 });
}

const NOTHING_BEFORE = { before: undefined, beforeUntilNow: undefined, shift: undefined, usual: [] } as const;

function inUtc({ lower, upper }: Bounds): Bounds {
  return { lower: `${lower}Z`, upper: `${upper}Z` };
}
