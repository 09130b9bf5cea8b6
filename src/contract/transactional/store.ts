import type { ContactEvent } from '../../domain/contact.js';
import { BUCKETS, coverRange, type Range, withinEvents } from '../../domain/time.js';
import { decide } from '../decide.js';
import { unconfirmed } from '../errors.js';
import { contactOf } from '../served/rows.js';
import { type Door, FORMAT, isMade, type Serving, servedStore, tried } from '../served/store.js';
import type { Outcome, Store, StoreContext } from '../store.js';
import { changesOf } from './changes.js';
import type { CellRun, TransactionalEngine } from './engine.js';

type Run = Omit<CellRun, 'question'>;

const ALL_TIME: readonly Run[] = [{ length: 0, lower: 0, upper: 1 }];

/** Makes a store of an engine with transactions. All that the dashboard's page asks comes with it. */
export function transactionalStore<Transaction>(
  engine: TransactionalEngine<Transaction>,
  context: StoreContext,
): Store {
  return servedStore(engine, context, (door) => servingOf(engine, context, door));
}

function servingOf<Transaction>(
  engine: TransactionalEngine<Transaction>,
  context: StoreContext,
  door: Door,
): Serving {
  async function append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const uuids = [...new Set(batch.map(({ uuid }) => uuid))].sort();
    let isCommitting = false;
    try {
      return await tried(engine, () => {
        isCommitting = false;
        return engine.transaction(async (transaction) => {
          const { contacts, logged } = await engine.lock(transaction, uuids, batch);
          const decision = decide(batch, { contacts: contacts.map(contactOf), logged });
          if (decision.events.length > 0) await engine.write(transaction, changesOf(decision));
          isCommitting = true;
          return decision.outcomes;
        });
      });
    } catch (error) {
      if (!isCommitting || engine.fateOf(error) !== 'unknown') {
        throw door.refusal(error, 'could not take the events');
      }
      throw unconfirmed(engine.name, error);
    }
  }

  return {
    promises: {
      batches: 'whole',
      rollups: ['minute', 'hour', 'day'],
      differences: [
        'A batch whose commit was not confirmed is refused, and may be stored nevertheless: sent again, it is counted once.',
      ],
    },
    prepare: () =>
      engine.alone(async (transaction) => {
        if (!isMade(await engine.format(transaction), engine, context))
          await engine.create(transaction, FORMAT);
      }),
    append,
    rebuild: engine.rebuild && (() => engine.transaction((transaction) => engine.rebuild!(transaction))),
    everyContact: engine.everyContact && (() => engine.everyContact!()),
    async sums(ranges) {
      const runs = ranges.flatMap((range, question) =>
        (range === null ? ALL_TIME : runsOf(range)).map((run) => ({ ...run, question })),
      );
      return runs.length === 0 ? [] : engine.sums(runs);
    },
    contacts: (uuids) => engine.contacts(uuids),
    events: (lower, upper) => engine.events(lower, upper),
    lastEvents: (eventsMax) => engine.lastEvents(eventsMax),
    eventsOfContact: (uuid, eventsMax) => engine.eventsOfContact(uuid, eventsMax),
    counters: () => engine.counters(),
  };
}

function runsOf(range: Range): Run[] {
  return coverRange(withinEvents(range)).map(({ bucket, lower, upper }) => ({
    length: BUCKETS[bucket],
    lower,
    upper,
  }));
}
