import type { ContactEvent, Uuid } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import type { Instant } from '../domain/time.js';
import { breath } from './breath.js';
import type { DashboardQuestions } from './data-interface.js';
import { TallyboardError } from './errors.js';
import { FirstEvents } from './first-events.js';
import type { Store } from './store.js';
import type { ContactStory } from './store-page.js';

/**
 * What the page asks, over any store: by the store's own methods where it has them, else by the methods that
 * every store has. The latter cost what those cost: a range for each bucket, all raw events for the last of
 * them or for those of one contact.
 */
export function dashboardQuestions(store: Store): DashboardQuestions {
  return {
    talliesOfSeries: (edges) => store.talliesOfSeries?.(edges) ?? rangeByRange(store, edges),
    findsLastEvents: store.lastEvents !== undefined,
    lastEvents: (eventsMax) => store.lastEvents?.(eventsMax) ?? lastOfAll(store, eventsMax),
    eventsOfContact: (uuid, eventsMax, signal) =>
      store.eventsOfContact?.(uuid, eventsMax, signal) ?? pickedOfAll(store, uuid, eventsMax, signal),
    removedBefore: async () => (await store.archive?.removed?.())?.before ?? null,
    async replays() {
      if (store.replays !== undefined) return store.replays();
      // A store that keeps nothing has none, and one that counts them marks none.
      return store.promises.keepsEvents && store.promises.replays === 'recognised' ? null : 0;
    },
    verification: async () => (await store.verification?.()) ?? null,
    keepsVerification: store.verification !== undefined,
    documents: async (kind) => (await store.documents?.(kind)) ?? new Map(),
    async keepDocument(kind, name, text) {
      if (store.keepDocument !== undefined) return store.keepDocument(kind, name, text);
      throw new TallyboardError(
        'DOCUMENTS_UNSUPPORTED',
        'this store keeps neither notes nor shared links: serve another one, such as journal:',
      );
    },
    keepsDocuments: store.keepDocument !== undefined,
  };
}

/** How many events are looked at before it is asked whether others should have a turn. */
const EVENTS_A_LOOK = 64;

async function* rangeByRange(store: Store, edges: readonly Instant[]): AsyncGenerator<readonly SplitTally[]> {
  for (let i = 0; i + 1 < edges.length; i += 1) {
    // A store that answers at once would let nobody else have a turn before the last bucket.
    const pause = breath();
    if (pause !== undefined) await pause;
    yield await store.talliesOfRange({ lower: edges[i]!, upper: edges[i + 1]! });
  }
}

/** How many more than were asked for are held before the list is cut back. */
const SPARE_EVENTS = 1024;

async function lastOfAll(store: Store, eventsMax: number): Promise<readonly ContactEvent[]> {
  let last: ContactEvent[] = [];
  let seen = 0;
  for await (const event of store.events()) {
    seen += 1;
    if (seen % EVENTS_A_LOOK === 0) await breath();
    last.push(event);
    if (last.length > eventsMax + SPARE_EVENTS) last = newest(last, eventsMax);
  }
  return newest(last, eventsMax);
}

function newest(events: ContactEvent[], eventsMax: number): ContactEvent[] {
  return events.slice(Math.max(0, events.length - eventsMax));
}

async function pickedOfAll(
  store: Store,
  uuid: Uuid,
  eventsMax: number,
  signal: AbortSignal | undefined,
): Promise<ContactStory> {
  signal?.throwIfAborted();
  const first = new FirstEvents(eventsMax);
  let seen = 0;
  for await (const event of store.events()) {
    seen += 1;
    // A store that has its events at hand would let nobody have a turn, not even whoever aborts.
    if (seen % EVENTS_A_LOOK === 0) await breath();
    signal?.throwIfAborted();
    if (event.uuid === uuid) first.add(event);
  }
  return first.story();
}
