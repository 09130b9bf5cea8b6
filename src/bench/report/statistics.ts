/** The middle of a figure over rounds, and how far it spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of what could be measured; null where nothing could. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (sorted.length === 0) return null;
  sorted.sort((first, second) => first - second);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

/** `a` as a ratio to `b`, round by round: what moves the machine in a round moves both, and cancels out. */
export function ratioOf(
  a: readonly (number | null)[],
  b: readonly (number | null)[] | undefined,
): Spread | null {
  if (b === undefined) return null;
  return spreadOf(a.map((value, round) => ratio(value, b[round] ?? null)));
}

export function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined || b === null || b === undefined || b === 0 ? null : a / b;
}

/** The value that `share` of the sorted values do not exceed. */
export function percentileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) throw new RangeError('there is no value');
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
