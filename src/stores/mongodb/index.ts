import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoServerError,
} from 'mongodb';
import { keyOf } from '../../contract/documents/documents.js';
import type {
  AnyDocument,
  Change,
  Collection as CollectionName,
  Conditions,
  DocumentEngine,
  Field,
  ReplayDocument,
  Search,
} from '../../contract/documents/engine.js';
import { documentStore } from '../../contract/documents/store.js';
import type { CellSum, EventKeys, Fate } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';
import { nameOfServers, readServers } from '../shared/server-url.js';
import { Client } from './client.js';
import { type ContactInDb, INDEXES, type Note, type ReplayInDb } from './collections.js';

export const createStore: Engine['createStore'] = (url, context) => documentStore(new MongoDb(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

/** How many ranges are summed at the same time, of one series and of all that is asked. */
const SUMS_MAX = 4;
const DUPLICATE_KEY = 11_000;
/** What a server says that is no primary, before it does anything. */
const AGAIN_CODES = [10_107, 13_435, 13_436];
/** Who may not write, or is not known. */
const NOTHING_CODES = [13, 18];

/** What is summed of one symbol and guess. */
interface Group extends Omit<CellSum, 'question' | 'symbol' | 'is_vowel'> {
  readonly _id: Pick<CellSum, 'symbol' | 'is_vowel'>;
}

class MongoDb implements DocumentEngine<number> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly triesMilliseconds: number;
  readonly #prefix: string;
  readonly #client: Client;
  /** Where sums wait for their turn, each behind the last of one of them. */
  readonly #queues: Promise<unknown>[] = Array.from({ length: SUMS_MAX }, () => Promise.resolve());
  #sums = 0;

  constructor(url: StoreUrl) {
    const options = optionsOf(url);
    this.triesMilliseconds = options.timeout;
    this.#prefix = options.name;
    this.#client = new Client(options);
    this.name = `MongoDB at ${this.#client.hosts}`;
  }

  async connect() {
    this.#client.connect();
    await this.ping();
  }

  close() {
    return this.#client.close();
  }

  async format() {
    return (await this.noted('format'))[0]?.value ?? null;
  }

  async create(format: string) {
    for (const [name, specifications] of Object.entries(INDEXES)) {
      for (const index of specifications) await this.#on(name, (collection) => collection.createIndex(index));
    }
    await this.note('format', format);
  }

  fateOf(error: unknown): Fate {
    if (!(error instanceof MongoServerError) || isWrittenInPart(error)) return 'unknown';
    if (AGAIN_CODES.includes(Number(error.code))) return 'again';
    return NOTHING_CODES.includes(Number(error.code)) ? 'nothing' : 'unknown';
  }

  async read(uuids: readonly Uuid[]) {
    const found = await this.#on('contacts', (contacts: Collection<ContactInDb>) =>
      contacts.find({ _id: { $in: [...uuids] } }).toArray(),
    );
    return found.map(({ _id, v, ...document }) => ({ document: { ...document, uuid: _id }, version: v }));
  }

  async replaysAmong(events: EventKeys) {
    return this.#on('replays', (replays: Collection<ReplayInDb>) => {
      const found = replays.find({ _id: { $in: events.map(keyOf) } });
      return found.project<EventKeys[number]>({ _id: 0, uuid: 1, id: 1 }).toArray();
    });
  }

  /** Where the version is another one, the update is an insert of a name that is there, and refused by itself. */
  async write(changes: readonly Change<number>[]) {
    const operations = changes.map(({ document: { uuid, ...fields }, before }) =>
      before === undefined
        ? { insertOne: { document: { ...fields, _id: uuid, v: 1 } } }
        : {
            updateOne: {
              filter: { _id: uuid, v: before },
              update: { $set: { ...fields, v: before + 1 } },
              upsert: true,
            },
          },
    );
    const refused = await this.#write<ContactInDb>('contacts', operations);
    return new Set(refused.map((place) => changes[place]!.document.uuid));
  }

  async addReplays(replays: readonly ReplayDocument[]) {
    const operations = replays.map((replay) => ({
      insertOne: { document: { ...replay, _id: keyOf(replay) } },
    }));
    await this.#write<ReplayInDb>('replays', operations);
  }

  async sums(ranges: readonly Range[], symbol: ContactSymbol | undefined) {
    const cells: CellSum[] = [];
    const sum = async ({ lower, upper }: Range, question: number) => {
      const where = { initial_at: { gte: lower, lt: upper }, ...(symbol === undefined ? {} : { symbol }) };
      const pipeline = [
        { $match: filterOf(where) },
        {
          $group: {
            _id: { symbol: '$symbol', is_vowel: '$is_vowel' },
            count: { $sum: 1 },
            followups: { $sum: { $cond: [{ $ne: ['$followup_at', null] }, 1, 0] } },
            earliest: { $min: '$initial_at' },
            latest: { $max: '$initial_at' },
          },
        },
      ];
      const groups = await this.#on('contacts', (contacts) => contacts.aggregate<Group>(pipeline).toArray());
      cells.push(...groups.map(({ _id, ...sums }): CellSum => ({ question, ..._id, ...sums })));
    };
    const questions = ranges.entries();
    // None of a series waits for all the others, and others need not wait for all of it.
    const askers = Array.from({ length: SUMS_MAX }, async () => {
      for (const [question, range] of questions) await this.#inTurn(() => sum(range, question));
    });
    await Promise.all(askers);
    return cells;
  }

  async search(name: CollectionName, search: Search) {
    const { where, order, isDescending = false, documentsMax } = search;
    const filter = { ...filterOf(where), ...behind(name, search) };
    const sort = order.map((field): [string, 1 | -1] => [nameIn(name, field), isDescending ? -1 : 1]);
    const found = await this.#on(name, (collection: Collection<ContactInDb | ReplayInDb>) =>
      collection.find(filter).sort(sort).limit(documentsMax).toArray(),
    );
    return found.map((document): AnyDocument => ({ uuid: document._id, ...document }));
  }

  count(name: CollectionName, where: Conditions) {
    return this.#on(name, (collection: Collection<ContactInDb | ReplayInDb>) =>
      collection.countDocuments(filterOf(where)),
    );
  }

  async note(_id: string, value: string | null) {
    await this.#on<Note, unknown>('notes', (notes) =>
      value === null
        ? notes.deleteOne({ _id })
        : notes.updateOne({ _id }, { $set: { value } }, { upsert: true }),
    );
  }

  async noted(beginning: string) {
    const _id = { $gte: beginning, $lt: `${beginning}\uffff` };
    const found = await this.#on('notes', (notes: Collection<Note>) => notes.find({ _id }).toArray());
    return found.map(({ _id: name, value }) => ({ name, value }));
  }

  async ping() {
    await this.#client.ask((db) => db.command({ ping: 1 }));
  }

  /** The time that an answer may take begins with its turn: of many that come at once, each would take the time of all. */
  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const place = this.#sums % SUMS_MAX;
    this.#sums += 1;
    const answer = this.#queues[place]!.then(ask);
    this.#queues[place] = answer.catch(() => {});
    return answer;
  }

  /** Answers with the places of those that another document was in the way of. */
  async #write<Stored extends Document>(
    name: string,
    operations: readonly AnyBulkWriteOperation<Stored>[],
  ): Promise<number[]> {
    try {
      await this.#on(name, (collection: Collection<Stored>) =>
        collection.bulkWrite(operations, { ordered: false }),
      );
      return [];
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
      const failed = [error.writeErrors].flat();
      if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
      return failed.map(({ index }) => index);
    }
  }

  #on<Stored extends Document, T>(
    name: string,
    ask: (collection: Collection<Stored>) => Promise<T>,
  ): Promise<T> {
    return this.#client.ask((db) => ask(db.collection<Stored>(`${this.#prefix}_${name}`)));
  }
}

/** The driver sends insertions before updates, and says of the second that they failed as if they were all. */
function isWrittenInPart(error: MongoServerError): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const { insertedCount, modifiedCount, upsertedCount, result } = error;
  return insertedCount + modifiedCount + upsertedCount > 0 || result.getWriteConcernError() !== undefined;
}

/** What a field is called: the name of a contact's document is its uuid. */
function nameIn(collection: CollectionName, field: string): string {
  return collection === 'contacts' && field === 'uuid' ? '_id' : field;
}

function filterOf(where: Conditions): Filter<ContactInDb | ReplayInDb> {
  const conditions = Object.entries(where).map(([field, condition]) => {
    if (typeof condition === 'string' || condition === null) return [field, condition];
    return [field, Object.fromEntries(Object.entries(condition).map(([bound, at]) => [`$${bound}`, at]))];
  });
  return Object.fromEntries(conditions);
}

/** What comes behind a document is equal in the first fields of the order, and further in the next one. */
function behind(name: CollectionName, { after, order, isDescending = false }: Search) {
  if (after === undefined) return {};
  const equal = (field: Field) => [nameIn(name, field), after[field]];
  const $or = order.map((field, i) => ({
    ...Object.fromEntries(order.slice(0, i).map(equal)),
    [nameIn(name, field)]: { [isDescending ? '$lt' : '$gt']: after[field] },
  }));
  return { $or };
}

/** Reads `mongodb://user:password@host:port,host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  const options = readServers(url, {
    defaultPort: 27_017,
    nameOption: 'prefix',
    defaultName: 'tally',
    texts: ['replica-set', 'auth-source'],
  });
  return { ...options, path: options.path || 'tallyboard' };
}
