import type { ContactSymbol, EventId, Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import type { Bit } from '../decide.js';
import type { AppendLimits, Promises } from '../store.js';
import type { EventArchive } from '../store-archive.js';

/** An event as a row of a table, the properties of a node, or a document. */
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

/** A contact as a row. One that has no event but replays may be there, all null. */
export interface ContactRow {
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol | null;
  readonly is_vowel: Bit | null;
  readonly initial_at: Instant | null;
  readonly followup_at: Instant | null;
}

/** What the contacts of one question, symbol and guess make together. */
export interface CellSum {
  /** Whose they are. */
  readonly question: number;
  readonly symbol: ContactSymbol;
  readonly is_vowel: Bit;
  readonly count: number;
  readonly followups: number;
  readonly earliest: Instant;
  readonly latest: Instant;
}

/** What a failure says of what was tried: it may do better next time, it left nothing, or nobody knows. */
export type Fate = 'again' | 'nothing' | 'unknown';

/** A setting of the engine that can lose what was acknowledged. */
export interface Loss {
  /** What it is, what it loses, and what to set instead. */
  readonly warning: string;
  /** What an acknowledged event survives all the same. */
  readonly survives: Promises['survives'];
}

/** A text by its name. */
export interface Noted {
  readonly name: string;
  readonly value: string;
}

/** What is asked of every engine with a server, whatever it can do when it writes. Rejects with the driver's error. */
export interface ServedEngine {
  /** What a reader calls it, such as `PostgreSQL at localhost:5432`. */
  readonly name: string;
  /** What tells the store from others in the engine, such as `schema 'tallyboard'`. */
  readonly place?: string;
  /** How many processes may have the store open for writing at the same time. Default: many. */
  readonly writers?: Promises['writers'];
  readonly limits: AppendLimits;
  /** Moves raw events out, and keeps what is known of contacts; left out: they stay. */
  readonly archive?: EventArchive;
  connect(): Promise<void>;
  /** Ends all connections, those of readers too; harmless when called twice. */
  close(): Promise<void>;
  /** How the engine is set so that it can lose what was acknowledged; left out: no setting can. */
  losses?(): Promise<readonly Loss[]>;
  /** What an error says of what was tried. */
  fateOf(error: unknown): Fate;
  /** Keeps a text under a name, in place of the one before; null: forgets it. */
  note(name: string, text: string | null): Promise<void>;
  /** What was noted under names that begin like that. */
  noted(beginning: string): Promise<readonly Noted[]>;
  /** Resolves where the engine answers, and takes events; rejects with one of our errors where it takes none. */
  ping(): Promise<void>;
}

/** What is known of contacts, and the raw events. */
export interface ServedReader {
  /** Those that are there. */
  contacts(uuids: readonly Uuid[]): Promise<readonly ContactRow[]>;
  /** As they were when the reading began, by `at` and then by arrival; `lower <= at < upper`. */
  events(lower: Instant, upper: Instant): AsyncIterable<EventRow>;
  /** The last to arrive, in that order. */
  lastEvents(eventsMax: number): Promise<readonly EventRow[]>;
  /** The first by `at` and then by arrival. Each row tells how many there are in all. */
  eventsOfContact(uuid: Uuid, eventsMax: number): Promise<readonly (EventRow & { readonly total: number })[]>;
  counters(): Promise<{ readonly unmatched: number; readonly replays: number }>;
}
