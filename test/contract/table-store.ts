import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fixture } from '../../src/contract/conformance.js';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { Outcome, Promises, Store } from '../../src/contract/store.js';
import { type ContactEvent, type InitialEvent, SYMBOLS, type Uuid } from '../../src/domain/contact.js';
import { EMPTY, EMPTY_SPLIT, mergeSplit, type SplitTally, type Tally } from '../../src/domain/tally.js';
import { bucketStart, type Instant, MINUTE } from '../../src/domain/time.js';

/** How the transactions of a store go about their work; all that is left out is right. */
export interface Ways {
  /** What a statement waits for: a turn of the event loop, as one that goes to a server, or a promise alone. */
  readonly statements?: 'turns' | 'promises';
  /** Of contacts, before they are read. */
  readonly locks?: 'in order' | 'in no order' | 'none';
  /** Of roll-ups: added to when all is committed, or read before and written then, or locked as they come. */
  readonly cells?: 'added' | 'overwritten' | 'locked in no order';
  readonly commit?: 'whole' | 'contact by contact' | 'event by event' | 'after the answer';
  /** What it promises. Of a commit in parts it says that it is not sure of it where it promises no whole ones. */
  readonly batches?: Promises['batches'];
  /** Whether what is under way when the store is closed is told of it. */
  readonly ends?: 'rejected' | 'never';
}

/** The engine: tables in memory, that change when a transaction is committed, and the locks of those under way. */
interface Tables {
  readonly log: { readonly event: ContactEvent; readonly seq: number }[];
  /** The log of each contact. */
  readonly contacts: Map<Uuid, ContactEvent[]>;
  readonly cells: Map<string, Cell>;
  readonly locks: Map<string, Transaction>;
  unmatched: number;
  /** How many events have their place in the order of arrival. */
  seq: number;
  /** How often all connections were cut. */
  cuts: number;
}

interface Cell {
  readonly minute: Instant;
  readonly event: InitialEvent;
  readonly tally: Tally;
}

interface Transaction {
  readonly cuts: number;
  /** Whose lock it waits for. */
  waitsFor?: Transaction | undefined;
  /** Whether it goes on after its answer. */
  isLate?: boolean;
}

/** Stores on tables whose statements each wait for something, so that transactions overlap. */
export function tableFixture(ways: Ways = {}): Fixture {
  const tables: Tables = {
    log: [],
    contacts: new Map(),
    cells: new Map(),
    locks: new Map(),
    unmatched: 0,
    seq: 0,
    cuts: 0,
  };
  return {
    store: tableStore(tables, ways),
    another: () => tableStore(tables, ways),
    async interrupt() {
      tables.cuts += 1;
      return async () => undefined;
    },
    dispose: () => undefined,
  };
}

function tableStore(
  tables: Tables,
  {
    statements = 'turns',
    locks = 'in order',
    cells = 'added',
    commit = 'whole',
    batches = 'whole',
    ends = 'rejected',
  }: Ways,
): Store {
  let isOpen = false;
  /** One statement of a transaction. */
  async function statement(transaction: Transaction): Promise<void> {
    if (statements === 'turns') await nextTurn();
    if (!isOpen && ends === 'never') return new Promise(() => {});
    if (!isOpen) throw closed();
    if (transaction.cuts < tables.cuts) throw new Error('the connection was cut');
  }

  async function lock(transaction: Transaction, key: string): Promise<void> {
    for (;;) {
      const holder = tables.locks.get(key);
      if (holder === undefined || holder === transaction) break;
      transaction.waitsFor = holder;
      for (let other = holder.waitsFor; other !== undefined; other = other.waitsFor) {
        if (other === transaction) throw new Error('a deadlock was found');
      }
      await statement(transaction);
    }
    transaction.waitsFor = undefined;
    tables.locks.set(key, transaction);
  }

  function release(transaction: Transaction): void {
    transaction.waitsFor = undefined;
    for (const [key, holder] of tables.locks) if (holder === transaction) tables.locks.delete(key);
  }

  async function append(
    transaction: Transaction,
    batch: readonly ContactEvent[],
  ): Promise<readonly Outcome[]> {
    const uuids = [...new Set(batch.map(({ uuid }) => uuid))];
    await statement(transaction);
    for (const uuid of locks === 'in order' ? uuids.toSorted() : uuids) {
      if (locks === 'none') break;
      await lock(transaction, uuid);
      if (locks === 'in no order') await statement(transaction);
    }
    const known = uuids.flatMap((uuid) => tables.contacts.get(uuid) ?? []);
    await statement(transaction);
    const model = new Model();
    await model.append(known);
    const outcomes = await model.append(batch);
    const events = (await model.lastEvents(Number.MAX_SAFE_INTEGER)).slice(known.length);
    const changes = changesOf(known, events);
    for (const { key } of cells === 'locked in no order' ? changes : []) {
      await lock(transaction, key);
      await statement(transaction);
    }
    const before = new Map(changes.map(({ key }) => [key, tables.cells.get(key)?.tally]));
    await statement(transaction);
    const seq = tables.seq;
    tables.seq += events.length;
    const write = (isMeant: (event: ContactEvent) => boolean) => {
      for (const [i, event] of events.entries()) {
        if (!isMeant(event)) continue;
        tables.log.push({ event, seq: seq + i });
        tables.contacts.set(event.uuid, [...(tables.contacts.get(event.uuid) ?? []), event]);
      }
      for (const { key, place, initial, count, followups, unmatched } of changes) {
        if (!isMeant(events[place]!)) continue;
        tables.unmatched += unmatched;
        if (initial === undefined) continue;
        const tally = (cells === 'overwritten' ? before.get(key) : tables.cells.get(key)?.tally) ?? EMPTY;
        const sum = added(tally, initial.at, count, followups);
        before.set(key, sum);
        tables.cells.set(key, { minute: bucketStart(initial.at, MINUTE), event: initial, tally: sum });
      }
    };
    if (commit === 'after the answer') {
      transaction.isLate = true;
      const late = statement(transaction).then(() => write(() => true));
      void late.catch(() => undefined).then(() => release(transaction));
      return outcomes;
    }
    const unsure = (cause: unknown) => {
      throw new TallyboardError('STORE_UNCERTAIN', 'whether it was committed is not known', { cause });
    };
    if (commit === 'event by event') {
      for (const event of events) {
        write((other) => other === event);
        const written = statement(transaction);
        await (batches === 'contacts' ? written.catch(unsure) : written);
      }
      return outcomes;
    }
    if (commit === 'contact by contact') {
      for (const uuid of new Set(events.map((event) => event.uuid))) {
        write((event) => event.uuid === uuid);
        await statement(transaction).catch(unsure);
      }
      return outcomes;
    }
    write(() => true);
    // The word that it is committed may be lost.
    await statement(transaction).catch(unsure);
    return outcomes;
  }

  const sum = (isMeant: (cell: Cell) => boolean): SplitTally =>
    [...tables.cells.values()]
      .filter(isMeant)
      .map(({ event, tally }) =>
        event.isVowel ? { vowel: tally, consonant: EMPTY } : { vowel: EMPTY, consonant: tally },
      )
      .reduce(mergeSplit, EMPTY_SPLIT);
  return {
    promises: {
      survives: 'process',
      reads: 'immediate',
      writers: 'many',
      keepsEvents: true,
      replays: 'recognised',
      batches,
      rollups: [],
      differences: batches === 'whole' ? [] : ['a batch is committed contact by contact'],
    },
    limits: { batchEventsMax: 200, batchesInFlightMax: 4 },
    async open() {
      isOpen = true;
    },
    async close() {
      isOpen = false;
    },
    async append(batch) {
      if (!isOpen) throw closed();
      const transaction: Transaction = { cuts: tables.cuts };
      try {
        return await append(transaction, batch);
      } finally {
        if (!transaction.isLate) release(transaction);
      }
    },
    tallyOfSymbol: async (symbol) => sum(({ event }) => event.symbol === symbol),
    talliesOfRange: async ({ lower, upper }) =>
      SYMBOLS.map((symbol) =>
        sum(({ event, minute }) => event.symbol === symbol && lower <= minute && minute < upper),
      ),
    unmatched: async () => tables.unmatched,
    async *events({ lower = -Infinity, upper = Infinity } = {}) {
      const meant = tables.log.filter(({ event: { at } }) => lower <= at && at < upper);
      meant.sort((a, b) => a.event.at - b.event.at || a.seq - b.seq);
      yield* meant.map(({ event }) => event);
    },
  };
}

interface Change {
  /** Which of the events makes it. */
  readonly place: number;
  /** Of the cell; that of a contact whose initial is not there yet is none. */
  readonly key: string;
  readonly initial: InitialEvent | undefined;
  readonly count: 0 | 1;
  readonly followups: 0 | 1;
  readonly unmatched: -1 | 0 | 1;
}

/** What events change besides the log. */
function changesOf(known: readonly ContactEvent[], events: readonly ContactEvent[]): Change[] {
  const initials = new Map<Uuid, InitialEvent>();
  const followed = new Set<Uuid>();
  const changes: Change[] = [];
  const all = [...known, ...events];
  for (const [i, event] of all.entries()) {
    if (event.replay) continue;
    const { uuid } = event;
    if (event.kind === 'initial') initials.set(uuid, event);
    const isFollowed = followed.has(uuid);
    if (event.kind === 'followup') followed.add(uuid);
    if (i < known.length) continue;
    const initial = initials.get(uuid);
    const key =
      initial === undefined
        ? 'unmatched'
        : `${bucketStart(initial.at, MINUTE)} ${initial.symbol} ${initial.isVowel}`;
    const place = i - known.length;
    if (event.kind === 'initial') {
      changes.push({
        place,
        key,
        initial,
        count: 1,
        followups: isFollowed ? 1 : 0,
        unmatched: isFollowed ? -1 : 0,
      });
    } else {
      changes.push({
        place,
        key,
        initial,
        count: 0,
        followups: initial === undefined ? 0 : 1,
        unmatched: initial === undefined ? 1 : 0,
      });
    }
  }
  return changes;
}

function added(tally: Tally, at: Instant, count: number, followups: number): Tally {
  return {
    count: tally.count + count,
    followups: tally.followups + followups,
    earliest: Math.min(tally.earliest ?? at, at),
    latest: Math.max(tally.latest ?? at, at),
  };
}

function closed(): TallyboardError {
  return new TallyboardError('STORE_CLOSED', 'the store is not open: open it first');
}
