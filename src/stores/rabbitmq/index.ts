import { asTallyboardError, TallyboardError } from '../../contract/errors.js';
import type { Engine, Store, StoreContext } from '../../contract/store.js';
import { nameOfServers } from '../shared/server-url.js';
import type { Folder } from './folder.js';
import { Follower } from './follower.js';
import { BATCH_EVENTS_MAX } from './message.js';
import { optionsOf, type RabbitOptions } from './options.js';

export const createStore: Engine['createStore'] = (url, context) => rabbitStore(optionsOf(url), context);

export const createReader: NonNullable<Engine['createReader']> = (url, context) =>
  rabbitStore(optionsOf(url), { ...context, mustExist: true });

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

/**
 * A log that any number of servers write to, and that each of them folds, in the log's order, into an embedded
 * store of its own, which decides and answers.
 */
function rabbitStore(options: RabbitOptions, context: StoreContext): Store {
  let opened: { readonly follower: Follower; readonly folder: Folder } | undefined;

  function required() {
    if (opened === undefined) {
      throw new TallyboardError('STORE_CLOSED', 'the RabbitMQ store is not open: open it first');
    }
    return opened;
  }
  const embedded = () => required().folder.store;

  return {
    promises: {
      survives: 'process',
      batches: 'whole',
      reads: 'immediate',
      writers: 'many',
      keepsEvents: true,
      replays: 'recognised',
      rollups: ['minute', 'hour', 'day'],
      differences: [
        'A batch that did not come back from the log in time is refused, and may be stored nevertheless: sent again, it is counted once.',
        'What one server acknowledged is in the answers of another when that has folded it.',
      ],
    },
    limits: { batchEventsMax: BATCH_EVENTS_MAX, batchesInFlightMax: 2 },
    folder: options.folders,
    async open() {
      if (opened !== undefined) return;
      const follower = new Follower(options, context);
      try {
        opened = { follower, folder: await follower.open() };
      } catch (error) {
        throw asTallyboardError(error, 'STORE_UNAVAILABLE', `${follower.name} cannot be opened`);
      }
    },
    async close() {
      const { follower } = opened ?? {};
      opened = undefined;
      await follower?.close();
    },
    warnings: () => opened?.follower.warnings ?? [],
    trouble: () => opened?.follower.trouble(),
    giveUp: () => opened?.follower.giveUp(),
    async append(events) {
      const { follower } = required();
      return events.length === 0 ? [] : follower.send({ type: 'batch', events });
    },
    async recordVerification(verification) {
      await required().follower.send({ type: 'verification', verification });
    },
    tallyOfSymbol: async (symbol) => embedded().tallyOfSymbol(symbol),
    talliesOfRange: async (range) => embedded().talliesOfRange(range),
    async *talliesOfSeries(edges) {
      yield* embedded().talliesOfSeries!(edges);
    },
    unmatched: async () => embedded().unmatched(),
    contacts: async (uuids) => embedded().contacts!(uuids),
    async *everyContact() {
      yield* embedded().everyContact!();
    },
    async *events(span) {
      yield* embedded().events(span);
    },
    async *everyEvent() {
      yield* embedded().everyEvent!();
    },
    lastEvents: async (eventsMax) => embedded().lastEvents!(eventsMax),
    eventsOfContact: async (uuid, eventsMax, signal) => embedded().eventsOfContact!(uuid, eventsMax, signal),
    replays: async () => embedded().replays!(),
    verification: async () => embedded().verification!(),
    documents: async (kind) => embedded().documents!(kind),
    async keepDocument(kind, name, text) {
      await required().follower.send({ type: 'document', kind, name, text });
    },
  };
}
