import { spreadText } from './format.js';
import type { Spread } from './statistics.js';

export interface Goal {
  readonly what: string;
  readonly goal: string;
  /** What was measured, in words; why not, where nothing was. */
  readonly measured: string;
  readonly verdict: 'met' | 'not met' | 'not measured';
}

export function atLeast(what: string, least: number, spread: Spread | null): Goal {
  return judge(what, `≥ ${least}`, spreadText(spread), () => spread!.median >= least);
}

export function atMost(what: string, greatest: number, spread: Spread | null): Goal {
  return judge(what, `≤ ${greatest}`, spreadText(spread), () => spread!.median <= greatest);
}

export function judge(what: string, goal: string, measured: string | null, isMet: () => boolean): Goal {
  if (measured === null) return { what, goal, measured: '–', verdict: 'not measured' };
  return { what, goal, measured, verdict: isMet() ? 'met' : 'not met' };
}
