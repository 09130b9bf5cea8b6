/** A share with the interval that holds the true one in 95 of 100 cases; all between 0 and 1. */
export interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The normal quantile of 97.5 %. */
const Z = 1.959963984540054;

/** The share of `part` in `whole` with its Wilson interval; undefined where the whole is nothing. */
export function rateOf(part: number, whole: number): Rate | undefined {
  if (whole === 0) return undefined;
  const value = part / whole;
  const weight = Z * Z;
  const middle = (value + weight / (2 * whole)) / (1 + weight / whole);
  const spread =
    (Z / (1 + weight / whole)) * Math.sqrt((value * (1 - value)) / whole + weight / (4 * whole * whole));
  // Where the share is nothing or all, rounding must not put a bound beyond it.
  return { value, low: part === 0 ? 0 : middle - spread, high: part === whole ? 1 : middle + spread };
}

/** How much more `now` is than `before`, as a share of `before`; undefined where nothing was before. */
export function growth(now: number, before: number): number | undefined {
  return before === 0 ? undefined : (now - before) / before;
}
