import { randomBytes } from 'node:crypto';
import type { ContactEvent } from '../domain/contact.js';
import type { Instant } from '../domain/time.js';

/** How many of the newest events are remembered, and listed in a message at most. */
export const LIVE_EVENTS_MAX = 50;

/** The newest events, as they were at one moment. */
export interface NewestEvents {
  /** How many events had been noted. */
  readonly sequence: number;
  /** The last of the noted ones, the oldest first. */
  readonly noted: readonly ContactEvent[];
  /** What is known of those before the first of them; only where there is room in a list of the newest. */
  readonly before: readonly ContactEvent[];
}

/** The newest events of this server. Noting one costs next to nothing: each POST does it. */
export class LiveFeed {
  /** Tells the sequence numbers of this server from those that it had before a restart. */
  readonly name = randomBytes(6).toString('hex');
  readonly #ring: ContactEvent[] = [];
  #sequence = 0;
  #replays = 0;
  #before: readonly ContactEvent[] = [];

  /** Notes an event that was acknowledged. */
  note(event: ContactEvent): void {
    this.#ring[this.#sequence % LIVE_EVENTS_MAX] = event;
    this.#sequence += 1;
    if (event.replay) this.#replays += 1;
  }

  /** Puts those before the server's own that were read from the store. */
  putBefore(events: readonly ContactEvent[]): void {
    this.#before = events;
  }

  /** How many events were noted. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many of them were replays. */
  get replays(): number {
    return this.#replays;
  }

  newest(): NewestEvents {
    const sequence = this.#sequence;
    const turn = sequence % LIVE_EVENTS_MAX;
    const noted =
      sequence <= LIVE_EVENTS_MAX
        ? this.#ring.slice(0, sequence)
        : [...this.#ring.slice(turn), ...this.#ring.slice(0, turn)];
    // The store was read while events came, so it may have answered with some that are noted as well.
    const first = noted.reduce((least, event) => Math.min(least, event.at), Number.POSITIVE_INFINITY);
    const room = LIVE_EVENTS_MAX - noted.length;
    const earlier = this.#before.filter((event) => event.at < first);
    return { sequence, noted, before: earlier.slice(Math.max(0, earlier.length - room)) };
  }

  /** The greatest instant of an event that is known; null where none is. */
  newestAt(): Instant | null {
    const { noted, before } = this.newest();
    return [...before, ...noted].reduce<Instant | null>(
      (greatest, { at }) => (greatest === null || at > greatest ? at : greatest),
      null,
    );
  }
}
