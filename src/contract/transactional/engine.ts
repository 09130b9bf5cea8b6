import type { ContactSymbol, EventId, Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import type { Bit, LoggedEvent } from '../decide.js';
import type { AppendLimits, Promises } from '../store.js';

/** An event as a row of a table, or the properties of a node. */
export interface EventRow {
  readonly uuid: Uuid;
  readonly id: EventId;
  /** Null: a followup. */
  readonly symbol: ContactSymbol | null;
  readonly is_vowel: Bit | null;
  readonly at: Instant;
  readonly replay: Bit;
}

/** Events by what names them. */
export type EventKeys = readonly Pick<EventRow, 'uuid' | 'id'>[];

/** A contact as a row. One that has been locked and has no event but replays is all null. */
export interface ContactRow {
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol | null;
  readonly is_vowel: Bit | null;
  readonly initial_at: Instant | null;
  readonly followup_at: Instant | null;
}

/** What a cell gains, as a row: counts to be added, instants to be widened. `length` is 0 for all time. */
export interface CellRow {
  readonly length: number;
  readonly start: Instant;
  readonly symbol: ContactSymbol;
  readonly is_vowel: Bit;
  readonly count: number;
  readonly followups: number;
  readonly earliest: Instant;
  readonly latest: Instant;
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

/** What the cells of one question, symbol and guess make together. */
export interface CellSum extends Omit<CellRow, 'length' | 'start'> {
  readonly question: number;
}

/** What a failure says of a transaction: it may do better next time, it left nothing, or nobody knows. */
export type Fate = 'again' | 'nothing' | 'unknown';

/** What is known of a batch's contacts and events before it. */
export interface Locked {
  /** Those of the contacts that were there. */
  readonly contacts: readonly ContactRow[];
  /** Those of the events that their contacts have already. */
  readonly logged: readonly LoggedEvent[];
}

/** A setting of the engine that can lose what was acknowledged. */
export interface Loss {
  /** What it is, what it loses, and what to set instead. */
  readonly warning: string;
  /** What an acknowledged event survives all the same. */
  readonly survives: Promises['survives'];
}

/**
 * An engine with transactions, by what it can do and no more: which events count, when something is tried again,
 * and all tallies, are for `transactionalStore`, which asks for nothing before `connect` and after `close`.
 * Whatever fails rejects with the driver's own error.
 */
export interface TransactionalEngine<Transaction> {
  /** What a reader calls it, such as `PostgreSQL at localhost:5432`. */
  readonly name: string;
  readonly limits: AppendLimits;
  connect(): Promise<void>;
  /** Ends all connections, those of readers too; harmless when called twice. */
  close(): Promise<void>;
  /** Runs in a transaction, while nobody else does the same, also on another server. */
  alone<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** The format that was noted when the store was made; null where there is none. */
  format(transaction: Transaction): Promise<string | null>;
  /** Makes the store, and notes its format. */
  create(transaction: Transaction, format: string): Promise<void>;
  /** How the engine is set so that it can lose what was acknowledged. */
  losses(): Promise<readonly Loss[]>;
  /** Commits where `run` resolves, and rolls back where it rejects. */
  transaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** What an error of `transaction` says of it. */
  fateOf(error: unknown): Fate;
  /** Locks contacts to the end of the transaction, also those that are not there; uuids are distinct and sorted. */
  lock(transaction: Transaction, uuids: readonly Uuid[], events: EventKeys): Promise<Locked>;
  write(transaction: Transaction, changes: Changes): Promise<void>;
  /** Sums the cells of each question by symbol and guess; what has no contact may be left out. */
  sums(runs: readonly CellRun[]): Promise<readonly CellSum[]>;
  counters(): Promise<{ readonly unmatched: number; readonly replays: number }>;
  contacts(uuids: readonly Uuid[]): Promise<readonly ContactRow[]>;
  /** As they were when the reading began, by `at` and then by arrival; `lower <= at < upper`. */
  events(lower: Instant, upper: Instant): AsyncIterable<EventRow>;
  /** The last to arrive, in that order. */
  lastEvents(eventsMax: number): Promise<readonly EventRow[]>;
  /** The first by `at` and then by arrival. Each row tells how many there are in all. */
  eventsOfContact(uuid: Uuid, eventsMax: number): Promise<readonly (EventRow & { readonly total: number })[]>;
  /** Keeps a text, in place of the one before. */
  note(text: string): Promise<void>;
  /** Null where nothing was noted. */
  noted(): Promise<string | null>;
  /** Resolves where the engine answers. */
  ping(): Promise<void>;
}
