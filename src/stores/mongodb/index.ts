import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoServerError,
} from 'mongodb';
import { keyOf, standingOf } from '../../contract/documents/documents.js';
import {
  type Change,
  type DocumentEngine,
  type Page,
  type ReplayDocument,
  STREAMS,
  type Standing,
  type Stream,
} from '../../contract/documents/engine.js';
import { documentStore } from '../../contract/documents/store.js';
import type { CellSum, EventKeys, Fate } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';
import { readServers } from '../shared/server-url.js';
import { Client } from './client.js';
import { type ContactInDb, INDEXES, type Note, type ReplayInDb } from './collections.js';

export const createStore: Engine['createStore'] = (url, context) => documentStore(new MongoDb(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => {
  const { addresses, path, name } = optionsOf(url);
  const hosts = addresses.map(({ host, port }) => `${host}:${port}`).sort();
  return JSON.stringify([hosts, path, name]);
};

/** How many ranges of a series are asked for at the same time. */
const SUMS_MAX = 4;
const DUPLICATE_KEY = 11_000;
/** What a server says that is no primary, before it does anything. */
const AGAIN_CODES = [10_107, 13_435, 13_436];
/** Who may not write, or is not known. Whatever else fails may have failed in the middle of a batch. */
const NOTHING_CODES = [13, 18];

class MongoDb implements DocumentEngine<number> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly triesMilliseconds: number;
  readonly #prefix: string;
  readonly #client: Client;

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

  format() {
    return this.#noteOf('format');
  }

  async create(format: string) {
    for (const [name, specifications] of Object.entries(INDEXES)) {
      for (const index of specifications) await this.#on(name, (collection) => collection.createIndex(index));
    }
    await this.#noteAs('format', format);
  }

  /** Each write waits for the journals of most members, whatever the server's own settings. */
  async losses() {
    return [];
  }

  fateOf(error: unknown): Fate {
    if (error instanceof MongoBulkWriteError || !(error instanceof MongoServerError)) return 'unknown';
    if (AGAIN_CODES.includes(Number(error.code))) return 'again';
    return NOTHING_CODES.includes(Number(error.code)) ? 'nothing' : 'unknown';
  }

  async read(uuids: readonly Uuid[]) {
    const found = await this.#contacts((contacts) => contacts.find({ _id: { $in: [...uuids] } }).toArray());
    return found.map(({ _id, v, ...document }) => ({ document: { ...document, uuid: _id }, version: v }));
  }

  async replaysAmong(events: EventKeys) {
    return this.#replays((replays) => {
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
      const meant = { initial_at: { $gte: lower, $lt: upper }, ...(symbol === undefined ? {} : { symbol }) };
      const pipeline = [
        { $match: meant },
        {
          $group: {
            _id: { symbol: '$symbol', is_vowel: '$is_vowel' },
            count: { $sum: 1 },
            followups: { $sum: { $cond: [{ $ne: ['$followup_at', null] }, 1, 0] } },
            earliest: { $min: '$initial_at' },
            latest: { $max: '$initial_at' },
          },
        },
        {
          $project: {
            _id: 0,
            count: 1,
            followups: 1,
            earliest: 1,
            latest: 1,
            symbol: '$_id.symbol',
            is_vowel: '$_id.is_vowel',
          },
        },
      ];
      const groups = await this.#contacts((contacts) =>
        contacts.aggregate<Omit<CellSum, 'question'>>(pipeline).toArray(),
      );
      cells.push(...groups.map((group): CellSum => ({ ...group, question })));
    };
    const questions = ranges.entries();
    // Each is answered in its time, so none may wait for all the others.
    const askers = Array.from({ length: SUMS_MAX }, async () => {
      for (const [question, range] of questions) await sum(range, question);
    });
    await Promise.all(askers);
    return cells;
  }

  page(stream: Stream, { after, lower, upper, seqMax, eventsMax }: Page) {
    const { at, seq } = STREAMS[stream];
    const within = { [at]: { $gte: after?.at ?? lower, $lt: upper }, [seq]: { $lte: seqMax } };
    const behind =
      after === undefined
        ? {}
        : {
            $or: [
              { [at]: { $gt: after.at } },
              { [at]: after.at, [seq]: { $gt: after.seq } },
              { [at]: after.at, [seq]: after.seq, _id: { $gt: after.key } },
            ],
          };
    return this.#standings(stream, { ...within, ...behind }, { [at]: 1, [seq]: 1, _id: 1 }, eventsMax);
  }

  last(stream: Stream, eventsMax: number) {
    const { seq } = STREAMS[stream];
    return this.#standings(stream, { [seq]: { $gt: 0 } }, { [seq]: -1 }, eventsMax);
  }

  replaysOf(uuid: Uuid, eventsMax: number) {
    return this.#standings('replays', { uuid }, { at: 1, seq: 1 }, eventsMax);
  }

  unmatched() {
    return this.#contacts((contacts) => contacts.countDocuments({ initial_at: null }));
  }

  replays(uuid?: Uuid) {
    return this.#replays((replays) => replays.countDocuments(uuid === undefined ? {} : { uuid }));
  }

  note(text: string) {
    return this.#noteAs('verification', text);
  }

  noted() {
    return this.#noteOf('verification');
  }

  async ping() {
    await this.#client.ask((db) => db.command({ ping: 1 }));
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

  async #standings(
    stream: Stream,
    filter: Document,
    sort: Record<string, 1 | -1>,
    eventsMax: number,
  ): Promise<Standing[]> {
    const { collection } = STREAMS[stream];
    const documents = await this.#on(collection, (all: Collection<ContactInDb | ReplayInDb>) =>
      all
        .find(filter as Filter<ContactInDb | ReplayInDb>)
        .sort(sort)
        .limit(eventsMax)
        .toArray(),
    );
    return documents.map((document) => standingOf(stream, { uuid: document._id, ...document }));
  }

  async #noteOf(_id: string): Promise<string | null> {
    const note = await this.#on('notes', (notes: Collection<Note>) => notes.findOne({ _id }));
    return note?.value ?? null;
  }

  async #noteAs(_id: string, value: string): Promise<void> {
    await this.#on('notes', (notes: Collection<Note>) =>
      notes.updateOne({ _id }, { $set: { value } }, { upsert: true }),
    );
  }

  #contacts<T>(ask: (contacts: Collection<ContactInDb>) => Promise<T>): Promise<T> {
    return this.#on('contacts', ask);
  }

  #replays<T>(ask: (replays: Collection<ReplayInDb>) => Promise<T>): Promise<T> {
    return this.#on('replays', ask);
  }

  #on<Stored extends Document, T>(
    name: string,
    ask: (collection: Collection<Stored>) => Promise<T>,
  ): Promise<T> {
    return this.#client.ask((db) => ask(db.collection<Stored>(`${this.#prefix}_${name}`)));
  }
}

/** Reads `mongodb://user:password@host:port,host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServers(url, {
    defaultPort: 27_017,
    nameOption: 'prefix',
    defaultName: 'tally',
    texts: ['replica-set', 'auth-source'],
  });
}
