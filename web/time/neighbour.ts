import type { Custom, Preset } from '../../src/reading/choice.js';
import { isOfMonths, type WallBounds } from '../../src/reading/periods.js';
import {
  customBetween,
  instantOfBound,
  isMidnight,
  type View,
  viewOf,
  wallOfBound,
} from '../../src/reading/ranges.js';
import { minutesBetween, monthsBetween, moved, wallOf } from '../../src/reading/time.js';

/** The period of the same length that follows, or comes before; a preset again where it is one. */
export function neighbour(view: View, direction: 1 | -1, now: number): Preset | Custom {
  const { zone } = view;
  const [from, to] = [instantOfBound(view.lower, zone), instantOfBound(view.upper, zone)];
  const bounds = { lower: wallOfBound(view.lower, zone), upper: wallOfBound(view.upper, zone) };
  const found = isMidnight(from, zone) && isMidnight(to, zone) ? byCalendar(bounds, direction) : undefined;
  const next = found ?? customBetween(from + direction * (to - from), to + direction * (to - from), zone);
  const isNext = (preset: Preset) => {
    const { lower, upper } = viewOf(preset, zone, now, { compare: 'no', every: undefined });
    return lower === next.from && upper === next.to;
  };
  return NEIGHBOURS.find(isNext) ?? next;
}

/** What a range moved to may be, besides one of its own. */
const NEIGHBOURS = ['today', 'yesterday', '7d', '30d', '90d', 'month'] as const;

function byCalendar(bounds: WallBounds, direction: 1 | -1): Custom {
  const months = isOfMonths(bounds) ? monthsBetween(bounds.lower, bounds.upper) : undefined;
  const by =
    months === undefined
      ? { minutes: direction * minutesBetween(bounds.lower, bounds.upper) }
      : { months: direction * months };
  return { from: moved(bounds.lower, by), to: moved(bounds.upper, by) };
}

/** Whether a neighbour would lie in the future as a whole. */
export function isLast({ upper, zone }: View, now: number): boolean {
  return wallOfBound(upper, zone) > wallOf(now, zone);
}
