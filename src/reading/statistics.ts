/** A share with the interval that holds the true one in 95 of 100 cases; all between 0 and 1. */
export interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How far two numbers lie apart, and from where on that is beyond chance; both in standard errors. */
export interface Apart {
  readonly by: number;
  readonly beyond: number;
}

/** The normal quantile of 97.5 %. */
const Z = 1.959963984540054;
/** The same where 26 are looked at together, so that one of them is wrong in 5 of 100 cases (Bonferroni). */
const Z_OF_26 = 3.1;

/** Over fewer contacts a rate is not drawn: it says nothing. */
export const RATE_CONTACTS_MIN = 20;

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

export function isBeyondChance({ by, beyond }: Apart): boolean {
  return Math.abs(by) > beyond;
}

/**
 * Two counts of as much time, each of which may be by chance. Contacts do not come evenly: where the parts of
 * both periods, in pairs, differ more from each other than chance alone would have it, so may the sums
 * (a quasi-Poisson test).
 */
export function countsApart(
  now: number,
  before: number,
  pairs: readonly (readonly [number, number])[],
): Apart {
  const sum = now + before;
  if (sum === 0) return { by: 0, beyond: Z };
  const kept = pairs.filter(([one, other]) => one + other > 0);
  const share = now / sum;
  const squares = kept.reduce((total, [one, other]) => {
    const expected = share * (one + other);
    return total + (one - expected) ** 2 / (expected * (1 - share));
  }, 0);
  const freedom = kept.length - 1;
  const isSpread = now > 0 && before > 0 && freedom > 1 && squares > freedom;
  const dispersion = isSpread ? squares / freedom : 1;
  return {
    by: (now - before) / Math.sqrt(sum * dispersion),
    beyond: isSpread ? studentQuantile(freedom) : Z,
  };
}

/** Two counts of one symbol among 26. */
export function symbolsApart(now: number, before: number): Apart {
  return { by: now + before === 0 ? 0 : (now - before) / Math.sqrt(now + before), beyond: Z_OF_26 };
}

/** Two shares (a two-proportion z-test). */
export function sharesApart(part: number, whole: number, otherPart: number, otherWhole: number): Apart {
  if (whole === 0 || otherWhole === 0) return { by: 0, beyond: Z };
  const pooled = (part + otherPart) / (whole + otherWhole);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / otherWhole));
  return { by: error === 0 ? 0 : (part / whole - otherPart / otherWhole) / error, beyond: Z };
}

/** A count and those of such periods, three or more: whether it is one that they let expect (Student's t). */
export function usualApart(now: number, usual: readonly number[]): Apart & { readonly mean: number } {
  const mean = usual.reduce((total, each) => total + each, 0) / usual.length;
  const freedom = usual.length - 1;
  const spread = usual.reduce((total, each) => total + (each - mean) ** 2, 0) / freedom;
  const error = Math.sqrt(Math.max(spread, mean) * (1 + 1 / usual.length));
  return { mean, by: error === 0 ? 0 : (now - mean) / error, beyond: studentQuantile(freedom) };
}

/** The quantile of 97.5 % of Student's distribution, to 1 % from 4 degrees of freedom on (Cornish and Fisher). */
function studentQuantile(freedom: number): number {
  const [cube, fifth] = [Z ** 3, Z ** 5];
  return Z + (cube + Z) / (4 * freedom) + (5 * fifth + 16 * cube + 3 * Z) / (96 * freedom ** 2);
}
