import type { RunInfo } from './format.js';

/** So many runs of one tier become one of the next. */
const RUNS_A_TIER = 8;
/** Runs up to this size are in the first tier, those of each next up to eight times as large. */
const FIRST_TIER_BYTES = 1 << 19;

/** With so many runs all are merged, whatever their sizes. */
const RUNS_TOO_MANY = 40;

/**
 * The runs that are to be merged next: the newest, down to the eighth of one tier; none where no tier has
 * eight before a larger run comes. So each row is written again about once a tier.
 */
export function dueRuns<R extends { readonly info: RunInfo }>(
  /** The newest first. */
  runs: readonly R[],
  isBusy: (run: R) => boolean,
): readonly R[] {
  const busyFrom = runs.findIndex(isBusy);
  const free = busyFrom === -1 ? runs : runs.slice(0, busyFrom);
  const tiers = free.map(({ info }) => tierOf(info.bytes));
  for (let tier = 0; tier <= Math.max(...tiers); tier += 1) {
    const end = tiers.findIndex((other) => other > tier);
    const within = end === -1 ? tiers : tiers.slice(0, end);
    if (within.filter((other) => other === tier).length >= RUNS_A_TIER) return free.slice(0, within.length);
  }
  return free.length >= RUNS_TOO_MANY ? free : [];
}

function tierOf(bytes: number): number {
  return Math.max(0, Math.ceil(Math.log(bytes / FIRST_TIER_BYTES) / Math.log(RUNS_A_TIER)));
}
