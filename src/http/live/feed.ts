import { randomBytes } from 'node:crypto';
import type { Promises } from '../../contract/store.js';
import type { ContactEvent } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';

/** How many of the newest events are remembered, and listed in a message at most. */
export const LIVE_EVENTS_MAX = 50;

/** How many are remembered where other servers take events as well, to tell theirs from this one's. */
const NOTED_EVENTS_MAX = 4096;

/** The newest events, as they were at one moment. */
export interface NewestEvents {
  /** How many events had been counted. */
  readonly sequence: number;
  /** The last of the noted ones, the oldest first. */
  readonly noted: readonly ContactEvent[];
  /** The sequence of each of these. */
  readonly sequences: readonly number[];
  /** What is known of those before the first of them; only where there is room in a list of the newest. */
  readonly before: readonly ContactEvent[];
}

/**
 * The newest events: of this server, and of the others where the store tells of theirs. Noting one costs next
 * to nothing: each POST does it.
 */
export class LiveFeed {
  /** Tells the sequence numbers of this server from those that it had before a restart. */
  readonly name = randomBytes(6).toString('hex');
  /** What stays here for longer than a moment is moved by the garbage collector, and costs it a pause later. */
  readonly #ringEvents: number;
  readonly #ring: ContactEvent[] = [];
  readonly #sequences: number[] = [];
  #noted = 0;
  #sequence = 0;
  #replays = 0;
  #before: readonly ContactEvent[] = [];

  constructor({ writers }: Pick<Promises, 'writers'>) {
    this.#ringEvents = writers === 'many' ? NOTED_EVENTS_MAX : LIVE_EVENTS_MAX;
  }

  /** Notes an event that this server acknowledged. */
  note(event: ContactEvent): void {
    this.#put(event);
    if (event.replay) this.#replays += 1;
  }

  /** Puts those before the server's own that were read from the store. */
  putBefore(events: readonly ContactEvent[]): void {
    this.#before = events;
  }

  /**
   * Of the events that the store logged last, those that other servers took and that were not noted yet; and
   * whether there may be more such before them, as none of `last` was there when `since` had been counted.
   */
  newOf(last: readonly ContactEvent[], since: number): { news: ContactEvent[]; isGap: boolean } {
    const unknown = new Map(last.map((event) => [nameOf(event), event]));
    let isGap = last.length === LIVE_EVENTS_MAX;
    const know = (event: ContactEvent, sequence: number) => {
      if (unknown.delete(nameOf(event)) && sequence <= since) isGap = false;
    };
    for (const event of this.#before) know(event, 0);
    const first = Math.max(0, this.#noted - this.#ringEvents);
    for (let n = this.#noted - 1; n >= first && unknown.size > 0; n -= 1) {
      know(this.#ring[n % this.#ringEvents]!, this.#sequences[n % this.#ringEvents]!);
    }
    return { news: [...unknown.values()], isGap };
  }

  /** Notes events that other servers took, after others of theirs of which no more is known than how many. */
  noteOthers(events: readonly ContactEvent[], unlisted: number): void {
    this.#sequence += unlisted;
    for (const event of events) this.#put(event);
  }

  /** How many events were counted. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many of this server's were replays. */
  get replays(): number {
    return this.#replays;
  }

  newest(): NewestEvents {
    const sequence = this.#sequence;
    const noted: ContactEvent[] = [];
    const sequences: number[] = [];
    for (let n = Math.max(0, this.#noted - LIVE_EVENTS_MAX); n < this.#noted; n += 1) {
      noted.push(this.#ring[n % this.#ringEvents]!);
      sequences.push(this.#sequences[n % this.#ringEvents]!);
    }
    // The store was read while events came, so it may have answered with some that are noted as well.
    const first = noted.reduce((least, event) => Math.min(least, event.at), Number.POSITIVE_INFINITY);
    const room = LIVE_EVENTS_MAX - noted.length;
    const earlier = this.#before.filter((event) => event.at < first);
    return { sequence, noted, sequences, before: earlier.slice(Math.max(0, earlier.length - room)) };
  }

  /** The greatest instant of an event that is known; null where none is. */
  newestAt(): Instant | null {
    const { noted, before } = this.newest();
    return [...before, ...noted].reduce<Instant | null>(
      (greatest, { at }) => (greatest === null || at > greatest ? at : greatest),
      null,
    );
  }

  #put(event: ContactEvent): void {
    const place = this.#noted % this.#ringEvents;
    this.#sequence += 1;
    this.#ring[place] = event;
    this.#sequences[place] = this.#sequence;
    this.#noted += 1;
  }
}

function nameOf({ uuid, id }: ContactEvent): string {
  return `${uuid} ${id}`;
}
