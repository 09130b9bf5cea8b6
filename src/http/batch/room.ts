import { TallyboardError } from '../../contract/errors.js';

/** How much of batches may be in memory: of those that are read, and of those that wait for the store. */
export class BatchRoom {
  readonly #eventsMax: number;
  #events = 0;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  /** How many events are there. */
  get events(): number {
    return this.#events;
  }

  /** A place for one batch; `take` throws `STORE_BUSY` where other batches leave no room, `leave` gives all back. */
  enter(): { take(events: number): void; leave(): void } {
    let own = 0;
    return {
      take: (events) => {
        if (this.#events > own && this.#events + events > this.#eventsMax) {
          throw new TallyboardError(
            'STORE_BUSY',
            `${this.#events} events of batches wait for the store already: nothing of this batch was stored, try again in a moment`,
          );
        }
        own += events;
        this.#events += events;
      },
      leave: () => {
        this.#events -= own;
        own = 0;
      },
    };
  }
}
