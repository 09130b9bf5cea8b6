import type { RandomSource } from '../domain/guess.js';

/** The letter of the contact with this index; draws from `random` at most once. */
export type LetterSource = (index: number, random: RandomSource) => string;

/**
 * The letters that the original client sends of a text, in its order and in lower case: every character for
 * which Python's `str.isalpha()` is true, that is, of the Unicode category L. So é is among them, and goes
 * out to be refused.
 */
export function lettersOf(text: string): string[] {
  return Array.from(text.matchAll(LETTER), ([letter]) => letter.toLowerCase());
}

/** A text's letters in a circle. */
export function circle(letters: readonly string[]): LetterSource {
  if (letters.length === 0) throw new RangeError('there is no letter to send');
  return (index) => letters[index % letters.length]!;
}

/** Letters drawn by their frequency in English. */
export function englishLetters(): LetterSource {
  return (_index, random) => {
    const drawn = random() * PERCENT_SUM;
    // The greatest random number may round up to the sum: -1, which is the last letter.
    return LETTERS.at(CUMULATIVE.findIndex((bound) => drawn < bound))!;
  };
}

/**
 * Per cent of each letter in English text. Source: Robert Edward Lewand, Cryptological Mathematics, The
 * Mathematical Association of America, 2000, page 36.
 */
export const ENGLISH_PERCENT: Readonly<Record<string, number>> = Object.freeze({
  a: 8.167,
  b: 1.492,
  c: 2.782,
  d: 4.253,
  e: 12.702,
  f: 2.228,
  g: 2.015,
  h: 6.094,
  i: 6.966,
  j: 0.153,
  k: 0.772,
  l: 4.025,
  m: 2.406,
  n: 6.749,
  o: 7.507,
  p: 1.929,
  q: 0.095,
  r: 5.987,
  s: 6.327,
  t: 9.056,
  u: 2.758,
  v: 0.978,
  w: 2.36,
  x: 0.15,
  y: 1.974,
  z: 0.074,
});

const LETTER = /\p{L}/gu;
const LETTERS = Object.keys(ENGLISH_PERCENT);
let percentSum = 0;
const CUMULATIVE = Object.values(ENGLISH_PERCENT).map((percent) => {
  percentSum += percent;
  return percentSum;
});
const PERCENT_SUM = percentSum;
