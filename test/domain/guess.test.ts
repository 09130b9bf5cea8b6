import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { SYMBOLS } from '../../src/domain/contact.js';
import { isVowel, noisyGuess, type RandomSource } from '../../src/domain/guess.js';

const GUESSES = 20_000;
/** Of a share measured over so many guesses, five standard deviations at most. */
const TOLERANCE = 5 * Math.sqrt(0.25 / GUESSES);

describe('a guess', () => {
  it.each([...'aeiou'])('%s is a vowel nine times in ten', (symbol) => {
    expect(Math.abs(shareOfVowels(symbol) - 0.9)).toBeLessThan(TOLERANCE);
  });

  it.each([...'bcdfghjklmnpqrstvwxz'])('%s is a vowel once in ten', (symbol) => {
    expect(Math.abs(shareOfVowels(symbol) - 0.1)).toBeLessThan(TOLERANCE);
  });

  it('y is a vowel half of the time', () => {
    expect(Math.abs(shareOfVowels('y') - 0.5)).toBeLessThan(TOLERANCE);
  });

  it('is turned round where the random number is below a tenth', () => {
    expect(noisyGuess(() => 0.0999)('a')).toBe(false);
    expect(noisyGuess(() => 0.1)('a')).toBe(true);
    expect(noisyGuess(() => 0.0999)('b')).toBe(true);
    expect(noisyGuess(() => 0.1)('b')).toBe(false);
  });

  it('draws for y first what it is, then whether to turn that round', () => {
    expect(noisyGuess(inTurn(0.49, 0.1))('y')).toBe(true);
    expect(noisyGuess(inTurn(0.5, 0.1))('y')).toBe(false);
    expect(noisyGuess(inTurn(0.49, 0.09))('y')).toBe(false);
  });

  it('is the same for the same seed', () => {
    const guesses = (seed: number) => {
      const guess = noisyGuess(seeded(seed));
      return Array.from({ length: 40 }, () => SYMBOLS.map(guess)).flat();
    };
    expect(guesses(3)).toEqual(guesses(3));
    expect(guesses(3)).not.toEqual(guesses(4));
  });
});

it('the truth needs no random number, but for y', () => {
  const never = () => {
    throw new Error('drawn');
  };
  expect(SYMBOLS.filter((symbol) => symbol !== 'y' && isVowel(symbol, never))).toEqual([...'aeiou']);
  expect(() => isVowel('y', never)).toThrow('drawn');
});

function shareOfVowels(symbol: string): number {
  const guess = noisyGuess(seeded(symbol.charCodeAt(0)));
  return Array.from({ length: GUESSES }, () => guess(symbol)).filter(Boolean).length / GUESSES;
}

function seeded(seed: number): RandomSource {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

function inTurn(...numbers: number[]): RandomSource {
  return () => numbers.shift()!;
}
