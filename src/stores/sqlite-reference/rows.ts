import { TallyboardError } from '../../contract/errors.js';
import { type ContactEvent, parseSymbol, parseUuid } from '../../domain/contact.js';
import { EMPTY, merge, type SplitTally, type Tally } from '../../domain/tally.js';
import { type Instant, parseInstant } from '../../domain/time.js';

/** A row of the table, as whoever wrote it left it. */
export interface StoredEvent {
  readonly place: number;
  readonly id: number;
  readonly uuid: unknown;
  readonly symbol: unknown;
  readonly is_vowel: unknown;
  readonly url: unknown;
  readonly date: unknown;
}

export interface StoredTally {
  readonly is_vowel: unknown;
  readonly count: number;
  readonly earliest: unknown;
  readonly latest: unknown;
}

export interface StoredFollowups {
  readonly is_vowel: unknown;
  readonly count: number;
}

/** The event that a row holds; `STORE_DAMAGED`, naming the row, where it holds none. */
export function eventOf(row: StoredEvent, where: string): ContactEvent {
  const uuid = typeof row.uuid === 'string' ? parseUuid(row.uuid) : undefined;
  if (uuid === undefined) throw unreadable(where, 'uuid', row.uuid);
  const shared = { id: row.id, uuid, at: instantOf(row.date, where), replay: false };
  if (row.url === 'followup') return { kind: 'followup', ...shared };
  if (row.url !== 'initial') throw unreadable(where, 'url', row.url);
  const symbol = typeof row.symbol === 'string' ? parseSymbol(row.symbol) : undefined;
  if (symbol === undefined) throw unreadable(where, 'symbol', row.symbol);
  return { kind: 'initial', ...shared, symbol, isVowel: guessOf(row.is_vowel, where) };
}

/** Merges the rows of a symbol, one for each way in which a guess is stored. */
export function splitTallyOf(
  tallies: readonly StoredTally[],
  followups: readonly StoredFollowups[],
  where: string,
): SplitTally {
  const joined = new Map(followups.map((row) => [row.is_vowel, row.count]));
  const parts: { vowel: Tally; consonant: Tally } = { vowel: EMPTY, consonant: EMPTY };
  for (const { is_vowel, count, earliest, latest } of tallies) {
    const part = guessOf(is_vowel, where) ? 'vowel' : 'consonant';
    parts[part] = merge(parts[part], {
      count,
      earliest: instantOf(earliest, where),
      latest: instantOf(latest, where),
      followups: joined.get(is_vowel) ?? 0,
    });
  }
  return parts;
}

/** Texts, as Python prints them; for a `y` the original stored the integers 0 and 1. */
function guessOf(stored: unknown, where: string): boolean {
  if (stored === 'True' || stored === 1) return true;
  if (stored === 'False' || stored === 0) return false;
  throw unreadable(where, 'is_vowel', stored);
}

function instantOf(stored: unknown, where: string): Instant {
  const at = typeof stored === 'string' ? parseInstant(stored) : undefined;
  if (at === undefined) throw unreadable(where, 'date', stored);
  return at;
}

function unreadable(where: string, column: string, stored: unknown): TallyboardError {
  const shown = stored === null ? 'NULL' : `'${String(stored)}'`;
  return new TallyboardError(
    'STORE_DAMAGED',
    `${where} cannot be read: its ${column} is ${shown}; correct the row, or delete it`,
  );
}
