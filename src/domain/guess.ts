import type { ContactSymbol } from './contact.js';

/** Uniform numbers in [0, 1). Handed in, so that a test can fix them. */
export type RandomSource = () => number;

/** Answers whether a symbol is a vowel. */
export type Guess = (symbol: ContactSymbol) => boolean;

/** One answer in ten is turned round. */
export const NOISE_PROBABILITY = 0.1;

/** The letters that are always vowels. */
export const VOWELS: ReadonlySet<ContactSymbol> = new Set(['a', 'e', 'i', 'o', 'u']);

/** `a e i o u` are vowels; `y` is one half of the time. */
export function isVowel(symbol: ContactSymbol, random: RandomSource): boolean {
  return symbol === 'y' ? random() < 0.5 : VOWELS.has(symbol);
}

/** The guess of the original server: the truth, with one answer in ten turned round. */
export function noisyGuess(random: RandomSource): Guess {
  return (symbol) => isVowel(symbol, random) !== random() < NOISE_PROBABILITY;
}
