import type { ContactEvent, Uuid } from '../../domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN, type Instant, withinEvents } from '../../domain/time.js';
import { decide } from '../decide.js';
import { unconfirmed } from '../errors.js';
import { paged } from '../served/rows.js';
import { type Door, FORMAT, isMade, rest, type Serving, servedStore } from '../served/store.js';
import type { Outcome, Store, StoreContext } from '../store.js';
import {
  compareStandings,
  documentsOf,
  firstsOf,
  knownOf,
  merged,
  STREAMS,
  type Standing,
  type Stream,
  standingOf,
} from './documents.js';
import type { AnyDocument, Collection, DocumentEngine, Search } from './engine.js';

const PAGE_DOCUMENTS = 1000;
const ALL_STREAMS = Object.keys(STREAMS) as Stream[];
const ALL_TIME = { lower: INSTANT_MIN, upper: INSTANT_MAX };

/**
 * Makes a store of an engine that writes one document as a whole, and no two together. A contact's document is the
 * record of its first events, so what must change together is in one; replays, which change no tally, stand apart
 * under their own names. All that the dashboard's page asks comes with it.
 */
export function documentStore<Version>(engine: DocumentEngine<Version>, context: StoreContext): Store {
  return servedStore(engine, context, (door) => servingOf(engine, context, door));
}

function servingOf<Version>(engine: DocumentEngine<Version>, context: StoreContext, door: Door): Serving {
  /** The order of arrival: the clock's, and at any rate behind what it follows upon. */
  let lastSeq = 0;
  function nextSeq(): number {
    lastSeq = Math.max(lastSeq + 1, Date.now() * 1000);
    return lastSeq;
  }

  /** At most so many, page by page. `searchOf` may leave out what is known to lie before the last one of a page. */
  async function* found(
    collection: Collection,
    documentsMax: number,
    searchOf: (after?: AnyDocument) => Omit<Search, 'after' | 'documentsMax'>,
  ): AsyncGenerator<AnyDocument> {
    let left = documentsMax;
    yield* paged<AnyDocument>(async (after) => {
      if (left === 0) return [];
      const asked = Math.min(left, PAGE_DOCUMENTS);
      const page = await engine.search(collection, { ...searchOf(after), after, documentsMax: asked });
      left = page.length < asked ? 0 : left - asked;
      return page;
    });
  }

  /** The last to arrive, in that order. */
  async function lastEvents(eventsMax: number): Promise<Standing[]> {
    const all: Standing[] = [];
    const ends = ALL_STREAMS.map(async (stream) => {
      const { collection, order } = STREAMS[stream];
      const where = { [order[1]]: { gte: 0 } };
      const last = found(collection, eventsMax, () => ({ where, order: order.slice(1), isDescending: true }));
      for await (const document of last) all.push(standingOf(stream, document));
    });
    await Promise.all(ends);
    return all.sort((one, other) => one.seq - other.seq).slice(-eventsMax);
  }

  /** The greatest there is; 0 where nothing is. */
  async function greatestSeq(): Promise<number> {
    return (await lastEvents(1))[0]?.seq ?? 0;
  }

  /**
   * Takes events as far as their contacts still are as they are read; answers with outcomes, undefined for the
   * others. `onWritten` is called where something may have been written.
   */
  async function takeSome(
    events: readonly ContactEvent[],
    onWritten: () => void,
  ): Promise<(Outcome | undefined)[]> {
    const [stored, replayed] = await Promise.all([
      engine.read([...new Set(events.map(({ uuid }) => uuid))]),
      engine.replaysAmong(events),
    ]);
    const firsts = stored.flatMap(({ document }) => firstsOf(document));
    lastSeq = Math.max(lastSeq, ...firsts.map(({ seq }) => seq));
    const decision = decide(events, knownOf(stored, replayed));
    const { contacts, replays } = documentsOf(decision.events, stored, nextSeq);
    const versions = new Map(stored.map(({ document, version }) => [document.uuid, version]));
    const changes = [...contacts.values()].map((document) => ({
      document,
      before: versions.get(document.uuid),
    }));
    const write = async <T>(run: () => Promise<T>): Promise<T> => {
      try {
        const result = await run();
        onWritten();
        return result;
      } catch (error) {
        if (engine.fateOf(error) === 'unknown') onWritten();
        throw error;
      }
    };
    const writing: Promise<ReadonlySet<Uuid>> =
      changes.length === 0 ? Promise.resolve(new Set()) : write(() => engine.write(changes));
    // Answers rest on what was only read, too.
    const unchanged = stored.filter(({ document }) => !contacts.has(document.uuid));
    const isAllOwn = unchanged.length + replayed.length === 0;
    const confirming = isAllOwn ? undefined : engine.confirm?.(unchanged, replayed);
    await Promise.allSettled([writing, confirming]);
    const others = new Set([...(await writing), ...((await confirming) ?? [])]);
    // Written when the first events that they repeat are confirmed: no reading has the one without the other.
    const ours = replays.filter(({ uuid }) => !others.has(uuid));
    if (ours.length > 0) await write(() => engine.addReplays(ours));
    return events.map(({ uuid }, i) => (others.has(uuid) ? undefined : decision.outcomes[i]!));
  }

  async function append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const outcomes: (Outcome | undefined)[] = batch.map(() => undefined);
    const deadline = performance.now() + engine.triesMilliseconds;
    let isWritten = false;
    for (let attempt = 1; ; attempt += 1) {
      const places = [...batch.keys()].filter((place) => outcomes[place] === undefined);
      if (places.length === 0) return outcomes as Outcome[];
      let failure: unknown = new Error('its contacts were changed by others again and again');
      let mayHelp = true;
      try {
        const events = places.map((place) => batch[place]!);
        const taken = await takeSome(events, () => {
          isWritten = true;
        });
        for (const [i, place] of places.entries()) outcomes[place] = taken[i];
        if (!taken.includes(undefined)) continue;
      } catch (error) {
        failure = error;
        const fate = engine.fateOf(error);
        // What was written is known again by its event id, so all of it may be tried again.
        mayHelp = fate === 'again' || (fate === 'unknown' && isWritten);
      }
      if (mayHelp && door.mayTry && performance.now() < deadline) await rest(attempt);
      else if (!isWritten) throw door.refusal(failure, 'could not take the events');
      else throw unconfirmed(engine.name, failure);
    }
  }

  /** Of one stream, those that had arrived up to `seqMax`. */
  async function* eventsOf(
    stream: Stream,
    lower: Instant,
    upper: Instant,
    seqMax: number,
  ): AsyncGenerator<Standing> {
    const { collection, order } = STREAMS[stream];
    const [at, seq] = order;
    const all = found(collection, Number.POSITIVE_INFINITY, (after) => ({
      where: { [at]: { gte: after?.[at] ?? lower, lt: upper }, [seq]: { lte: seqMax } },
      order,
    }));
    for await (const document of all) yield standingOf(stream, document);
  }

  return {
    promises: {
      batches: 'contacts',
      rollups: [],
      differences: [
        'A batch is written contact by contact: of one that was not confirmed, some may be stored and others not. Sent again, each is counted once.',
        'There are no roll-ups: what a tally costs depends on the number of contacts in its range.',
        'The order of arrival among several servers is that of their clocks.',
      ],
    },
    async prepare() {
      if (!isMade(await engine.format(), engine, context)) await engine.create(FORMAT);
      lastSeq = await greatestSeq();
    },
    append,
    contacts: async (uuids) => (await engine.read(uuids)).map(({ document }) => document),
    sums: (ranges, symbol) =>
      engine.sums(
        ranges.map((range) => (range === null ? ALL_TIME : withinEvents(range))),
        symbol,
      ),
    async *events(lower, upper) {
      // An event never changes, so what is there up to here is what there was when the reading began.
      const seqMax = await greatestSeq();
      yield* merged(ALL_STREAMS.map((stream) => eventsOf(stream, lower, upper, seqMax)));
    },
    lastEvents,
    async eventsOfContact(uuid, eventsMax) {
      const where = { uuid };
      const replays: Standing[] = [];
      const [stored, replaysTotal] = await Promise.all([engine.read([uuid]), engine.count('replays', where)]);
      const own = found('replays', eventsMax, () => ({ where, order: ['at', 'seq', 'id'] }));
      for await (const document of own) replays.push(standingOf('replays', document));
      const firsts = stored.flatMap(({ document }) => firstsOf(document));
      // One may have come between the two questions.
      const total = firsts.length + Math.max(replays.length, replaysTotal);
      const events = [...firsts, ...replays].sort(compareStandings).slice(0, eventsMax);
      return events.map((event) => ({ ...event, total }));
    },
    async counters() {
      const [unmatched, replays] = await Promise.all([
        engine.count('contacts', { initial_at: null }),
        engine.count('replays', {}),
      ]);
      return { unmatched, replays };
    },
  };
}
