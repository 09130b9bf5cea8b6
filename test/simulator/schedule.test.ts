import { expect, test } from 'vitest';
import { paced, UNPACED } from '../../src/simulator/schedule.js';

test('a paced schedule spaces contacts evenly, and counts those that are due', () => {
  const schedule = paced(200);
  expect([0, 1, 2, 200].map((index) => schedule.dueAt(index))).toEqual([0, 5, 10, 1000]);
  expect([0, 1, 5, 5.1, 1000].map((elapsed) => schedule.dueBefore(elapsed))).toEqual([0, 1, 1, 2, 200]);
});

test('a rate below one a second has its place', () => {
  expect(paced(0.5).dueAt(3)).toBe(6000);
});

test.each([0, -1, Number.NaN])('a rate of %d is refused', (rate) => {
  expect(() => paced(rate)).toThrow(RangeError);
});

test('without a pace nothing is ever due', () => {
  expect([UNPACED.dueAt(5), UNPACED.dueBefore(5)]).toEqual([undefined, undefined]);
});
