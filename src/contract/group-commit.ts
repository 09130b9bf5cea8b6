import type { ContactEvent, ContactSymbol } from '../domain/contact.js';
import { dashboardQuestions } from './dashboard-questions.js';
import type {
  DataInterface,
  FollowupReply,
  FollowupRequest,
  InitialReply,
  InitialRequest,
} from './data-interface.js';
import { TallyboardError } from './errors.js';
import { type Commit, Lane, partlyTaken } from './lane.js';
import type { Outcome, Store } from './store.js';

export interface GroupCommitOptions {
  /**
   * How many events may wait for a batch, in equal parts in each lane of the store; beyond it calls reject with
   * `STORE_BUSY`. Default 16,384.
   */
  readonly queueEventsMax?: number;
  /** Called after each batch. */
  readonly onCommit?: (commit: Commit) => void;
}

export interface GroupCommit extends DataInterface {
  /**
   * Logs many events in their order, and answers with one outcome an event once all are durable. Beside single
   * calls they are not limited by `queueEventsMax`: the caller limits how many it hands in. Where it rejects with
   * `STORE_UNCERTAIN` a part of them may be stored, and else none.
   */
  logMany(events: readonly ContactEvent[]): Promise<readonly Outcome[]>;
  /** How many events wait for a batch now. */
  queueDepth(): number;
  /** Refuses what waits, and tells the store that what is in flight must end soon: the server stops. */
  giveUp(): void;
}

/** Makes a data interface of a store: single calls that come at the same time become batches. */
export function dataInterface(store: Store, options: GroupCommitOptions = {}): GroupCommit {
  const { queueEventsMax = 16_384, onCommit } = options;
  let lanes: readonly Lane[] = [];
  let state: 'new' | 'open' | 'closed' = 'new';

  function log(event: ContactEvent): Promise<Outcome> {
    if (state !== 'open') return Promise.reject(notOpen());
    const lane = lanes.length === 1 ? lanes[0]! : lanes[store.lanes!.of(event.uuid)]!;
    return lane.log(event);
  }

  async function logInLanes(events: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const places: number[][] = lanes.map(() => []);
    for (const [place, { uuid }] of events.entries()) places[store.lanes!.of(uuid)]!.push(place);
    const settled = await Promise.allSettled(
      lanes.map((lane, at) => lane.logMany(places[at]!.map((place) => events[place]!))),
    );
    const outcomes: Outcome[] = [];
    const refusals: TallyboardError[] = [];
    for (const [at, result] of settled.entries()) {
      if (result.status === 'rejected') refusals.push(result.reason as TallyboardError);
      else for (const [i, outcome] of result.value.entries()) outcomes[places[at]![i]!] = outcome;
    }
    if (refusals.length === 0) return outcomes;
    const isTaken = outcomes.length > 0 || refusals.some(({ code }) => code === 'STORE_UNCERTAIN');
    throw isTaken ? partlyTaken(refusals[0]) : refusals[0];
  }

  return {
    ...dashboardQuestions(store),
    promises: store.promises,
    queueDepth: () => lanes.reduce((sum, { depth }) => sum + depth, 0),
    async open() {
      await store.open();
      const count = store.lanes?.count ?? 1;
      // A lane that stands still must not take the room of the others.
      const eventsMax = Math.ceil(queueEventsMax / count);
      lanes = Array.from({ length: count }, () => new Lane(store, { eventsMax, onCommit }));
      state = 'open';
    },
    giveUp() {
      state = 'closed';
      for (const lane of lanes) lane.giveUp();
      store.giveUp?.();
    },
    async close() {
      state = 'closed';
      await Promise.all(lanes.map((lane) => lane.idle()));
      await store.close();
    },
    async logMany(events) {
      if (state !== 'open') throw notOpen();
      return lanes.length === 1 ? lanes[0]!.logMany(events) : logInLanes(events);
    },
    async logInitial(request: InitialRequest): Promise<InitialReply> {
      const outcome = await log({ kind: 'initial', replay: false, ...request });
      if (outcome.status === 'conflict') throw symbolConflict(request, outcome.symbol);
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

/** The refusal of an initial whose contact has another symbol. */
export function symbolConflict(
  { uuid, symbol }: Pick<InitialRequest, 'uuid' | 'symbol'>,
  stored: ContactSymbol,
): TallyboardError {
  return new TallyboardError(
    'SYMBOL_CONFLICT',
    `the contact ${uuid} has the symbol '${stored}' already, not '${symbol}': nothing was stored; use a new uuid for a new contact`,
  );
}

function notOpen(): TallyboardError {
  return new TallyboardError('STORE_CLOSED', 'the store is not open: open it first');
}
