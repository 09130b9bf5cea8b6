import type { Contact, ContactEvent, ContactSymbol, Uuid } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import type { Bucket, Instant, Range } from '../domain/time.js';
import type { EventColumns } from './event-columns.js';
import type { ServerKind } from './server-kind.js';
import type { EventArchive } from './store-archive.js';
import type { NetworkStore } from './store-network.js';
import type { PageStore } from './store-page.js';

// What every store has. What it may have besides stands apart, by whom it is for.

/** What a store holds to, as data: the suite, the server and the documentation read it. */
export interface Promises {
  /**
   * What an acknowledged event survives: `nothing`, the end of the `process` (a kill -9), or a cut of
   * `power` as well.
   */
  readonly survives: 'nothing' | 'process' | 'power';
  /** `immediate`: an acknowledged event is in every later answer of the same store. */
  readonly reads: 'immediate' | 'eventual';
  /** How many processes may have the store open for writing at the same time. */
  readonly writers: 'one' | 'many';
  /** Whether the raw events are kept at all. `null:` keeps none and tallies none. */
  readonly keepsEvents: boolean;
  /**
   * `recognised`: as the contract says. `counted`: the store does not look for an earlier event of the same
   * uuid, so a second initial is counted again (whatever its symbol), `followups` counts each pair of an
   * initial and a followup with the same uuid, and a repeated event id is logged again.
   */
  readonly replays: 'recognised' | 'counted';
  /**
   * What of a batch that ended with `STORE_UNCERTAIN` may be stored: all of it or nothing (`whole`); or of some of
   * its `contacts` all that is first, and nothing of the others. A replay may be missing that stands beside them.
   */
  readonly batches: 'whole' | 'contacts';
  /** The lengths of the roll-ups that the store keeps; `verify` compares each. */
  readonly rollups: readonly Bucket[];
  /** Where its answers differ from the contract, in words for the reader of the documentation. */
  readonly differences: readonly string[];
}

/** How a store wants to be fed. */
export interface AppendLimits {
  /** The greatest number of events in one batch. */
  readonly batchEventsMax: number;
  /** How many batches may be under way at the same time. */
  readonly batchesInFlightMax: number;
}

/** What became of one event of a batch. */
export type Outcome =
  /** Logged; `isVowel` is the guess that the contact now has (false for a followup). */
  | { readonly status: 'accepted'; readonly isVowel: boolean }
  /** Logged as a replay; `isVowel` is the stored guess. */
  | { readonly status: 'replayed'; readonly isVowel: boolean }
  /** Not logged: the contact has another symbol. */
  | { readonly status: 'conflict'; readonly symbol: ContactSymbol };

/**
 * One engine. It receives clean values only and does not check them again.
 *
 * `open` connects and prepares the schema; `close` releases everything, and is harmless before `open` and
 * when called twice. Whatever fails rejects, with the driver's error as the `cause`.
 */
export interface Store extends PageStore, NetworkStore {
  readonly promises: Promises;
  readonly limits: AppendLimits;
  /** The folder on this machine in which it keeps its data; undefined where these are elsewhere. */
  readonly folder?: string;
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Logs a batch, in its order, and answers with one outcome an event, once they are as durable as
   * `promises.survives` says. When it rejects, none of the batch is visible. An event id that its contact
   * already has is not logged again; its status is the one it had the first time, its guess the stored one.
   * It rejects with `STORE_UNCERTAIN` where it cannot know whether something was logged, or knows that not all
   * was: what may be there then, `promises.batches` says. `since` is when the first of the batch began to wait,
   * by `performance.now()`.
   */
  append(batch: readonly ContactEvent[], since?: number): Promise<readonly Outcome[]>;
  tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally>;
  /** One row a symbol, `a` to `z`, of the contacts whose initial lies in the range. */
  talliesOfRange(range: Range): Promise<readonly SplitTally[]>;
  /** Contacts with a followup whose initial has not come. */
  unmatched(): Promise<number>;
  /**
   * What is known of contacts, in the order of their uuids; for a store that keeps that apart from its raw
   * events, so that `verify` can compare the two.
   */
  contacts?(uuids: readonly Uuid[]): Promise<readonly (Contact | undefined)[]>;
  /**
   * The same of every contact, in any order, for a store that reads all of them sooner than it looks up each. Of one
   * that comes more than once, the first holds. What is logged meanwhile may be missing.
   */
  everyContact?(): AsyncIterable<readonly Contact[]>;
  /**
   * Makes again from the raw events all that follows from them: contacts, roll-ups, counts. Meanwhile nothing else
   * is asked. Rejects, and leaves nothing that answers wrong, where the raw events cannot be read.
   */
  rebuild?(): Promise<void>;
  /** For a store in which raw events are dear: moves old ones out. */
  readonly archive?: EventArchive;
  /**
   * The raw events in time order (those of the same instant in the order of their arrival), as they were
   * when the reading began. `lower <= at < upper` where a span is given.
   */
  events(span?: EventSpan): AsyncIterable<ContactEvent>;
  /** The same as they were logged, for a store that puts them in order to answer with `events`: `verify` needs none. */
  everyEvent?(): AsyncIterable<readonly ContactEvent[]>;
  /** The same as `events`, for a store that can tell them by column without an object for each. */
  eventColumns?(span?: EventSpan): AsyncIterable<EventColumns>;
}

export interface EventSpan {
  readonly lower?: Instant;
  readonly upper?: Instant;
}

/** Where a store, or a command, says what it does: a subset of pino's logger. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The part of a store that a reader of raw events, and of what stands beside them, needs. */
export type EventSource = Pick<
  Store,
  'open' | 'close' | 'events' | 'everyEvent' | 'eventColumns' | 'archive' | 'documents'
>;

/**
 * What `verify` needs: a store that nobody else has open, or one as it was at one moment, whatever is logged
 * meanwhile.
 */
export interface StoreView
  extends EventSource,
    Pick<
      Store,
      | 'promises'
      | 'tallyOfSymbol'
      | 'talliesOfRange'
      | 'unmatched'
      | 'contacts'
      | 'everyContact'
      | 'recordVerification'
    > {
  /** Known once it is open; left out: it is not of one moment. */
  readonly moment?: Moment | undefined;
}

export interface Moment {
  /** In words, as they follow upon "the store". */
  readonly text: string;
  /** How many raw events there were, where that is known without reading them. */
  readonly events?: number;
}

export interface StoreContext {
  readonly log: Log;
  /** Cut damaged parts out instead of refusing to open (`--salvage`). Default false. */
  readonly salvage?: boolean;
  /** Refuse to open where there is nothing yet, instead of beginning anew. Default false. */
  readonly mustExist?: boolean;
}

export interface BackupCounts {
  readonly files: number;
  readonly bytes: number;
  /** Of these, what was copied now. */
  readonly filesCopied: number;
  readonly bytesCopied: number;
  /** How many raw events it has. */
  readonly events: number;
}

/** A backup that was made. */
export interface Backup extends BackupCounts {
  /**
   * The store as it was at a moment that the backup has, open, with the raw events of the backup: where they agree,
   * it has all that the store answered then. To be called once, and closed.
   */
  openView(): Promise<StoreView>;
}

/** What a store URL says: `scheme:location?option=value`. */
export interface StoreUrl {
  readonly text: string;
  readonly scheme: string;
  readonly location: string;
  readonly options: URLSearchParams;
}

/** What each module under `stores/` exports, and one from elsewhere. */
export interface Engine {
  /** Makes a store, unopened. Throws `STORE_URL_INVALID` where the URL does not suit the engine. */
  createStore(url: StoreUrl, context: StoreContext): Store;
  /** A reader that needs no lock and changes nothing, where the engine has one. */
  createReader?(url: StoreUrl, context: StoreContext): EventSource;
  /** The store as it is at one moment, beside those that write to it, where the engine can show that. */
  createView?(url: StoreUrl, context: StoreContext): StoreView;
  /**
   * Makes a backup in a directory, or brings the one that is there up to date: what it has already is not copied
   * again. Rejects with `CONFIG_INVALID` where the directory has something else.
   */
  backUp?(url: StoreUrl, directory: string): Promise<Backup>;
  /**
   * Puts the backup of a directory where there is no store yet. Rejects with `CONFIG_INVALID` where there is
   * anything, and with `STORE_DAMAGED` where the backup is not what was written.
   */
  restore?(url: StoreUrl, directory: string, context: StoreContext): Promise<BackupCounts>;
  /** What in a URL tells one store from another; without it the location does, as the path of a file. */
  nameOf?(url: StoreUrl): string;
  /** How the bench starts a server for it; its data, and their size on the disk, are those of a folder. */
  readonly server?: ServerKind;
}
