import type { RunInfo } from './format.js';

/** So many runs of one tier become one of the next. */
const RUNS_A_TIER = 8;
/** Runs up to this size are in the first tier, those of each next up to eight times as large. */
const FIRST_TIER_BYTES = 1 << 19;

/**
 * The runs that are to be merged next: the newest, up to the first that is much larger than those before it
 * or `isBusy`, once there are eight of them; none where there are not. So each row is written again once a
 * tier, and there are at most seven runs in each.
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
    const count = end === -1 ? free.length : end;
    if (count >= RUNS_A_TIER) return free.slice(0, count);
  }
  return [];
}

function tierOf(bytes: number): number {
  return Math.max(0, Math.ceil(Math.log(bytes / FIRST_TIER_BYTES) / Math.log(RUNS_A_TIER)));
}
