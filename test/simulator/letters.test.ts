import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/cli/terminal/random.js';
import { circle, ENGLISH_PERCENT, englishLetters, lettersOf } from '../../src/simulator/letters.js';

const SHERLOCK = new URL('../../../shared/data/sherlock.txt', import.meta.url);
const shared = existsSync(SHERLOCK) || process.env.REQUIRE_SHARED === '1';

describe('the letters of a text', () => {
  test('are those of the Unicode category L, in lower case and in order', () => {
    expect(lettersOf('The 2 Émigrés_ª, (ß) λ 漢!')).toEqual([...'theémigrésªßλ漢']);
  });

  test('do not include digits, numerals, marks and emoji', () => {
    expect(lettersOf('1 ² Ⅷ ٣ \u0301 🙂 _')).toEqual([]);
  });

  test('are whole characters beyond the basic plane', () => {
    expect(lettersOf('𝐀𐐀')).toEqual(['𝐀', '𐐨']);
  });

  test('go in a circle', () => {
    const letters = circle(['a', 'b', 'c']);
    const never = () => Number.NaN;
    expect([0, 1, 2, 3, 4, 5, 6].map((index) => letters(index, never)).join('')).toBe('abcabca');
  });

  test('are refused where there are none', () => {
    expect(() => circle([])).toThrow('no letter');
  });

  test.skipIf(!shared)(
    `of the book are 447,160, of which 15 are not a to z${shared ? '' : ' (skipped: ../shared/data/sherlock.txt is absent)'}`,
    () => {
      const letters = lettersOf(readFileSync(SHERLOCK, 'utf8'));
      expect(letters).toHaveLength(447_160);
      const others = letters.filter((letter) => !/^[a-z]$/.test(letter));
      expect(others.sort().join('')).toBe('àâèéééééééééééé');
    },
  );
});

describe('letters of English', () => {
  test('have the percentages of their source, which make up a whole', () => {
    expect(Object.keys(ENGLISH_PERCENT).join('')).toBe('abcdefghijklmnopqrstuvwxyz');
    const sum = Object.values(ENGLISH_PERCENT).reduce((total, percent) => total + percent, 0);
    expect(sum).toBeCloseTo(100, 2);
  });

  test('are drawn as often as the percentages say', () => {
    const draws = 200_000;
    const letters = englishLetters();
    const random = seededRandom(1);
    const counts = new Map<string, number>();
    for (let index = 0; index < draws; index += 1) {
      const letter = letters(index, random);
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    for (const [letter, percent] of Object.entries(ENGLISH_PERCENT)) {
      const share = percent / 100;
      const deviation = Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs((counts.get(letter) ?? 0) / draws - share), letter).toBeLessThan(4 * deviation);
    }
  });

  test('reach from the first to the last', () => {
    const letters = englishLetters();
    expect(letters(0, () => 0)).toBe('a');
    expect(letters(0, () => 1 - 2 ** -53)).toBe('z');
  });
});
