import type { ContactEvent, ContactSymbol, EventId, Uuid } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import type { Instant, Range } from '../domain/time.js';
import type { EventSpan, Promises } from './store.js';
import type { ContactStory, DocumentKind, Verification } from './store-page.js';

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
  /** Up to where raw events are not in the store any more; null: none were removed. */
  removedBefore(): Promise<Instant | null>;
  /** As the store's; null where the store cannot tell. */
  replays(): Promise<number | null>;
  /** As the store's; null where it keeps none. */
  verification(): Promise<Verification | null>;
  readonly keepsVerification: boolean;
  /** As the store's; none where it keeps none. */
  documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>>;
  /** As the store's; rejects with `DOCUMENTS_UNSUPPORTED` where it keeps none. */
  keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void>;
  readonly keepsDocuments: boolean;
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
