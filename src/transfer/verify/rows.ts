import { SYMBOLS } from '../../domain/contact.js';
import { EMPTY_SPLIT, merge, mergeSplit, type SplitTally } from '../../domain/tally.js';
import type { FoldedContact } from '../event-record.js';

/** The tallies of a range: one a symbol, `a` to `z`. */
export type Row = SplitTally[];

export function emptyRow(): Row {
  return SYMBOLS.map(() => EMPTY_SPLIT);
}

/** Merges a row into another, symbol by symbol. */
export function mergeInto(target: Row, row: readonly SplitTally[]): void {
  for (let i = 0; i < row.length; i += 1) {
    // Most minutes have few symbols.
    if (row[i] !== EMPTY_SPLIT) target[i] = mergeSplit(target[i]!, row[i]!);
  }
}

export function rowOf(contacts: readonly FoldedContact[]): Row {
  const row = emptyRow();
  for (const { symbol, isVowel, at, followups } of contacts) {
    const tally = { count: 1, earliest: at, latest: at, followups };
    const { vowel, consonant } = row[symbol]!;
    row[symbol] = isVowel
      ? { vowel: merge(vowel, tally), consonant }
      : { vowel, consonant: merge(consonant, tally) };
  }
  return row;
}
