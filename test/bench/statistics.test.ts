import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { percentileOf, ratio, ratioOf, spreadOf } from '../../src/bench/report/statistics.js';

describe('the spread over rounds', () => {
  test('is the median between the least and the greatest', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  test('leaves out what could not be measured', () => {
    expect(spreadOf([null, 2, Number.NaN, Number.POSITIVE_INFINITY])).toEqual({ median: 2, min: 2, max: 2 });
    expect(spreadOf([null])).toBeNull();
    expect(spreadOf([])).toBeNull();
  });

  test('of any values holds the median between its ends', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const { median, min, max } = spreadOf(values)!;
        return min <= median && median <= max && values.includes(min) && values.includes(max);
      }),
    );
  });
});

describe('ratios', () => {
  test('are made round by round, so that a slow round cancels out', () => {
    expect(ratioOf([90, 9, 45], [100, 10, 50])).toEqual({ median: 0.9, min: 0.9, max: 0.9 });
  });

  test('are not made where one side is missing', () => {
    expect(ratioOf([1, null, 4], [2, 2, null])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
    expect(ratioOf([1, 2], [1])).toEqual({ median: 1, min: 1, max: 1 });
    expect(ratioOf([1], undefined)).toBeNull();
    expect(ratioOf([], [])).toBeNull();
    expect(ratio(1, 0)).toBeNull();
    expect(ratio(undefined, 1)).toBeNull();
    expect(ratio(0, 2)).toBe(0);
  });
});

test('a percentile is the value that the share does not exceed', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([0, 0.5, 0.99, 1].map((share) => percentileOf(values, share))).toEqual([1, 50, 99, 100]);
  expect(() => percentileOf([], 0.5)).toThrow('there is no value');
});
