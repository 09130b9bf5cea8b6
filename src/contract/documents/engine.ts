import type { ContactSymbol, EventId, Uuid } from '../../domain/contact.js';
import type { Instant, Range } from '../../domain/time.js';
import type { Bit } from '../decide.js';
import type { CellSum, EventKeys, EventRow, ServedEngine } from '../served/engine.js';

/** A contact's document, which is the record of its first initial and its first followup: null where none came. */
export interface ContactDocument {
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol | null;
  readonly is_vowel: Bit | null;
  readonly initial_at: Instant | null;
  readonly initial_id: EventId | null;
  /** By arrival, among all events of the store. */
  readonly initial_seq: number | null;
  readonly followup_at: Instant | null;
  readonly followup_id: EventId | null;
  readonly followup_seq: number | null;
}

/** A replay's document; what names it is `keyOf`. */
export interface ReplayDocument extends EventRow {
  readonly seq: number;
}

/** A contact's document as it was read: `version` is the engine's own, and another one after each change. */
export interface Versioned<Version> {
  readonly document: ContactDocument;
  readonly version: Version;
}

/** A document to be written, if it still is as it was read; `before` is undefined where there was none. */
export interface Change<Version> {
  readonly document: ContactDocument;
  readonly before: Version | undefined;
}

export type Collection = 'contacts' | 'replays';

/** A document of either collection. */
export type AnyDocument = Partial<ContactDocument & ReplayDocument>;
export type Field = keyof AnyDocument;

/** What a field has to be: this text, null, or a number within bounds. */
export type Condition =
  | string
  | null
  | { readonly gte?: number; readonly lt?: number; readonly lte?: number };
export type Conditions = { readonly [Name in Field]?: Condition };

/** Documents in an order. */
export interface Search {
  readonly where: Conditions;
  /** By these fields, one after the other; no two of the documents are equal in all of them. */
  readonly order: readonly Field[];
  /** The last one first. Default false. */
  readonly isDescending?: boolean;
  /** Those behind this one. Default: from the first on. */
  readonly after?: AnyDocument | undefined;
  /** A thousand at most. */
  readonly documentsMax: number;
}

/**
 * An engine that writes one document as a whole, if it is as it was read, and no two together; by what it can do
 * and no more. Which events count and when something is tried again is for `documentStore`.
 * Whatever fails rejects with the driver's own error.
 */
export interface DocumentEngine<Version> extends ServedEngine {
  /** How long something that was begun is tried to be brought to its end. */
  readonly triesMilliseconds: number;
  /** The format that was noted when the store was made; null where there is none. */
  format(): Promise<string | null>;
  /** Makes the store, and notes its format when all else is there; does no harm where others do the same. */
  create(format: string): Promise<void>;
  /** Those that are there, as they were acknowledged last. */
  read(uuids: readonly Uuid[]): Promise<readonly Versioned<Version>[]>;
  /** Those of the events that are there as replays. */
  replaysAmong(events: EventKeys): Promise<EventKeys>;
  /** Answers with the contacts that were not as they had been read, and are not written. */
  write(changes: readonly Change<Version>[]): Promise<ReadonlySet<Uuid>>;
  /** Leaves alone those that are there. */
  addReplays(replays: readonly ReplayDocument[]): Promise<void>;
  /**
   * Resolves when nothing that was read of these can be lost any more, with those contacts of which something was
   * lost or changed meanwhile. Left out where no reading shows what is not confirmed yet.
   */
  confirm?(stored: readonly Versioned<Version>[], replays: EventKeys): Promise<readonly Uuid[]>;
  /** By question, symbol and guess; what has no contact may be left out. Of one symbol where one is given. */
  sums(ranges: readonly Range[], symbol: ContactSymbol | undefined): Promise<readonly CellSum[]>;
  search(collection: Collection, search: Search): Promise<readonly AnyDocument[]>;
  count(collection: Collection, where: Conditions): Promise<number>;
}
