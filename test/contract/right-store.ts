import { collect } from '../../src/contract/conformance/answers.js';
import type { Fixture } from '../../src/contract/conformance.js';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { Outcome, Promises, Store } from '../../src/contract/store.js';
import type { ArchivePart, EventArchive } from '../../src/contract/store-archive.js';
import type { Contact, ContactEvent, Uuid } from '../../src/domain/contact.js';
import { DAY, formatInstant, type Instant, parseInstant } from '../../src/domain/time.js';

/** What outlives a store in memory: a model, and what was logged in the order of arrival. */
export interface Data {
  model: Model;
  logged: ContactEvent[];
  readonly writers: Promises['writers'];
  /** The raw events that were thrown away, and up to where. */
  readonly gone: Set<ContactEvent>;
  goneBefore: Instant | null;
  /** The stores that have the data open. */
  readonly holders: Set<object>;
}

/** A change to a store that is right. */
export type Fault = (store: Store, data: Data) => Partial<Store>;

export function freshData(
  replays: Promises['replays'] = 'recognised',
  writers: Promises['writers'] = 'one',
): Data {
  return {
    model: new Model(replays),
    logged: [],
    writers,
    gone: new Set(),
    goneBefore: null,
    holders: new Set(),
  };
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
      for await (const event of data.model.events(span)) if (!data.gone.has(event)) yield event;
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
    // What is counted with each event is lost with it.
    ...(data.model.promises.replays === 'recognised' && removingOf(data)),
  };
  return { ...store, ...fault(store, data) };
}

function removingOf(data: Data): Pick<Store, 'archive' | 'everyContact'> {
  return {
    archive: archiveOf(data),
    async *everyContact() {
      yield await contactsOf(data);
    },
  };
}

/** Throws events away; it moves none to files. */
function archiveOf(data: Data): EventArchive {
  const eventsOf = async ({ place }: Pick<ArchivePart, 'place'>) => {
    const lower = parseInstant(`${place.slice(0, 10)} 00:00:00`)!;
    const events = await collect(data.model.events({ lower, upper: lower + DAY }));
    return events.filter((event) => !data.gone.has(event));
  };
  const refuse = () => Promise.reject(new TallyboardError('CONFIG_INVALID', 'events are thrown away only'));
  return {
    store: async () => 'right',
    name: async () => undefined,
    claim: refuse,
    reached: async () => new Map(),
    async parts() {
      const events = await collect(data.model.events());
      const days = new Set(events.map(({ at }) => `${formatInstant(at).slice(0, 10)}_0`));
      const parts = await Promise.all(
        [...days].map(async (place) => {
          return { place, since: '0-0', last: '1-0', events: (await eventsOf({ place })).length };
        }),
      );
      return parts.filter(({ events: count }) => count > 0);
    },
    async *events(part) {
      yield* await eventsOf(part);
    },
    remove: refuse,
    removed: async () => ({ before: data.goneBefore, discardedBefore: data.goneBefore }),
    async discard(part) {
      for (const event of await eventsOf(part)) data.gone.add(event);
      const end = parseInstant(`${part.place.slice(0, 10)} 00:00:00`)! + DAY;
      data.goneBefore = Math.max(data.goneBefore ?? end, end);
    },
  };
}

/** Of all events that were ever logged. */
async function contactsOf({ model }: Data): Promise<Contact[]> {
  const contacts = new Map<Uuid, Contact>();
  for await (const event of model.events()) {
    if (event.replay) continue;
    const { uuid, at } = event;
    const contact = contacts.get(uuid) ?? { uuid, initial: null, followupAt: null };
    contacts.set(
      uuid,
      event.kind === 'initial' ? { ...contact, initial: event } : { ...contact, followupAt: at },
    );
  }
  return [...contacts.values()];
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
