import { describe, expect, test } from 'vitest';
import { parseSeed, seededRandom } from '../../src/cli/terminal/random.js';

describe('random numbers', () => {
  test.each([
    ['with a seed', 42],
    ['without a seed', undefined],
  ])('%s are uniform in [0, 1)', (_name, seed) => {
    const random = seededRandom(seed);
    const tenths = new Array<number>(10).fill(0);
    for (let drawn = 0; drawn < 100_000; drawn += 1) {
      const number = random();
      expect(number >= 0 && number < 1).toBe(true);
      tenths[Math.floor(number * 10)]! += 1;
    }
    // Six standard deviations: what the system draws must never fail by chance.
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(570);
  });

  test('are the same for the same seed only', () => {
    const drawn = (seed?: number) => Array.from({ length: 20 }, seededRandom(seed));
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    expect(drawn()).not.toEqual(drawn());
  });

  test('begin anywhere, though the seeds are next to each other', () => {
    for (const place of [0, 1, 2]) {
      const tenths = new Array<number>(10).fill(0);
      for (let seed = 0; seed < 10_000; seed += 1) {
        const random = seededRandom(seed);
        const numbers = [random(), random(), random()];
        tenths[Math.floor(numbers[place]! * 10)]! += 1;
      }
      for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(180);
    }
  });

  test('never change: recorded streams stay what they were', () => {
    const random = seededRandom(42);
    expect(Array.from({ length: 3 }, () => Math.floor(random() * 2 ** 32))).toMatchInlineSnapshot(`
      [
        1831493458,
        1461061492,
        236677200,
      ]
    `);
  });
});

describe('a seed', () => {
  test.each([
    ['0', 0],
    ['42', 42],
    ['4294967295', 4_294_967_295],
  ])('%s is read', (text, seed) => {
    expect(parseSeed(text)).toBe(seed);
  });

  test.each(['', '-1', '1.5', '4294967296', 'x', '1e3', ' 1'])("'%s' is refused with an example", (text) => {
    expect(() => parseSeed(text)).toThrow('such as 42');
  });
});
