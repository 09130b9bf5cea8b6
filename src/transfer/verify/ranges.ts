import type { RandomSource } from '../../domain/guess.js';
import type { SplitTally } from '../../domain/tally.js';
import { DAY, HOUR, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE, type Range } from '../../domain/time.js';
import { emptyRow, mergeInto, type Row } from './rows.js';

/**
 * Ranges worth asking: the whole span of the contacts, its edges, all that lies outside, and `count` random
 * ones of every length, some of whole hours and days.
 */
export function chooseRanges(span: Range | null, count: number, random: RandomSource): Range[] {
  if (span === null) return [{ lower: INSTANT_MIN, upper: INSTANT_MAX }];
  const { lower, upper } = span;
  const ranges = [
    { lower, upper },
    { lower, upper: upper - MINUTE },
    { lower: lower + MINUTE, upper },
    { lower, upper: lower + MINUTE },
    { lower: upper - MINUTE, upper },
    { lower, upper: lower },
    { lower: INSTANT_MIN, upper: lower },
    { lower: upper, upper: INSTANT_MAX },
  ];
  const minutes = (upper - lower) / MINUTE;
  for (let i = 0; i < count; i += 1) {
    const length = Math.ceil((minutes + 1) ** random()) * MINUTE;
    const start =
      lower +
      Math.floor(random() * (minutes + 1)) * MINUTE -
      Math.floor((random() * length) / MINUTE) * MINUTE;
    const unit = [MINUTE, MINUTE, MINUTE, HOUR, DAY][Math.floor(random() * 5)]!;
    ranges.push(aligned({ lower: start, upper: start + length }, unit));
  }
  return ranges;
}

/** The expected answer of each range, from minutes that come in order: each is looked at once. */
export class RangeSums {
  readonly #ranges: readonly Range[];
  /** Every bound of a range, in order: between two of them no range begins or ends. */
  readonly #bounds: readonly Instant[];
  readonly #segments: (Row | undefined)[];
  #segment = -1;

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
    const bounds = new Set(ranges.flatMap(({ lower, upper }) => [lower, upper]));
    this.#bounds = [...bounds].sort((a, b) => a - b);
    this.#segments = this.#bounds.map(() => undefined);
  }

  add(minute: Instant, row: readonly SplitTally[]): void {
    while (this.#segment + 1 < this.#bounds.length && this.#bounds[this.#segment + 1]! <= minute) {
      this.#segment += 1;
    }
    if (this.#segment < 0) return;
    const sum = this.#segments[this.#segment] ?? emptyRow();
    this.#segments[this.#segment] = sum;
    mergeInto(sum, row);
  }

  *all(): Generator<{ readonly range: Range; readonly row: Row }> {
    for (const range of this.#ranges) {
      const row = emptyRow();
      for (const [index, bound] of this.#bounds.entries()) {
        const segment = this.#segments[index];
        if (segment !== undefined && range.lower <= bound && bound < range.upper) mergeInto(row, segment);
      }
      yield { range, row };
    }
  }
}

function aligned({ lower, upper }: Range, unit: number): Range {
  const from = Math.floor(lower / unit) * unit;
  const to = Math.ceil(upper / unit) * unit;
  return { lower: Math.max(from, INSTANT_MIN), upper: Math.min(to, INSTANT_MAX) };
}
