import { breath } from '../contract/breath.js';
import { asTallyboardError } from '../contract/errors.js';
import type { Outcome, Store } from '../contract/store.js';
import type { ContactEvent, ContactSymbol } from '../domain/contact.js';

/** An initial that the store refused, because its contact has another symbol. */
export interface Refusal {
  /** The number of its line or row; its position in the stream where there is no file. */
  readonly place: number;
  readonly event: ContactEvent;
  /** The symbol that the contact has. */
  readonly symbol: ContactSymbol;
}

/** What became of the events that a feed handed to its store. */
export interface FeedCounts {
  accepted: number;
  replays: number;
  conflicts: number;
}

interface Lane {
  events: ContactEvent[];
  places: number[];
  inFlight: Promise<void> | undefined;
}

/**
 * Hands a stream of events to a store in full batches, several at the same time where the store wants it.
 *
 * The events of one uuid always go by the same lane, and a lane has one batch under way, so each contact
 * gets its events in the order of the stream, which decides what is first and what is a replay.
 */
export class Feed {
  readonly counts: FeedCounts = { accepted: 0, replays: 0, conflicts: 0 };
  readonly #store: Store;
  readonly #onConflict: (refusal: Refusal) => void;
  readonly #lanes: readonly Lane[];
  readonly #batchEventsMax: number;
  #failure: { readonly error: unknown } | undefined;

  constructor(store: Store, onConflict: (refusal: Refusal) => void) {
    this.#store = store;
    this.#onConflict = onConflict;
    this.#batchEventsMax = store.limits.batchEventsMax;
    this.#lanes = Array.from({ length: store.limits.batchesInFlightMax }, () => ({
      events: [],
      places: [],
      inFlight: undefined,
    }));
  }

  /** Takes one event. Where it answers with a promise, the next event must wait for it. */
  add(event: ContactEvent, place: number): Promise<void> | undefined {
    const lane = this.#laneOf(event.uuid);
    lane.events.push(event);
    lane.places.push(place);
    return lane.events.length >= this.#batchEventsMax ? this.#send(lane) : undefined;
  }

  /** Sends what is left, and waits until everything has its outcome. */
  async end(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => (lane.events.length > 0 ? this.#send(lane) : undefined)));
    await this.settle();
  }

  /** Waits for what is under way; what has not been sent is dropped. */
  async settle(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.inFlight));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #laneOf(uuid: string): Lane {
    const lanes = this.#lanes.length;
    if (lanes === 1) return this.#lanes[0]!;
    // Of a UUID made of time and place only the first group differs from one to the next.
    const spread = uuid.charCodeAt(7) + 7 * uuid.charCodeAt(6) + 31 * uuid.charCodeAt(35);
    return this.#lanes[spread % lanes]!;
  }

  async #send(lane: Lane): Promise<void> {
    const { events, places } = lane;
    lane.events = [];
    lane.places = [];
    await lane.inFlight;
    await breath();
    if (this.#failure !== undefined) throw this.#failure.error;
    lane.inFlight = this.#append(events, places);
  }

  /** Never rejects: the failure is thrown to whoever hands on the next event. */
  async #append(events: readonly ContactEvent[], places: readonly number[]): Promise<void> {
    try {
      const outcomes = await this.#store.append(events);
      for (let i = 0; i < events.length; i += 1) this.#count(outcomes[i]!, events[i]!, places[i]!);
    } catch (error) {
      this.#failure ??= {
        error: asTallyboardError(
          error,
          'STORE_UNAVAILABLE',
          'the store could not take a batch of events: what came before it is stored; run the command again to store the rest, nothing will be stored twice',
        ),
      };
    }
  }

  #count(outcome: Outcome, event: ContactEvent, place: number): void {
    if (outcome.status === 'accepted') this.counts.accepted += 1;
    else if (outcome.status === 'replayed') this.counts.replays += 1;
    else {
      this.counts.conflicts += 1;
      this.#onConflict({ place, event, symbol: outcome.symbol });
    }
  }
}
