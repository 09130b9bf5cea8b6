import type { Verification } from '../../contract/store-page.js';
import { type ContactSymbol, SYMBOLS, symbolIndex } from '../../domain/contact.js';
import { VOWELS } from '../../domain/guess.js';
import { EMPTY_SPLIT, mergeSplit, type SplitTally, type Tally, whole } from '../../domain/tally.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import { maybeInstant } from '../reply.js';
import type { Counts, GuessRow, VerificationAnswer } from './dashboard-schemas.js';

/** The tallies of one symbol, or of all of them together. */
export function narrowed(rows: readonly SplitTally[], symbol: ContactSymbol | undefined): SplitTally {
  return symbol === undefined ? rows.reduce(mergeSplit, EMPTY_SPLIT) : rows[symbolIndex(symbol)]!;
}

/** The counts of a tally, whole and by guess. */
export function splitCounts(split: SplitTally): Counts & { vowel: Counts; consonant: Counts } {
  return {
    ...counts(whole(split)),
    vowel: counts(split.vowel),
    consonant: counts(split.consonant),
  };
}

/** How good the guesses were: six rows, of `symbol` alone where one is given. */
export function guessRows(rows: readonly SplitTally[], symbol: ContactSymbol | undefined): GuessRow[] {
  return LETTERS.flatMap(({ letters, symbols }) => {
    const kept = symbols.filter((each) => symbol === undefined || each === symbol);
    const split = kept.map((each) => rows[symbolIndex(each)]!).reduce(mergeSplit, EMPTY_SPLIT);
    return [
      { letters, said: true, ...counts(split.vowel) },
      { letters, said: false, ...counts(split.consonant) },
    ];
  });
}

/** The later of two instants, each of which may be missing. */
export function later(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** A verification, as it is told to a client. */
export function verificationAnswer(verification: Verification | null): VerificationAnswer | null {
  if (verification === null) return null;
  const { at, since = null } = verification;
  return { ...verification, at: formatInstant(at), since: maybeInstant(since) };
}

const LETTERS = [
  { letters: 'vowels', symbols: SYMBOLS.filter((symbol) => VOWELS.has(symbol)) },
  { letters: 'consonants', symbols: SYMBOLS.filter((symbol) => !VOWELS.has(symbol) && symbol !== 'y') },
  { letters: 'y', symbols: ['y'] },
] as const;

/** How many contacts, and how many of them went on. */
export function counts({ count, followups }: Tally): Counts {
  return { contacts: count, followups };
}
