import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoClient,
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
import { authorityOf, readServers } from '../shared/server-url.js';
import { type ContactInDb, INDEXES, type Note, type ReplayInDb } from './collections.js';

export const createStore: Engine['createStore'] = (url, context) => documentStore(new MongoDb(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => {
  const { addresses, path, name } = optionsOf(url);
  const hosts = addresses.map(({ host, port }) => `${host}:${port}`).sort();
  return JSON.stringify([hosts, path, name]);
};

/** A primary that has gone, or come, is to be noticed before clients give up. */
const HEARTBEAT_MILLISECONDS = 1000;
const DUPLICATE_KEY = 11_000;
/** What a server says that is no primary, before it does anything. */
const AGAIN_CODES = [10_107, 13_435, 13_436];
/** Who may not write, or is not known. Whatever else fails may have failed in the middle of a batch. */
const NOTHING_CODES = [13, 18];

class MongoDb implements DocumentEngine<number> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly triesMilliseconds: number;
  readonly #options: ReturnType<typeof optionsOf>;
  /** There from `connect` to `close`. */
  #client: MongoClient | undefined;

  constructor(url: StoreUrl) {
    this.#options = optionsOf(url);
    this.triesMilliseconds = this.#options.timeout;
    this.name = `MongoDB at ${this.#hosts()}`;
  }

  async connect() {
    const { username, password, tls, timeout, text } = this.#options;
    const replicaSet = text('replica-set');
    const client = new MongoClient(`mongodb://${this.#hosts()}/`, {
      appName: 'tallyboard',
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
      ...(username === undefined ? {} : { authSource: text('auth-source') ?? 'admin' }),
      ...(replicaSet === undefined ? {} : { replicaSet }),
      ...(tls === undefined ? {} : { tls: true, ...tls }),
      connectTimeoutMS: timeout,
      socketTimeoutMS: timeout,
      // Both are waited for, one after the other, before anything is asked.
      serverSelectionTimeoutMS: timeout / 2,
      waitQueueTimeoutMS: timeout / 2,
      heartbeatFrequencyMS: HEARTBEAT_MILLISECONDS,
      // A batch is tried again as a whole, and what it wrote is known by its event ids.
      retryReads: false,
      retryWrites: false,
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeout },
    });
    this.#client = client;
    await client.connect();
    await this.ping();
  }

  async close() {
    const client = this.#client;
    this.#client = undefined;
    await client?.close(true);
  }

  async format() {
    return (await this.#notes().findOne({ _id: 'format' }))?.value ?? null;
  }

  async create(format: string) {
    for (const [name, specifications] of Object.entries(INDEXES)) {
      const collection = this.#collection(name);
      for (const index of specifications) await collection.createIndex(index);
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
    const found = await this.#contacts()
      .find({ _id: { $in: [...uuids] } })
      .toArray();
    return found.map(({ _id, v, ...document }) => ({ document: { ...document, uuid: _id }, version: v }));
  }

  async replaysAmong(events: EventKeys) {
    const found = this.#replays().find({ _id: { $in: events.map(keyOf) } });
    return found.project<EventKeys[number]>({ _id: 0, uuid: 1, id: 1 }).toArray();
  }

  /** Where the version is another one, the update is an insert of a name that is there, and refused by itself. */
  async write(changes: readonly Change<number>[]) {
    const operations = changes.map(({ document: { uuid, ...fields }, before = 0 }) => ({
      updateOne: {
        filter: { _id: uuid, v: before },
        update: { $set: { ...fields, v: before + 1 } },
        upsert: true,
      },
    }));
    const refused = await this.#write(this.#contacts(), operations);
    return new Set(refused.map((place) => changes[place]!.document.uuid));
  }

  async addReplays(replays: readonly ReplayDocument[]) {
    const operations = replays.map((replay) => ({
      insertOne: { document: { ...replay, _id: keyOf(replay) } },
    }));
    await this.#write(this.#replays(), operations);
  }

  async sums(ranges: readonly Range[], symbol: ContactSymbol | undefined) {
    const all = ranges.map(async ({ lower, upper }, question) => {
      const meant = { initial_at: { $gte: lower, $lt: upper }, ...(symbol === undefined ? {} : { symbol }) };
      const groups = this.#contacts().aggregate<Omit<CellSum, 'question'>>([
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
      ]);
      return (await groups.toArray()).map((group): CellSum => ({ ...group, question }));
    });
    return (await Promise.all(all)).flat();
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
    return this.#contacts().countDocuments({ initial_at: null });
  }

  replays(uuid?: Uuid) {
    return this.#replays().countDocuments(uuid === undefined ? {} : { uuid });
  }

  note(text: string) {
    return this.#noteAs('verification', text);
  }

  async noted() {
    return (await this.#notes().findOne({ _id: 'verification' }))?.value ?? null;
  }

  async ping() {
    await this.#db().command({ ping: 1 });
  }

  /** Answers with the places of those that another document was in the way of. */
  async #write<Stored extends Document>(
    collection: Collection<Stored>,
    operations: readonly unknown[],
  ): Promise<number[]> {
    try {
      await collection.bulkWrite(operations as AnyBulkWriteOperation<Stored>[], { ordered: false });
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
    const found = this.#collection<ContactInDb | ReplayInDb>(collection)
      .find(filter as Filter<ContactInDb | ReplayInDb>)
      .sort(sort)
      .limit(eventsMax);
    const documents = await found.toArray();
    return documents.map((document) => standingOf(stream, { uuid: document._id, ...document }));
  }

  async #noteAs(_id: string, value: string): Promise<void> {
    await this.#notes().updateOne({ _id }, { $set: { value } }, { upsert: true });
  }

  #contacts() {
    return this.#collection<ContactInDb>('contacts');
  }

  #replays() {
    return this.#collection<ReplayInDb>('replays');
  }

  #notes() {
    return this.#collection<Note>('notes');
  }

  #collection<Stored extends Document>(name: string) {
    return this.#db().collection<Stored>(`${this.#options.name}_${name}`);
  }

  #db() {
    if (this.#client === undefined) throw new Error('there is no connection');
    return this.#client.db(this.#options.path === '' ? 'tallyboard' : this.#options.path);
  }

  #hosts(): string {
    return this.#options.addresses.map(authorityOf).join(',');
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
