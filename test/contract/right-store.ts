import type { Fixture } from '../../src/contract/conformance.js';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { Outcome, Promises, Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';

/** What outlives a store in memory: a model, and what was logged in the order of arrival. */
export interface Data {
  model: Model;
  logged: ContactEvent[];
  readonly writers: Promises['writers'];
  /** The stores that have the data open. */
  readonly holders: Set<object>;
}

/** A change to a store that is right. */
export type Fault = (store: Store, data: Data) => Partial<Store>;

export function freshData(
  replays: Promises['replays'] = 'recognised',
  writers: Promises['writers'] = 'one',
): Data {
  return { model: new Model(replays), logged: [], writers, holders: new Set() };
}

/** A store over the model that survives closing, and is wrong only where `fault` makes it so. */
export function storeOver(data: Data, fault: Fault = () => ({})): Store {
  const key = {};
  const store: Store = {
    promises: { ...data.model.promises, survives: 'process', writers: data.writers },
    limits: { batchEventsMax: 200, batchesInFlightMax: 4 },
    async open() {
      const others = [...data.holders].filter((holder) => holder !== key);
      if (data.writers === 'one' && others.length > 0) {
        throw new TallyboardError('STORE_LOCKED', 'another store has these data open: close it first');
      }
      data.holders.add(key);
    },
    async close() {
      data.holders.delete(key);
    },
    async append(batch) {
      if (!data.holders.has(key)) throw new TallyboardError('STORE_CLOSED', 'open the store first');
      const outcomes = await data.model.append(batch);
      for (const [i, event] of batch.entries()) remember(data, event, outcomes[i]!);
      return outcomes;
    },
    tallyOfSymbol: (symbol) => data.model.tallyOfSymbol(symbol),
    talliesOfRange: (range) => data.model.talliesOfRange(range),
    unmatched: () => data.model.unmatched(),
    async *events(span) {
      yield* data.model.events(span);
    },
    async *talliesOfSeries(edges) {
      for (const [i, upper] of edges.entries()) {
        if (i > 0) yield await data.model.talliesOfRange({ lower: edges[i - 1]!, upper });
      }
    },
    lastEvents: (eventsMax) => data.model.lastEvents(eventsMax),
    eventsOfContact: (uuid, eventsMax, signal) => data.model.eventsOfContact(uuid, eventsMax, signal),
    replays: () => data.model.replays(),
    verification: () => data.model.verification(),
    recordVerification: (verification) => data.model.recordVerification(verification),
    documents: (kind) => data.model.documents(kind),
    keepDocument: (kind, name, text) => data.model.keepDocument(kind, name, text),
  };
  return { ...store, ...fault(store, data) };
}

export function fixtureOver(data: Data, fault?: Fault): Fixture {
  return {
    store: storeOver(data, fault),
    another: () => storeOver(data, fault),
    dispose: () => undefined,
  };
}

/** Which events are in a log, so that they need not be looked through for each of a batch. */
const keysOf = new WeakMap<readonly ContactEvent[], Set<string>>();

function remember({ logged, model }: Data, event: ContactEvent, outcome: Outcome): void {
  if (outcome.status === 'conflict') return;
  const keyOf = ({ uuid, id }: ContactEvent) => `${uuid} ${id}`;
  const keys = keysOf.get(logged) ?? new Set(logged.map(keyOf));
  keysOf.set(logged, keys);
  if (keys.has(keyOf(event)) && model.promises.replays === 'recognised') return;
  keys.add(keyOf(event));
  logged.push({ ...event, replay: outcome.status === 'replayed' });
}
