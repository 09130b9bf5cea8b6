import type { ContactEvent, Uuid } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import type { Instant } from '../domain/time.js';

/**
 * What a store may answer by itself of what the dashboard's page asks. Without one of these methods the server
 * answers from those that every store has, as `dashboard-questions.ts` says.
 */
export interface PageStore {
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
  /** The documents of a kind that are kept with the data, by their names. */
  documents?(kind: DocumentKind): Promise<ReadonlyMap<string, string>>;
  /**
   * Keeps a document durably, in place of the one of that name; null: forgets it. What was kept is in every later
   * answer. Names are of letters and digits, 24 at most; texts have some hundred characters, and there are some
   * hundred documents. A store has both of these methods or neither.
   */
  keepDocument?(kind: DocumentKind, name: string, text: string | null): Promise<void>;
}

/** What small documents are kept for: notes on the chart, and shared links. */
export const DOCUMENT_KINDS = ['note', 'share'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

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
  /** Before it raw events are gone, and what is known of contacts was taken for them; left out: all were folded. */
  readonly since?: Instant;
}
