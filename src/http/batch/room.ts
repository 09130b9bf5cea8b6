import { TallyboardError } from '../../contract/errors.js';

/** In so long a batch has to grow by a tenth; one that does not has stalled, and gives way to all others. */
const STALLED_MILLISECONDS = 1000;
const GROWTH_MIN = 1.1;

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
    // One that is alone may be larger than the room, or it could never be taken.
    const missing = Math.min(this.#events + events - this.#eventsMax, this.#events - place.events);
    if (missing > 0) {
      const givingWay = this.#givingWay(place, missing);
      if (givingWay === undefined) {
        throw new TallyboardError(
          'STORE_BUSY',
          `${this.#events} events of batches wait for the store already: nothing of this batch was stored, try again in a moment`,
        );
      }
      for (const other of givingWay) other.giveWay();
    }
    this.#events += events;
  }

  /**
   * Those that give way, so that so many events are no longer missing; undefined where that would not be enough.
   * Those that have stalled come first, else a few of them would keep all others out, for as long as a request may
   * take to arrive; then those that began after the one that needs room, the last first, so that of many that are
   * slow some finish.
   */
  #givingWay(place: Place, missing: number): Place[] | undefined {
    const all = [...this.#onTheirWay];
    const later = all.slice(all.indexOf(place) + 1).reverse();
    const givingWay: Place[] = [];
    let rest = missing;
    for (const other of new Set([...all.filter(({ isStalled }) => isStalled), ...later])) {
      if (rest <= 0) break;
      if (other === place || other.events === 0) continue;
      givingWay.push(other);
      rest -= other.events;
    }
    return rest > 0 ? undefined : givingWay;
  }
}

/** What one batch has of the room. */
export class Place {
  readonly #room: { take(events: number): void; arrived(): void; leave(): void };
  readonly #givingWay = new AbortController();
  #events = 0;
  /** When it had last grown by a tenth, and what it had then. */
  #grownAt = 0;
  #grownTo = 0;

  constructor(room: { take(events: number): void; arrived(): void; leave(): void }) {
    this.#room = room;
  }

  get events(): number {
    return this.#events;
  }

  get isStalled(): boolean {
    return performance.now() - this.#grownAt >= STALLED_MILLISECONDS;
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
    if (this.#events < this.#grownTo * GROWTH_MIN) return;
    this.#grownTo = this.#events;
    this.#grownAt = performance.now();
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
        'the batch came more slowly than others that needed its room, or later: nothing of it was stored, try again in a moment, in smaller parts where the line is slow',
      ),
    );
  }

  /** Gives all back. Harmless when called twice. */
  leave(): void {
    this.#room.leave();
    this.#events = 0;
  }
}
