import type { Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import type { LoggedEvent } from '../decide.js';
import type {
  CellSum,
  ContactRow,
  EventKeys,
  EventRow,
  ServedEngine,
  ServedReader,
} from '../served/engine.js';

/** What a cell gains, as a row: counts to be added, instants to be widened. `length` is 0 for all time. */
export interface CellRow extends Omit<CellSum, 'question'> {
  readonly length: number;
  readonly start: Instant;
}

/** The names of the columns of each kind of row, in one order. */
export const COLUMNS = Object.freeze({
  events: ['uuid', 'id', 'symbol', 'is_vowel', 'at', 'replay'],
  contacts: ['uuid', 'symbol', 'is_vowel', 'initial_at', 'followup_at'],
  cells: ['length', 'start', 'symbol', 'is_vowel', 'count', 'followups', 'earliest', 'latest'],
  runs: ['question', 'length', 'lower', 'upper'],
} as const satisfies {
  events: (keyof EventRow)[];
  contacts: (keyof ContactRow)[];
  cells: (keyof CellRow)[];
  runs: (keyof CellRun)[];
});

/** All that a batch changes, to be written together. */
export interface Changes {
  /** In the order in which they are logged. */
  readonly events: readonly EventRow[];
  /** Those that changed, by uuid. All of them have been locked. */
  readonly contacts: readonly ContactRow[];
  /** In the order in which they are to be written, so that no two wait for each other. */
  readonly cells: readonly CellRow[];
  /** To be added to the counters. */
  readonly unmatched: number;
  readonly replays: number;
}

/** Cells of one length that begin at `lower` or later and before `upper`. */
export interface CellRun {
  /** Whose they are. */
  readonly question: number;
  readonly length: number;
  readonly lower: Instant;
  readonly upper: Instant;
}

/** What is known of a batch's contacts and events before it. */
export interface Locked {
  /** Those of the contacts that were there. */
  readonly contacts: readonly ContactRow[];
  /** Those of the events that their contacts have already. */
  readonly logged: readonly LoggedEvent[];
}

/**
 * An engine with transactions, by what it can do and no more: which events count, when something is tried again,
 * and all tallies, are for `transactionalStore`, which asks for nothing before `connect` and after `close`.
 * Whatever fails rejects with the driver's own error.
 */
export interface TransactionalEngine<Transaction> extends ServedEngine, ServedReader {
  /** Runs in a transaction, while nobody else does the same, also on another server. */
  alone<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** The format that was noted when the store was made; null where there is none. */
  format(transaction: Transaction): Promise<string | null>;
  /** Makes the store, and notes its format. */
  create(transaction: Transaction, format: string): Promise<void>;
  /** Commits where `run` resolves, and rolls back where it rejects. */
  transaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Locks contacts to the end of the transaction, also those that are not there; uuids are distinct and sorted. */
  lock(transaction: Transaction, uuids: readonly Uuid[], events: EventKeys): Promise<Locked>;
  write(transaction: Transaction, changes: Changes): Promise<void>;
  /** Makes contacts, cells and counters again from the events, while nobody else writes; left out: it cannot. */
  rebuild?(transaction: Transaction): Promise<void>;
  /** All contacts, in any order: for an engine with an archive, and for one that reads them sooner than it looks up each. */
  everyContact?(): AsyncIterable<readonly ContactRow[]>;
  /** Sums the cells of each question by symbol and guess; what has no contact may be left out. */
  sums(runs: readonly CellRun[]): Promise<readonly CellSum[]>;
}
