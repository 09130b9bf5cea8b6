import type { SeriesStep } from '../domain/series.js';
import type { Wall } from './time.js';

/** The ranges that have a name. Each follows the clock. */
export const PRESETS = ['hour', 'today', 'yesterday', '7d', '30d', '90d', 'month', 'all'] as const;
export type Preset = (typeof PRESETS)[number];

/** A range of its own; bounds are wall times of the zone, or end with Z for UTC. */
export interface Custom {
  readonly from: string;
  readonly to: string;
}

/** With what a range is compared; `backOf` has what each means. */
export const COMPARISONS = ['week', 'before', 'year', 'no'] as const;
/** One of these, or the beginning of a chosen period. */
export type Comparison = (typeof COMPARISONS)[number] | Wall;

/** How a range is compared and cut. */
export interface Choice {
  readonly compare: Comparison;
  /** Undefined where that follows the range. */
  readonly every: SeriesStep | undefined;
}
