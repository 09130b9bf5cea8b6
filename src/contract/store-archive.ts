import type { ContactEvent } from '../domain/contact.js';
import { type Instant, parseInstant } from '../domain/time.js';

// For a store in which raw events are dear, or whose disk fills.

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

/** Up to where raw events are not in the store any more. All that came since are there. */
export interface Removed {
  /** Some of those before this instant were moved out or thrown away; null: none were. */
  readonly before: Instant | null;
  /** Some of those before this instant were thrown away, so no archive has them; null: none were. */
  readonly discardedBefore: Instant | null;
}

/**
 * Moves raw events out of a store, in parts. Tallies, replays and followups that come late stay right: what
 * is known of the contacts stays.
 */
export interface EventArchive {
  /** The store's own name, which no other store has. */
  store(): Promise<string>;
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
  /**
   * Up to where raw events are gone. For a store with `everyContact`, whose `rebuild` keeps what it knows from
   * before: `verify` takes that for the first events that are gone. Left out: `verify` reads the archive.
   */
  removed?(): Promise<Removed>;
  /** Removes the raw events of a part for good; rejects as `remove` does. A store has both of these methods or neither. */
  discard?(part: ArchivePart): Promise<void>;
}

/** The state of a place that nothing was moved from. */
export const NOTHING_MOVED = '0-0';

/** The day (UTC) of a place, with which its name begins: `2024-01-31`. */
export function dateOfPlace(place: string): string {
  return place.slice(0, 'YYYY-MM-DD'.length);
}

/** The midnight with which that day begins. */
export function dayOfPlace(place: string): Instant {
  return parseInstant(`${dateOfPlace(place)} 00:00:00`)!;
}
