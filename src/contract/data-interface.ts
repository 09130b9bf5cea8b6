import type { Contact, ContactEvent, ContactSymbol, EventId, Uuid } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import type { Bucket, Instant, Range } from '../domain/time.js';

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
export interface Store {
  readonly promises: Promises;
  readonly limits: AppendLimits;
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Logs a batch, in its order, and answers with one outcome an event, once they are as durable as
   * `promises.survives` says. When it rejects, none of the batch is visible. An event id that its contact
   * already has is not logged again; its status is the one it had the first time, its guess the stored one.
   * It rejects with `STORE_UNCERTAIN` where it cannot know whether something was logged. `since` is when the
   * first of the batch began to wait, by `performance.now()`.
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
   * How the engine is set up so that it can lose what was acknowledged, and which parts of it are away, a
   * sentence each. They are logged by the store, and shown at `/readyz`.
   */
  warnings?(): readonly string[];
  /**
   * The queues in which events wait for a batch, one for each part of the engine that may be away by itself;
   * all of a batch come from one. Without it there is one. Asked for once the store is open.
   */
  readonly lanes?: { readonly count: number; of(uuid: Uuid): number };
  /** What keeps the engine from answering now, for the operator; undefined where nothing does. */
  trouble?(): string | undefined;
  /** Told when the server stops: what cannot be done at once is to be refused. */
  giveUp?(): void;
  /** For a store in which raw events are dear: moves old ones out. */
  readonly archive?: EventArchive;
  /**
   * The raw events in time order (those of the same instant in the order of their arrival), as they were
   * when the reading began. `lower <= at < upper` where a span is given.
   */
  events(span?: EventSpan): AsyncIterable<ContactEvent>;
  // What the dashboard's page asks besides. Without one of these methods the server answers from those
  // above, as `dashboard-questions.ts` says.
  /**
   * For each pair of neighbouring edges, in their order, what `talliesOfRange` answers for it. Edges are whole
   * minutes that grow. Each row is exact when it is handed over; events may be taken between two of them.
   */
  talliesOfSeries?(edges: readonly Instant[]): AsyncIterable<readonly SplitTally[]>;
  /** The events that were logged last, at most so many, in the order in which they were logged. */
  lastEvents?(eventsMax: number): Promise<readonly ContactEvent[]>;
  /**
   * The first `eventsMax` events of one contact (1 or more) in time order, those of the same instant in the
   * order of their arrival. Memory is bounded by `eventsMax`, however often a client repeated itself. Rejects
   * with the signal's reason soon after it is aborted, and then reads no further.
   */
  eventsOfContact?(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory>;
  /** How many of the raw events are replays. */
  replays?(): Promise<number>;
  /** The verification that was recorded last, with the data, so that it outlives the store; null: none was. */
  verification?(): Promise<Verification | null>;
  /** Records a verification. A store has both of these methods or neither. */
  recordVerification?(verification: Verification): Promise<void>;
}

/** The events of one contact, as many as were asked for. */
export interface ContactStory {
  readonly events: readonly ContactEvent[];
  /** How many more there are. */
  readonly leftOut: number;
}

/** What a comparison of a store's answers with its raw events found. */
export interface Verification {
  /** When it ended. */
  readonly at: Instant;
  /** How many raw events were folded, and how many contacts with an initial they make. */
  readonly events: number;
  readonly contacts: number;
  /** How many answers were wrong. */
  readonly differences: number;
}

/** What the dashboard's page asks of any store. */
export interface DashboardQuestions {
  /** As the store's; a store without it is asked for one range after the other. */
  talliesOfSeries(edges: readonly Instant[]): AsyncIterable<readonly SplitTally[]>;
  /** As the store's; a store without it is read as a whole, and answers in time order. */
  lastEvents(eventsMax: number): Promise<readonly ContactEvent[]>;
  /** Whether the store has a method for that, and so need not be read as a whole. */
  readonly findsLastEvents: boolean;
  /** As the store's; a store without it is read as a whole. */
  eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory>;
  /** As the store's; null where the store cannot tell. */
  replays(): Promise<number | null>;
  /** As the store's; null where it keeps none. */
  verification(): Promise<Verification | null>;
  readonly keepsVerification: boolean;
}

/**
 * Raw events that are moved out of a store together, named by what can stand in the name of a file: neither
 * `_` nor `/` is in a state.
 */
export interface ArchivePart {
  /** The day (UTC) and the part of the engine, such as `2024-01-31_0`. */
  readonly place: string;
  /** Up to where the events of this place had been moved before: `0-0` where none were. */
  readonly since: string;
  /** Up to where they are moved with this part. */
  readonly last: string;
  readonly events: number;
}

/**
 * Moves raw events out of a store, in parts. Tallies, replays and followups that come late stay right: what
 * is known of the contacts stays.
 */
export interface EventArchive {
  /** The store's own name, which no other store has. */
  store(): string;
  /** The name of the archive that the store's events go to; undefined while none went anywhere. */
  name(): Promise<string | undefined>;
  /** Fixes that name where there is none yet; answers with the one that holds. */
  claim(name: string): Promise<string>;
  /** For each place that events were ever moved from, up to where they were. */
  reached(): Promise<ReadonlyMap<string, string>>;
  /** All raw events that the store has now, a part for each place; as durable as `append` makes an event. */
  parts(): Promise<readonly ArchivePart[]>;
  /** The raw events of a part in time order. */
  events(part: ArchivePart): AsyncIterable<ContactEvent>;
  /**
   * Removes the raw events of a part, once they are safe elsewhere, and remembers `reached`, which is where
   * the files of the place end; harmless when it is called again. Rejects, and removes nothing, with
   * `STORE_LOCKED` where another run has moved events of the place since the part was listed, and with
   * `STORE_UNAVAILABLE` where the part has not the number of events any more that it had.
   */
  remove(part: ArchivePart, reached: string): Promise<void>;
}

export interface EventSpan {
  readonly lower?: Instant;
  readonly upper?: Instant;
}

/** An initial as the server hands it on: its instant and event id are made by the server. */
export interface InitialRequest {
  readonly id: EventId;
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol;
  /** The guess that it will be given if its contact is new. */
  readonly isVowel: boolean;
  readonly at: Instant;
}

export interface FollowupRequest {
  readonly id: EventId;
  readonly uuid: Uuid;
  readonly at: Instant;
}

export interface InitialReply {
  /** The stored guess: on a replay, the one of the first time. */
  readonly isVowel: boolean;
  readonly replayed: boolean;
}

export interface FollowupReply {
  readonly replayed: boolean;
}

/**
 * The original's four methods, and what a server needs around them. `dataInterface` in group-commit makes
 * one over any store.
 */
export interface DataInterface extends DashboardQuestions {
  readonly promises: Promises;
  open(): Promise<void>;
  /** Waits for what is under way, then closes the store. */
  close(): Promise<void>;
  /** Rejects with `SYMBOL_CONFLICT` where the contact has another symbol. */
  logInitial(request: InitialRequest): Promise<InitialReply>;
  logFollowup(request: FollowupRequest): Promise<FollowupReply>;
  tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally>;
  talliesOfRange(range: Range): Promise<readonly SplitTally[]>;
  unmatched(): Promise<number>;
  events(span?: EventSpan): AsyncIterable<ContactEvent>;
}

/** Where a store, or a command, says what it does: a subset of pino's logger. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The part of a store that a reader of raw events needs. */
export type EventSource = Pick<Store, 'open' | 'close' | 'events' | 'archive'>;

export interface StoreContext {
  readonly log: Log;
  /** Cut damaged parts out instead of refusing to open (`--salvage`). Default false. */
  readonly salvage?: boolean;
  /** Refuse to open where there is nothing yet, instead of beginning anew. Default false. */
  readonly mustExist?: boolean;
}

/** What a store URL says: `scheme:location?option=value`. */
export interface StoreUrl {
  readonly text: string;
  readonly scheme: string;
  readonly location: string;
  readonly options: URLSearchParams;
}

/** What each module under `stores/` exports. */
export interface Engine {
  /** Makes a store, unopened. Throws `STORE_URL_INVALID` where the URL does not suit the engine. */
  createStore(url: StoreUrl, context: StoreContext): Store;
  /** A reader that needs no lock and changes nothing, where the engine has one. */
  createReader?(url: StoreUrl, context: StoreContext): EventSource;
  /** What in a URL tells one store from another; without it the location does, as the path of a file. */
  nameOf?(url: StoreUrl): string;
}
