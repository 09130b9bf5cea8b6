import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ordered } from '../../src/domain/ordered.js';
import { atOnce } from './at-once.js';

/** To sort two thousand takes so many comparisons, about. */
const COMPARISONS_A_PIECE_MAX = 2048 * 14;

describe('numbers in order', () => {
  it.each([0, 1, 100, 2048, 2049, 5000, 8192, 20_000])('are those of a stable sort, of %d', (length) => {
    const keys = fc.array(fc.integer({ min: 0, max: length }), {
      minLength: length,
      maxLength: length,
      size: 'max',
    });
    fc.assert(
      fc.property(keys, (values) => {
        const order = atOnce(ordered(length, (first, second) => values[first]! - values[second]!));
        const wanted = values.map((_, i) => i).sort((first, second) => values[first]! - values[second]!);
        expect([...order]).toEqual(wanted);
      }),
      { numRuns: length > 1000 ? 2 : 20 },
    );
  });

  it.each([
    ['in order', (i: number) => i],
    ['in the reverse order', (i: number) => -i],
    ['in no order', (i: number) => (i * 7919) % 65_537],
  ])('are found piece by piece, of those that come %s', (_how, keyOf) => {
    let comparisons = 0;
    let most = 0;
    const work = ordered(65_000, (first, second) => {
      comparisons += 1;
      return keyOf(first) - keyOf(second);
    });
    for (let before = 0; work.next().done !== true; before = comparisons) {
      most = Math.max(most, comparisons - before);
    }
    expect(comparisons).toBeGreaterThan(60_000);
    expect(most).toBeLessThan(COMPARISONS_A_PIECE_MAX);
  });
});
