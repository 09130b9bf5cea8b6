import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ContactEvent } from '../../domain/contact.js';
import { describe, TallyboardError } from '../errors.js';
import { Lane } from '../lane.js';
import { Model } from '../model.js';
import type { Outcome, Store } from '../store.js';
import { collect, type Difference } from './answers.js';
import type { Dice } from './dice.js';
import { contactsDifference, type Entry, knownContacts, ledgerDifference } from './ledger.js';
import { drawQuestions, type Questions } from './questions.js';
import { RACE_KINDS, type Race, RaceCourse } from './races.js';
import type { Trial } from './trial.js';

/** Batches as the clients have them, or single calls of which batches are made as a server makes them. */
export type HandedIn = 'in batches' | 'in calls';

export interface ContestOptions {
  /** Stores on the same data as the trial's, open: the clients are divided among them. Default none. */
  readonly others?: readonly Store[];
  /** Whether an event may be in the batches of two clients. Default true. */
  readonly repeats?: boolean;
}

/** How many clients a store has at once, however many batches it takes. */
const CLIENTS_MAX = 4;
/** How many of the batches that nobody disturbed may be rejected at first: a chance one, and one in so many. */
const REJECTIONS_BY_CHANCE = 1;
const REJECTIONS_ONE_IN = 20;
const RETRY_MILLISECONDS = 20;
/** How long a batch that nothing disturbs may be rejected. */
const RETRIES_MILLISECONDS_MAX = 1000;
const CHECK_EVERY = 4;
/** Few, as all events lie within minutes, and no series: what is at stake is whether all sums agree. */
const RANGES = 8;

interface Batch extends Entry {
  outcomes: readonly Outcome[] | undefined;
  doubts: number;
  readonly append: () => Promise<readonly Outcome[]>;
  /** Why it is not taken yet. */
  error?: unknown;
}

interface Count {
  batches: number;
  rejected: number;
}

/** Clients that hand the same contacts to stores at the same time, and what became of all of it. */
export class Contest {
  readonly #trial: Trial;
  readonly #dice: Dice;
  readonly #others: readonly Store[];
  readonly #course: RaceCourse;
  readonly #batches: Batch[] = [];
  /** All that was drawn, in an order that does not depend on the store. */
  readonly #events: ContactEvent[] = [];
  /** Of the races of each kind that nobody disturbed. */
  readonly #counts = new Map<string, Count>();
  #turn: Promise<void> | undefined;

  constructor(trial: Trial, dice: Dice, { others = [], repeats = true }: ContestOptions = {}) {
    this.#trial = trial;
    this.#dice = dice;
    this.#others = others;
    this.#course = new RaceCourse(dice, trial.batchEventsMax, repeats);
  }

  /** Holds races that nobody disturbs, and looks at what always holds. */
  async run(races: number, how: HandedIn): Promise<void> {
    for (let n = 1; n <= races; n += 1) {
      const kind = await this.race(how);
      const { batches, rejected } = this.#counts.get(kind)!;
      if (rejected > REJECTIONS_BY_CHANCE + batches / REJECTIONS_ONE_IN) {
        throw this.#trial.failure({
          what: `batches of ${kind} that were rejected though nothing but such batches was under way`,
          expected: `one in ${REJECTIONS_ONE_IN} at most`,
          got: `${rejected} of ${batches}, the last: ${describe(this.#rejected().at(-1)?.error)}`,
        });
      }
      if (n % CHECK_EVERY > 0 && n < races) continue;
      await this.check();
      if (this.#rejected().length === 0) continue;
      await this.retry(RETRIES_MILLISECONDS_MAX);
      await this.check();
    }
  }

  /** How many turns of the event loop a race of each kind takes where nobody disturbs it. */
  async lengths(): Promise<number[]> {
    const lengths: number[] = [];
    while (lengths.length < RACE_KINDS) {
      await this.race('in batches', async (isSettled) => {
        lengths.push(await pass(Number.POSITIVE_INFINITY, isSettled));
      });
    }
    return lengths;
  }

  /**
   * Lets each client hand in its events, batch by batch, while the others do, and waits until all has settled.
   * `disturb` is run meanwhile. Answers with the kind of the race.
   */
  async race(how: HandedIn, disturb?: (isSettled: () => boolean) => Promise<void>): Promise<string> {
    const inFlight = how === 'in calls' ? CLIENTS_MAX : this.#trial.store.limits.batchesInFlightMax;
    const race = this.#course.next(Math.min(inFlight, CLIENTS_MAX) * this.#stores().length);
    this.#events.push(...race.clients.flat());
    const count = this.#counts.get(race.kind) ?? { batches: 0, rejected: 0 };
    this.#counts.set(race.kind, count);
    await this.#trial.during(true, async () => {
      let isSettled = false;
      const clients = how === 'in calls' ? this.#call(race, count) : this.#append(race, count);
      const settled = Promise.all(clients).finally(() => {
        isSettled = true;
      });
      const { settledMillisecondsMax } = this.#trial.patience;
      const waiting = new AbortController();
      const limit = pause(settledMillisecondsMax, 'late' as const, { signal: waiting.signal });
      const all = Promise.all([settled, disturb?.(() => isSettled)]).finally(() => waiting.abort());
      if ((await Promise.race([all, limit])) === 'late') {
        throw this.#trial.failure({
          what: 'an append',
          expected: 'outcomes or a rejection',
          got: `neither within ${settledMillisecondsMax} ms`,
        });
      }
    });
    const wrong = this.#rejected().find(({ error }) => !isRetryable(error));
    if (wrong === undefined) return race.kind;
    throw this.#trial.failure({
      what: `the rejection of ${wrong.name}`,
      expected: 'a code that lets a client try again',
      got: `${(wrong.error as TallyboardError).code}: ${describe(wrong.error)}`,
    });
  }

  /** Hands in again what was rejected, with the same event ids, one after the other. */
  async retry(millisecondsMax: number): Promise<void> {
    for (const batch of this.#rejected()) {
      const deadline = Date.now() + millisecondsMax;
      for (;;) {
        await attempt(batch);
        if (batch.error === undefined) break;
        if (Date.now() >= deadline) {
          throw this.#trial.failure({
            what: `${batch.name}, which was rejected and is handed in again with the same event ids`,
            expected: 'that it is taken',
            got: `a rejection: ${describe(batch.error)}`,
          });
        }
        await pause(RETRY_MILLISECONDS);
      }
    }
  }

  /** Looks in each store at what always holds. It may take so long until it can be read. */
  async check(readingMillisecondsMax = 0): Promise<void> {
    const first = this.#trial.store;
    const { ranges, spans, page } = drawQuestions(this.#events, this.#dice);
    // The ledger has seen all events, so that one part of them is asked for is enough.
    const questions = {
      ranges: ranges.slice(0, RANGES),
      spans: spans.slice(-1),
      page: { ...page!, series: [] },
    };
    // What a store is not sure of may be stored later, and another store may hear of it later.
    const isOpen = this.#batches.some(({ doubts, outcomes }) => doubts > 0 && outcomes === undefined);
    const late = isOpen || this.#others.length > 0 ? this.#trial.patience.eventualMillisecondsMax : 0;
    const deadline = Date.now() + readingMillisecondsMax;
    for (const store of this.#stores()) {
      this.#trial.store = store;
      await this.#trial.eventually(async () => {
        for (;;) {
          try {
            return await this.#difference(questions);
          } catch (error) {
            if (Date.now() >= deadline) throw error;
            await pause(RETRY_MILLISECONDS);
          }
        }
      }, late);
    }
    this.#trial.store = first;
  }

  async #difference(questions: Questions): Promise<Difference | undefined> {
    const { store } = this.#trial;
    const stored = await this.#trial.attempt('reading events', () => collect(store.events()));
    const found = ledgerDifference(this.#batches, stored, store.promises);
    if (found !== undefined) return found;
    const uuids = [...new Set(this.#events.map(({ uuid }) => uuid))];
    for (const contacts of await knownContacts(store, uuids)) {
      const unknown = contactsDifference(uuids, stored, contacts);
      if (unknown !== undefined) return unknown;
    }
    const model = new Model(store.promises.replays);
    await model.append(stored);
    return this.#trial.difference(questions, model);
  }

  /** Each client waits for one batch before it hands in the next; where the store has lanes, in each of them. */
  #append(race: Race, count: Count): Promise<void>[] {
    const eventsMax = Math.min(race.batchEventsMax, this.#trial.batchEventsMax);
    return race.clients.flatMap((events, client) => {
      const { lanes } = this.#storeOf(client);
      const queues = Array.from({ length: lanes?.count ?? 1 }, (_, lane) =>
        lanes === undefined ? events : events.filter(({ uuid }) => lanes.of(uuid) === lane),
      );
      return queues.map(async (queue) => {
        for (let from = 0; from < queue.length; from += eventsMax) {
          await this.#nextTurn();
          const some = queue.slice(from, from + eventsMax);
          const batch = this.#batch(some, () => this.#storeOf(client).append(some));
          await attempt(batch);
          count.batches += 1;
          if (batch.error !== undefined) count.rejected += 1;
        }
      });
    });
  }

  /** Each client makes its calls one soon after the other, and waits for none. */
  #call(race: Race, count: Count): Promise<void>[] {
    const lanesOfStores = this.#stores().map((store) => lanesOf(store, count));
    return race.clients.map(async (events, client) => {
      const lanes = lanesOfStores[client % lanesOfStores.length]!;
      const calls: Promise<void>[] = [];
      for (const [i, event] of events.entries()) {
        if ((i + client) % 3 === 0) await this.#nextTurn();
        const lane = lanes[this.#storeOf(client).lanes?.of(event.uuid) ?? 0]!;
        calls.push(attempt(this.#batch([event], async () => [await lane.log(event)])));
      }
      await Promise.all(calls);
    });
  }

  /**
   * Clients that wait go on together. With a turn for each, a store that waits for promises alone would be done
   * with one client's batch before the next client has its turn, and would never be raced.
   */
  #nextTurn(): Promise<void> {
    this.#turn ??= nextTurn().finally(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  #batch(events: readonly ContactEvent[], append: Batch['append']): Batch {
    const name = `batch ${this.#trial.number()}`;
    const batch: Batch = { name, events, append, outcomes: undefined, doubts: 0 };
    this.#batches.push(batch);
    return batch;
  }

  #rejected(): Batch[] {
    return this.#batches.filter(({ error }) => error !== undefined);
  }

  #stores(): readonly Store[] {
    return [this.#trial.store, ...this.#others];
  }

  #storeOf(client: number): Store {
    const stores = this.#stores();
    return stores[client % stores.length]!;
  }
}

function lanesOf(store: Store, count: Count): Lane[] {
  const onCommit = ({ failed }: { readonly failed: boolean }) => {
    count.batches += 1;
    if (failed) count.rejected += 1;
  };
  const options = { eventsMax: Number.POSITIVE_INFINITY, onCommit };
  return Array.from({ length: store.lanes?.count ?? 1 }, () => new Lane(store, options));
}

/** Lets turns of the event loop pass, for as long as something is under way; how many did. */
export async function pass(turnsMax: number, isSettled: () => boolean): Promise<number> {
  let turns = 0;
  for (; turns < turnsMax && !isSettled(); turns += 1) await nextTurn();
  return turns;
}

async function attempt(batch: Batch): Promise<void> {
  try {
    batch.outcomes = await batch.append();
    batch.error = undefined;
  } catch (error) {
    batch.error = error;
    if (error instanceof TallyboardError && error.code === 'STORE_UNCERTAIN') batch.doubts += 1;
  }
}

/** What a driver rejects with becomes a 503. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof TallyboardError) || error.status === 503;
}
