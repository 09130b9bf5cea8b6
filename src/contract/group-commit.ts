import type { ContactEvent } from '../domain/contact.js';
import { dashboardQuestions } from './dashboard-questions.js';
import type {
  DataInterface,
  FollowupReply,
  FollowupRequest,
  InitialReply,
  InitialRequest,
  Outcome,
  Store,
} from './data-interface.js';
import { asTallyboardError, TallyboardError } from './errors.js';

export interface GroupCommitOptions {
  /** How many events may wait for a batch; beyond it calls reject with `STORE_BUSY`. Default 16,384. */
  readonly queueEventsMax?: number;
  /** Called after each batch. */
  readonly onCommit?: (commit: Commit) => void;
}

/** One batch that was handed to the store. */
export interface Commit {
  readonly events: number;
  readonly seconds: number;
  readonly failed: boolean;
}

export interface GroupCommit extends DataInterface {
  /** How many events wait for a batch now. */
  queueDepth(): number;
}

interface Waiting {
  readonly event: ContactEvent;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns single calls that come at the same time into batches of a store. A batch leaves as soon as the store
 * has room for one in flight, and each call waits for its own batch only.
 */
export function dataInterface(store: Store, options: GroupCommitOptions = {}): GroupCommit {
  const { queueEventsMax = 16_384, onCommit } = options;
  const { batchEventsMax, batchesInFlightMax } = store.limits;
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let scheduled = false;
  let state: 'new' | 'open' | 'closed' = 'new';
  const whenIdle: (() => void)[] = [];

  function log(event: ContactEvent): Promise<Outcome> {
    if (state !== 'open') {
      return Promise.reject(new TallyboardError('STORE_CLOSED', 'the store is not open: open it first'));
    }
    if (waiting.length >= queueEventsMax) {
      return Promise.reject(
        new TallyboardError(
          'STORE_BUSY',
          `${queueEventsMax} events wait for the store already: try again in a moment`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      schedule();
    });
  }

  function schedule(): void {
    if (scheduled || inFlight >= batchesInFlightMax) return;
    scheduled = true;
    // Requests that were read in the same turn of the event loop share a batch.
    setImmediate(() => {
      scheduled = false;
      commitWaiting();
    });
  }

  function commitWaiting(): void {
    while (waiting.length > 0 && inFlight < batchesInFlightMax) {
      const batch = waiting.length <= batchEventsMax ? waiting : waiting.slice(0, batchEventsMax);
      waiting = waiting.length <= batchEventsMax ? [] : waiting.slice(batchEventsMax);
      void commit(batch);
    }
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    inFlight += 1;
    const started = performance.now();
    let outcomes: readonly Outcome[] = [];
    let refusal: TallyboardError | undefined;
    try {
      outcomes = await store.append(batch.map((entry) => entry.event));
    } catch (error) {
      refusal = asTallyboardError(
        error,
        'STORE_UNAVAILABLE',
        'the store could not take the event: nothing was stored, try again',
      );
    }
    inFlight -= 1;
    const seconds = (performance.now() - started) / 1000;
    // The engine works on the next batch while the callers of this one are answered.
    commitWaiting();
    for (let i = 0; i < batch.length; i += 1) {
      if (refusal === undefined) batch[i]!.resolve(outcomes[i]!);
      else batch[i]!.reject(refusal);
    }
    onCommit?.({ events: batch.length, seconds, failed: refusal !== undefined });
    if (inFlight === 0) for (const resolve of whenIdle.splice(0)) resolve();
  }

  return {
    ...dashboardQuestions(store),
    promises: store.promises,
    queueDepth: () => waiting.length,
    async open() {
      await store.open();
      state = 'open';
    },
    async close() {
      state = 'closed';
      if (waiting.length > 0 || inFlight > 0) {
        await new Promise<void>((resolve) => {
          whenIdle.push(resolve);
        });
      }
      await store.close();
    },
    async logInitial(request: InitialRequest): Promise<InitialReply> {
      const outcome = await log({ kind: 'initial', replay: false, ...request });
      if (outcome.status === 'conflict') {
        throw new TallyboardError(
          'SYMBOL_CONFLICT',
          `the contact ${request.uuid} has the symbol '${outcome.symbol}' already, not '${request.symbol}': nothing was stored; use a new uuid for a new contact`,
        );
      }
      return { isVowel: outcome.isVowel, replayed: outcome.status === 'replayed' };
    },
    async logFollowup(request: FollowupRequest): Promise<FollowupReply> {
      const outcome = await log({ kind: 'followup', replay: false, ...request });
      return { replayed: outcome.status === 'replayed' };
    },
    tallyOfSymbol: (symbol) => store.tallyOfSymbol(symbol),
    talliesOfRange: (range) => store.talliesOfRange(range),
    unmatched: () => store.unmatched(),
    events: (span) => store.events(span),
  };
}
