/**
 * Counts durations in log-spaced buckets: 128 to each doubling, so a percentile is at most 0.8 % above the
 * duration that it stands for, in 25 KB whatever is recorded. Below 128 µs every microsecond has its own
 * bucket; beyond 35 minutes all share the last. The greatest is kept exactly.
 */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #greatest = 0;

  get count(): number {
    return this.#count;
  }

  /** In milliseconds, as everything here. */
  get max(): number {
    return this.#greatest;
  }

  record(milliseconds: number): void {
    this.#buckets[bucketOf(Math.max(0, milliseconds) * 1000)]! += 1;
    this.#count += 1;
    if (milliseconds > this.#greatest) this.#greatest = milliseconds;
  }

  /** The least bucket's upper edge that `share` of all durations do not exceed; 0 where none is recorded. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#buckets[bucket]!;
      if (seen >= rank) return Math.min(upperEdge(bucket) / 1000, this.#greatest);
    }
    return this.#greatest;
  }

  /** How many took longer, give or take the width of a bucket. */
  countOver(milliseconds: number): number {
    let count = 0;
    for (let bucket = bucketOf(milliseconds * 1000) + 1; bucket < BUCKETS; bucket += 1) {
      count += this.#buckets[bucket]!;
    }
    return count;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#greatest = 0;
  }
}

const STEPS_BITS = 7;
const STEPS = 2 ** STEPS_BITS;
const MICROSECONDS_MAX = 2 ** 31 - 1;
const BUCKETS = STEPS * (31 - STEPS_BITS + 1);

function bucketOf(microseconds: number): number {
  // A duration belongs to the bucket whose upper edge it does not exceed.
  const whole = Math.min(Math.ceil(microseconds), MICROSECONDS_MAX);
  if (whole < STEPS) return whole;
  const doublings = 31 - Math.clz32(whole) - STEPS_BITS;
  return STEPS * doublings + (whole >> doublings);
}

function upperEdge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doublings = Math.floor(bucket / STEPS) - 1;
  const step = bucket - STEPS * doublings;
  return (step + 1) * 2 ** doublings - 1;
}
