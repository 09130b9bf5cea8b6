import { type ContactSymbol, SYMBOLS, symbolIndex } from './contact.js';
import { EMPTY, EMPTY_SPLIT, type SplitTally, type Tally } from './tally.js';
import type { Instant } from './time.js';

/**
 * The tallies of all symbols, split by guess, side by side in one typed array: the algebra of `tally.ts` for
 * stores that merge many rows for one answer. A cell's instants count from the row's base, so that a row of
 * an hour or less fits 32 bits; a row of `Float64Array` takes any.
 */
export type TallyRow = Uint32Array | Float64Array;

/** Two cells a symbol: first the contacts guessed a consonant, then those guessed a vowel. */
export const CELLS = SYMBOLS.length * 2;
/** count, followups, earliest, latest. */
export const FIELDS = 4;
export const ROW_LENGTH = CELLS * FIELDS;

export function cellOf(symbol: ContactSymbol, isVowel: boolean): number {
  return symbolIndex(symbol) * 2 + (isVowel ? 1 : 0);
}

/** Adds a contact whose initial came `offset` microseconds after the row's base. */
export function addContact(row: TallyRow, cell: number, offset: number, followups: 0 | 1): void {
  mergeCell(row, cell, 1, followups, offset, offset);
}

/** Adds the followup of a contact that the row has already. */
export function addFollowup(row: TallyRow, cell: number): void {
  row[cell * FIELDS + 1]! += 1;
}

/** Merges what a cell would be if it had these values. Instants count from the row's base. */
export function mergeCell(
  row: TallyRow,
  cell: number,
  count: number,
  followups: number,
  earliest: number,
  latest: number,
): void {
  const at = cell * FIELDS;
  if (row[at] === 0 || earliest < row[at + 2]!) row[at + 2] = earliest;
  if (row[at] === 0 || latest > row[at + 3]!) row[at + 3] = latest;
  row[at]! += count;
  row[at + 1]! += followups;
}

/** Merges a whole row; `shift` is how far the row's base lies behind that of `into`, in microseconds. */
export function mergeRow(into: Float64Array, row: TallyRow, shift: number): void {
  for (let at = 0; at < ROW_LENGTH; at += FIELDS) {
    const count = row[at]!;
    if (count === 0) continue;
    const earliest = row[at + 2]! + shift;
    const latest = row[at + 3]! + shift;
    if (into[at] === 0 || earliest < into[at + 2]!) into[at + 2] = earliest;
    if (into[at] === 0 || latest > into[at + 3]!) into[at + 3] = latest;
    into[at]! += count;
    into[at + 1]! += row[at + 1]!;
  }
}

/** Is shown one cell. Instants count from the row's base. */
export type SeeCell = (
  cell: number,
  count: number,
  followups: number,
  earliest: number,
  latest: number,
) => void;

/** Shows each cell that has contacts. */
export function visitCells(row: TallyRow, see: SeeCell): void {
  for (let cell = 0; cell < CELLS; cell += 1) {
    const at = cell * FIELDS;
    if (row[at] !== 0) see(cell, row[at]!, row[at + 1]!, row[at + 2]!, row[at + 3]!);
  }
}

/** One symbol's tallies; `base` is the row's. */
export function splitOfRow(row: TallyRow, symbol: ContactSymbol, base: Instant): SplitTally {
  const consonant = tallyOfCell(row, cellOf(symbol, false), base);
  const vowel = tallyOfCell(row, cellOf(symbol, true), base);
  return consonant === EMPTY && vowel === EMPTY ? EMPTY_SPLIT : { vowel, consonant };
}

function tallyOfCell(row: TallyRow, cell: number, base: Instant): Tally {
  const at = cell * FIELDS;
  if (row[at] === 0) return EMPTY;
  return {
    count: row[at]!,
    earliest: base + row[at + 2]!,
    latest: base + row[at + 3]!,
    followups: row[at + 1]!,
  };
}
