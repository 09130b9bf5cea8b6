import { TallyboardError } from '../../contract/errors.js';

/** So long a batch may be on its way before it gives way to others that need its room. */
const ON_ITS_WAY_MILLISECONDS = 1000;

/** How much of batches may be in memory: of those that are read, and of those that wait for the store. */
export class BatchRoom {
  readonly #eventsMax: number;
  /** Those of which not all has come, in the order in which they began. */
  readonly #onTheirWay = new Set<Place>();
  #events = 0;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  /** How many events are there. */
  get events(): number {
    return this.#events;
  }

  /** A place for one batch. */
  enter(): Place {
    const place = new Place({
      take: (events) => this.#take(place, events),
      arrived: () => this.#onTheirWay.delete(place),
      leave: () => {
        this.#onTheirWay.delete(place);
        this.#events -= place.events;
      },
    });
    this.#onTheirWay.add(place);
    return place;
  }

  #take(place: Place, events: number): void {
    const isFull = () => this.#events > place.events && this.#events + events > this.#eventsMax;
    // Else a few that stall would keep all others out, for as long as a request may take to arrive.
    for (const slow of this.#onTheirWay) {
      if (!isFull() || performance.now() - slow.since < ON_ITS_WAY_MILLISECONDS) break;
      if (slow !== place && slow.events > 0) slow.giveWay();
    }
    if (isFull()) {
      throw new TallyboardError(
        'STORE_BUSY',
        `${this.#events} events of batches wait for the store already: nothing of this batch was stored, try again in a moment`,
      );
    }
    this.#events += events;
  }
}

/** What one batch has of the room. */
export class Place {
  readonly since = performance.now();
  readonly #room: { take(events: number): void; arrived(): void; leave(): void };
  readonly #givingWay = new AbortController();
  #events = 0;

  constructor(room: { take(events: number): void; arrived(): void; leave(): void }) {
    this.#room = room;
  }

  get events(): number {
    return this.#events;
  }

  /** Aborted, with the reason, where the rest of the batch is not waited for any longer. */
  get signal(): AbortSignal {
    return this.#givingWay.signal;
  }

  /** Throws `STORE_BUSY` where other batches leave no room, or this one has lost what it had. */
  take(events: number): void {
    this.signal.throwIfAborted();
    this.#room.take(events);
    this.#events += events;
  }

  /** All of the batch is there: it keeps its place. */
  arrived(): void {
    this.signal.throwIfAborted();
    this.#room.arrived();
  }

  giveWay(): void {
    this.leave();
    this.#givingWay.abort(
      new TallyboardError(
        'STORE_BUSY',
        'the batch came more slowly than others that waited for its room: nothing of it was stored, try again in a moment, in smaller parts where the line is slow',
      ),
    );
  }

  /** Gives all back. Harmless when called twice. */
  leave(): void {
    this.#room.leave();
    this.#events = 0;
  }
}
