import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventIds, systemClock } from '../../src/cli/terminal/clock.js';

/** Unknown, right, a little off, and wrong. */
const offsets = fc.constantFrom(Number.NaN, 1_500_000_000_000, 1_500_000_000_000.7, 0);

describe('systemClock', () => {
  test('lies within the millisecond that the system clock reads', () => {
    const now = systemClock();
    const digits = new Set<number>();
    for (let index = 0; index < 20_000; index += 1) {
      const before = Date.now();
      const at = now();
      const after = Date.now();
      expect(Number.isSafeInteger(at)).toBe(true);
      expect(Math.floor(at / 1000)).toBeGreaterThanOrEqual(before);
      expect(Math.floor(at / 1000)).toBeLessThanOrEqual(after);
      digits.add(at % 1000);
    }
    // The digits below the millisecond are real ones, not always the same.
    expect(digits.size).toBeGreaterThan(50);
  });

  test('follows any step of the clock at once, and never leaves its millisecond', () => {
    const step = fc.record({
      microseconds: fc.integer({ min: 0, max: 5_000 }),
      set: fc.option(fc.integer({ min: -10_000_000, max: 10_000_000 }), { nil: 0, freq: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 100 }), offsets, (steps, offset) => {
        let elapsed = 0;
        let wall = 1_500_000_000_000_000;
        const now = systemClock(
          () => Math.floor(wall / 1000),
          () => elapsed / 1000,
          offset,
        );
        for (const { microseconds, set } of steps) {
          elapsed += microseconds;
          wall += microseconds + set;
          expect(Math.floor(now() / 1000)).toBe(Math.floor(wall / 1000));
        }
      }),
    );
  });

  test('never goes back while the clock does not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }),
        offsets,
        (steps, offset) => {
          let elapsed = 0;
          let last = 0;
          const now = systemClock(
            () => Math.floor((1_500_000_000_000_000 + elapsed) / 1000),
            () => elapsed / 1000,
            offset,
          );
          for (const step of steps) {
            elapsed += step;
            const at = now();
            expect(at).toBeGreaterThanOrEqual(last);
            last = at;
          }
        },
      ),
    );
  });

  test('has the microseconds from the first instant on', () => {
    const digits = new Set(Array.from({ length: 200 }, () => systemClock()() % 1000));
    expect(digits.size).toBeGreaterThan(1);
  });

  test('finds the microseconds once it has seen the clock tick', () => {
    let elapsed = 700;
    const now = systemClock(
      () => Math.floor(elapsed / 1000),
      () => elapsed / 1000,
      Number.NaN,
    );
    for (; elapsed < 20_000; elapsed += 10) now();
    for (; elapsed < 40_000; elapsed += 37) expect(Math.abs(now() - elapsed)).toBeLessThanOrEqual(11);
  });
});

describe('eventIds', () => {
  test('are different safe integers, in any two runs as well', () => {
    const ids = new Set<number>();
    for (let run = 0; run < 100; run += 1) {
      const next = eventIds();
      for (let index = 0; index < 100; index += 1) ids.add(next());
    }
    expect(ids.size).toBe(10_000);
    for (const id of ids) expect(Number.isSafeInteger(id) && id >= 0).toBe(true);
  });

  test('begin anywhere in the 53 bits', () => {
    const firsts = Array.from({ length: 200 }, () => eventIds()());
    expect(Math.max(...firsts)).toBeGreaterThan(2 ** 52);
    expect(Math.min(...firsts)).toBeLessThan(2 ** 52);
  });

  test('begin again at 0 after the greatest safe integer', () => {
    const next = eventIds(Number.MAX_SAFE_INTEGER - 1);
    expect([next(), next(), next(), next()]).toEqual([
      Number.MAX_SAFE_INTEGER - 1,
      Number.MAX_SAFE_INTEGER,
      0,
      1,
    ]);
  });
});
