import type { ContactEvent } from '../domain/contact.js';
import { noteEvent } from './breath.js';
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

/** Many events of one caller, of which a part at a time is handed to the store, so that their order holds. */
interface ManyWaiting {
  readonly events: readonly ContactEvent[];
  /** Of those that the store has taken. */
  readonly outcomes: Outcome[];
  /** When its next part began to wait. */
  since: number;
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Part {
  readonly of: ManyWaiting;
  readonly events: readonly ContactEvent[];
}

/** How many events of many a batch has at most: who comes meanwhile waits for as long as it takes. */
const PARTS_EVENTS_MAX = 1024;
/** Beside single calls it has so many for each, lest these wait much longer than among themselves; and so many at least. */
const PARTS_A_SINGLE = 3;
const PARTS_BESIDE_SINGLES = 128;

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
  /** Those of which a part waits for a batch. */
  readonly #many: ManyWaiting[] = [];
  #isManysTurn = false;
  #inFlight = 0;
  #scheduled = false;
  #whenIdle: (() => void)[] = [];

  constructor(store: Store, options: LaneOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** How many events wait for a batch. */
  get depth(): number {
    return this.#many.reduce(
      (sum, { events, outcomes }) => sum + events.length - outcomes.length,
      this.#waiting.length,
    );
  }

  log(event: ContactEvent): Promise<Outcome> {
    noteEvent();
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

  /**
   * Logs many events in their order; how many callers may wait is theirs to limit. Rejects with `STORE_UNCERTAIN`
   * where the store took a part of them before it failed.
   */
  logMany(events: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#many.push({ events, outcomes: [], since: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Refuses what still waits for a batch. */
  giveUp(): void {
    const refusal = new TallyboardError(
      'STORE_CLOSED',
      'the store is being closed: nothing was stored, try again',
    );
    for (const { reject } of this.#waiting.splice(0)) reject(refusal);
    for (const many of this.#many.splice(0)) refuse(many, refusal);
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    if (!this.#isWaitedFor() && this.#inFlight === 0) return;
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

  #isWaitedFor(): boolean {
    return this.#waiting.length > 0 || this.#many.length > 0;
  }

  #commitWaiting(): void {
    const { batchEventsMax, batchesInFlightMax } = this.#store.limits;
    while (this.#isWaitedFor() && this.#inFlight < batchesInFlightMax) {
      const beside = Math.max(PARTS_BESIDE_SINGLES, PARTS_A_SINGLE * this.#waiting.length);
      const most = this.#waiting.length === 0 ? PARTS_EVENTS_MAX : Math.min(PARTS_EVENTS_MAX, beside);
      const partsMax = Math.min(most, batchEventsMax);
      // They come first in turn, so that neither waits for the other to end.
      this.#isManysTurn = !this.#isManysTurn;
      const first = this.#isManysTurn ? this.#takeParts(partsMax) : [];
      const room = batchEventsMax - first.reduce((sum, { events }) => sum + events.length, 0);
      const singles = this.#takeSingles(room);
      const parts = this.#isManysTurn ? first : this.#takeParts(Math.min(partsMax, room - singles.length));
      void this.#commit(singles, parts);
    }
  }

  #takeSingles(eventsMax: number): readonly Waiting[] {
    const waiting = this.#waiting;
    if (waiting.length <= eventsMax) {
      this.#waiting = [];
      return waiting;
    }
    this.#waiting = waiting.slice(eventsMax);
    return waiting.slice(0, eventsMax);
  }

  #takeParts(eventsMax: number): Part[] {
    const parts: Part[] = [];
    for (let room = eventsMax; room > 0 && this.#many.length > 0; ) {
      const of = this.#many.shift()!;
      const from = of.outcomes.length;
      const events = of.events.slice(from, from + room);
      room -= events.length;
      parts.push({ of, events });
    }
    return parts;
  }

  async #commit(singles: readonly Waiting[], parts: readonly Part[]): Promise<void> {
    this.#inFlight += 1;
    const started = performance.now();
    const since = Math.min(
      ...(singles.length === 0 ? [] : [this.#since]),
      ...parts.map(({ of }) => of.since),
    );
    const batch = singles.map((entry) => entry.event);
    for (const { events } of parts) for (const event of events) batch.push(event);
    let outcomes: readonly Outcome[] = [];
    let refusal: TallyboardError | undefined;
    try {
      outcomes = await this.#store.append(batch, since);
    } catch (error) {
      refusal = asTallyboardError(
        error,
        'STORE_UNAVAILABLE',
        'the store could not take the event: nothing was stored, try again',
      );
    }
    this.#inFlight -= 1;
    const seconds = (performance.now() - started) / 1000;
    let from = singles.length;
    for (const { of, events } of parts) {
      if (refusal === undefined) this.#goOn(of, outcomes.slice(from, from + events.length));
      from += events.length;
    }
    // The engine works on the next batch while the callers of this one are answered.
    this.#commitWaiting();
    for (let i = 0; i < singles.length; i += 1) {
      if (refusal === undefined) singles[i]!.resolve(outcomes[i]!);
      else singles[i]!.reject(refusal);
    }
    for (const { of } of parts) {
      if (refusal !== undefined) refuse(of, refusal);
      else if (of.outcomes.length === of.events.length) of.resolve(of.outcomes);
    }
    this.#options.onCommit?.({ events: batch.length, seconds, failed: refusal !== undefined });
    if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #goOn(many: ManyWaiting, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) many.outcomes.push(outcome);
    if (many.outcomes.length === many.events.length) return;
    many.since = performance.now();
    this.#many.push(many);
  }
}

function refuse({ outcomes, reject }: ManyWaiting, refusal: TallyboardError): void {
  reject(outcomes.length === 0 ? refusal : partlyTaken(refusal));
}

/** What is answered where the store has taken a part of what one caller logs, and refused the rest. */
export function partlyTaken(cause: unknown): TallyboardError {
  return new TallyboardError(
    'STORE_UNCERTAIN',
    'the store took a part of the events only: send all of them again, nothing is counted twice',
    { cause },
  );
}
