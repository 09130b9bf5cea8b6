import { getRandomValues } from 'node:crypto';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomSource } from '../../domain/guess.js';

/**
 * Uniform numbers in [0, 1) in steps of 2⁻³². With a seed, a 32-bit integer, always the same ones; without,
 * numbers from the system's generator, so that no two runs make the same uuids.
 */
export function seededRandom(seed?: number): RandomSource {
  if (seed === undefined) return systemRandom();
  const generator = xoroshiro128plus(seed);
  // Its first numbers show the seed through: near 1 for every small seed.
  for (let skipped = 0; skipped < NUMBERS_SKIPPED; skipped += 1) generator.next();
  return () => (generator.next() >>> 0) / WORDS;
}

/** Reads a seed; throws where the text is not one. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d{1,10}$/.test(text) || seed >= WORDS) {
    throw new Error(`'${text}' is not a seed: write a whole number from 0 to ${WORDS - 1}, such as 42`);
  }
  return seed;
}

const WORDS = 2 ** 32;
const BUFFER_WORDS = 1024;
const NUMBERS_SKIPPED = 64;

function systemRandom(): RandomSource {
  const words = new Uint32Array(BUFFER_WORDS);
  let next = words.length;
  return () => {
    if (next === words.length) {
      getRandomValues(words);
      next = 0;
    }
    const word = words[next]!;
    next += 1;
    return word / WORDS;
  };
}
