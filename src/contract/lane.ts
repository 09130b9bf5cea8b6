import type { ContactEvent } from '../domain/contact.js';
import { asTallyboardError, TallyboardError } from './errors.js';
import type { Outcome, Store } from './store.js';

/** One batch that was handed to the store. */
export interface Commit {
  readonly events: number;
  readonly seconds: number;
  readonly failed: boolean;
}

interface Waiting {
  readonly event: ContactEvent;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface LaneOptions {
  readonly eventsMax: number;
  /** Called after each batch. */
  readonly onCommit: ((commit: Commit) => void) | undefined;
}

/**
 * Turns single calls that come at the same time into batches of a store. A batch leaves as soon as the store
 * has room for one in flight, and each call waits for its own batch only.
 */
export class Lane {
  readonly #store: Store;
  readonly #options: LaneOptions;
  #waiting: Waiting[] = [];
  /** When the first of those that wait came. */
  #since = 0;
  #inFlight = 0;
  #scheduled = false;
  #whenIdle: (() => void)[] = [];

  constructor(store: Store, options: LaneOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** How many events wait for a batch. */
  get depth(): number {
    return this.#waiting.length;
  }

  log(event: ContactEvent): Promise<Outcome> {
    const { eventsMax } = this.#options;
    if (this.#waiting.length >= eventsMax) {
      return Promise.reject(
        new TallyboardError(
          'STORE_BUSY',
          `${eventsMax} events wait for the store already: try again in a moment`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#since = performance.now();
      this.#waiting.push({ event, resolve, reject });
      this.#schedule();
    });
  }

  /** Refuses what still waits for a batch. */
  giveUp(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new TallyboardError('STORE_CLOSED', 'the store is being closed: nothing was stored, try again'));
    }
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    if (this.#waiting.length === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#store.limits.batchesInFlightMax) return;
    this.#scheduled = true;
    // Requests that were read in the same turn of the event loop share a batch.
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitWaiting();
    });
  }

  #commitWaiting(): void {
    const { batchEventsMax, batchesInFlightMax } = this.#store.limits;
    while (this.#waiting.length > 0 && this.#inFlight < batchesInFlightMax) {
      const isAll = this.#waiting.length <= batchEventsMax;
      const batch = isAll ? this.#waiting : this.#waiting.slice(0, batchEventsMax);
      this.#waiting = isAll ? [] : this.#waiting.slice(batchEventsMax);
      void this.#commit(batch, this.#since);
    }
  }

  async #commit(batch: readonly Waiting[], since: number): Promise<void> {
    this.#inFlight += 1;
    const started = performance.now();
    let outcomes: readonly Outcome[] = [];
    let refusal: TallyboardError | undefined;
    try {
      outcomes = await this.#store.append(
        batch.map((entry) => entry.event),
        since,
      );
    } catch (error) {
      refusal = asTallyboardError(
        error,
        'STORE_UNAVAILABLE',
        'the store could not take the event: nothing was stored, try again',
      );
    }
    this.#inFlight -= 1;
    const seconds = (performance.now() - started) / 1000;
    // The engine works on the next batch while the callers of this one are answered.
    this.#commitWaiting();
    for (let i = 0; i < batch.length; i += 1) {
      if (refusal === undefined) batch[i]!.resolve(outcomes[i]!);
      else batch[i]!.reject(refusal);
    }
    this.#options.onCommit?.({ events: batch.length, seconds, failed: refusal !== undefined });
    if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
