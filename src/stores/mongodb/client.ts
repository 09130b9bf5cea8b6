import { type Db, MongoClient, MongoServerSelectionError } from 'mongodb';
import { within } from '../../contract/within.js';
import { authorityOf, type NamedServers } from '../shared/server-url.js';

/** A primary that has gone, or come, is to be noticed before clients give up. */
const HEARTBEAT_MILLISECONDS = 1000;

/**
 * The driver's client, held to its time. Where a connection is closed just before something is sent on it, the
 * driver waits without end, and where that is the one by which it watches the server, it never finds it again: so
 * no answer is waited for longer than one may take, and a client that finds no server gives way to a new one.
 */
export class Client {
  readonly hosts: string;
  readonly #options: NamedServers;
  /** There from `connect` to `close`. */
  #client: MongoClient | undefined;

  constructor(options: NamedServers) {
    this.#options = options;
    this.hosts = options.addresses.map(authorityOf).join(',');
  }

  connect(): void {
    const { username, password, tls, timeout, text } = this.#options;
    const replicaSet = text('replica-set');
    this.#client = new MongoClient(`mongodb://${this.hosts}/`, {
      appName: 'tallyboard',
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
      ...(username === undefined ? {} : { authSource: text('auth-source') ?? 'admin' }),
      ...(replicaSet === undefined ? {} : { replicaSet }),
      ...(tls === undefined ? {} : { tls: true, ...tls }),
      connectTimeoutMS: timeout,
      socketTimeoutMS: timeout,
      waitQueueTimeoutMS: timeout,
      // The error of it is to come before the answer is late.
      serverSelectionTimeoutMS: timeout / 2,
      heartbeatFrequencyMS: HEARTBEAT_MILLISECONDS,
      // A batch is tried again as a whole, and what it wrote is known by its event ids.
      retryReads: false,
      retryWrites: false,
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeout },
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // What is under way on it may never end.
    await within(client?.close(true) ?? Promise.resolve(), this.#options.timeout).catch(() => {});
  }

  /** What `ask` answers, or the driver's error. */
  async ask<T>(ask: (db: Db) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === undefined) throw new Error('there is no connection');
    const { path, timeout } = this.#options;
    try {
      return await within(ask(client.db(path)), timeout);
    } catch (error) {
      if (error instanceof MongoServerSelectionError && client === this.#client) {
        void this.close();
        this.connect();
      }
      throw error;
    }
  }
}
