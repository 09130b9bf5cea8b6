import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/simulator/histogram.js';

describe('the latency histogram', () => {
  test('is zero while it is empty', () => {
    const histogram = new Histogram();
    expect([histogram.percentile(0.5), histogram.percentile(1), histogram.max]).toEqual([0, 0, 0]);
  });

  test('names each percentile of one to a hundred milliseconds', () => {
    const histogram = new Histogram();
    for (let duration = 1; duration <= 100; duration += 1) histogram.record(duration);
    for (const share of [0.01, 0.5, 0.9, 0.99]) {
      const exact = share * 100;
      expect(histogram.percentile(share)).toBeGreaterThanOrEqual(exact);
      expect(histogram.percentile(share)).toBeLessThanOrEqual(exact * 1.008);
    }
    expect(histogram.percentile(1)).toBe(100);
    expect(histogram.max).toBe(100);
  });

  test('is never below the exact percentile, and at most 0.8 % or a microsecond above it', () => {
    const durations = fc.array(fc.double({ min: 0, max: 2_000_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1), (values, share) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((first, second) => first - second);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        const told = histogram.percentile(share);
        return told >= exact - 1e-9 * exact && told <= exact * 1.008 + 0.001;
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the greatest exactly, beyond its last bucket too', () => {
    const histogram = new Histogram();
    histogram.record(10_000_000.5);
    expect(histogram.max).toBe(10_000_000.5);
    expect(histogram.percentile(0.5)).toBeGreaterThan(2_000_000);
  });

  test('forgets all on reset', () => {
    const histogram = new Histogram();
    histogram.record(12);
    histogram.reset();
    expect([histogram.count, histogram.max, histogram.percentile(0.99)]).toEqual([0, 0, 0]);
  });
});
