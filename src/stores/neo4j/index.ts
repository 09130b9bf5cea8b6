import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import neo4j, { type Driver, type Session, type Transaction } from 'neo4j-driver-lite';
import type { Fate } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { TransactionalEngine } from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import { within } from '../../contract/within.js';
import { authorityOf, nameOfServers, readServer } from '../shared/server-url.js';
import { StatementEngine } from '../shared/statement-engine.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new Neo4j(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

const NO_PASSWORD = { scheme: 'none', credentials: '' };
/** A deadlock, and what another server made between the look whether it is there and the making. */
const AGAIN_CODES = /^Neo\.(TransientError\.|ClientError\.Schema\..*AlreadyExists$)/;
/** What is made when a store is made, which waits for other servers and for compilers. */
const SCHEMA_MILLISECONDS = 300_000;
/**
 * The driver writes a message in parts and leaves Nagle's algorithm on: the last part of each waits 40 ms for the
 * server's delayed acknowledgement. It hands out no socket, so those that are made within a session are looked for.
 */
const ours = new AsyncLocalStorage<true>();
subscribe('net.client.socket', (made) => {
  if (ours.getStore()) (made as { socket: Socket }).socket.setNoDelay();
});

/** What a statement is run on; on a session it is a transaction of its own. */
type Connection = Session | Transaction;

class Neo4j extends StatementEngine<Connection> implements TransactionalEngine<Connection> {
  /** A batch takes a millisecond an event, and several where Neo4j has just started. */
  readonly limits = { batchEventsMax: 256, batchesInFlightMax: 2 };
  readonly #scheme: string;
  /** There from `connect` to `close`. */
  #driver: Driver | undefined;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(url: StoreUrl) {
    super('Neo4j', optionsOf(url), import.meta.url, 'cypher');
    this.#scheme = url.scheme;
  }

  async connect() {
    this.#driver = this.#newDriver();
    await this.ping();
  }

  async close() {
    const driver = this.#driver;
    this.#driver = undefined;
    // A closed driver leaves what waits for a connection waiting.
    await Promise.allSettled(this.#underWay);
    await driver?.close();
  }

  /**
   * What is made when a store is made is made once, whoever makes it: there is no need to be alone. Nor may there be
   * a transaction around it: it would hold a lock on the label that it read, which the schema waits for.
   */
  alone<T>(run: (session: Session) => Promise<T>) {
    return this.#inSession(run, SCHEMA_MILLISECONDS);
  }

  transaction<T>(run: (transaction: Transaction) => Promise<T>) {
    return this.#inSession(async (session) => {
      const transaction = session.beginTransaction();
      const result = await run(transaction);
      await transaction.commit();
      return result;
    });
  }

  fateOf(error: unknown): Fate {
    const code = error instanceof neo4j.Neo4jError ? error.code : '';
    if (AGAIN_CODES.test(code)) return 'again';
    return code.startsWith('Neo.ClientError.') ? 'nothing' : 'unknown';
  }

  protected rows(list: readonly object[]) {
    return { rows: list };
  }

  protected tableOf(label: string) {
    return `${this.server.name.replace(/^[a-z]/, (first) => first.toUpperCase())}${label}`;
  }

  protected read<Row>(name: string, values?: object): Promise<Row[]> {
    return this.#inSession((session) => this.ask<Row>(session, name, values));
  }

  /** Every number of a store is a whole one, which Neo4j has to be told. */
  protected async run<Row>(on: Connection, text: string, values: object = {}): Promise<Row[]> {
    const whole = (_: string, value: unknown) => (typeof value === 'number' ? neo4j.int(value) : value);
    const { records } = await on.run(text, JSON.parse(JSON.stringify(values), whole));
    return records.map((record) => (record.has('row') ? record.get('row') : record.toObject()) as Row);
  }

  /** A transaction that is not over when the session ends is rolled back. */
  async #inSession<T>(run: (session: Session) => Promise<T>, timeout = this.server.timeout): Promise<T> {
    const driver = this.#driver!;
    const session = driver.session({ database: this.server.path });
    const answer = within(
      ours.run(true, () => run(session)),
      timeout,
      (late) => {
        // The other connections are as silent; those in use end when they are heard of again.
        if (this.#driver === driver) this.#driver = this.#newDriver();
        driver.close().catch(() => {});
        return late;
      },
    ).catch(inShort);
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
      session.close().catch(() => {});
    }
  }

  #newDriver(): Driver {
    const { username, password, tls, timeout, text } = this.server;
    const [authority, certfile, keyfile] = ['tls-ca', 'tls-cert', 'tls-key'].map(text);
    const auth = username === undefined ? NO_PASSWORD : neo4j.auth.basic(username, password ?? '');
    return neo4j.driver(`${this.#scheme}://${authorityOf(this.server)}`, auth, {
      encrypted: tls === undefined ? 'ENCRYPTION_OFF' : 'ENCRYPTION_ON',
      ...(authority && { trust: 'TRUST_CUSTOM_CA_SIGNED_CERTIFICATES', trustedCertificates: [authority] }),
      ...(certfile && { clientCertificate: { certfile, keyfile: keyfile! } }),
      connectionTimeout: timeout,
      connectionAcquisitionTimeout: timeout,
      disableLosslessIntegers: true,
      notificationFilter: { minimumSeverityLevel: 'OFF' },
      telemetryDisabled: true,
    });
  }
}

/** Leaves of the driver's words, of which there are many, those that say what is wrong. */
function inShort(error: unknown): never {
  for (let next = error; next instanceof Error; next = next.cause) {
    next.message = next.message
      .replace(/^Failed to connect to server\..*Caused by: |\. Known routing table: .*$/s, '')
      .replace(/\. If you trust .*Socket responded with/s, '')
      .replace(/^The client is unauthorized.*/, 'the user or the password is not right');
  }
  throw error;
}

/** Reads `neo4j://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServer(url, {
    defaultPort: 7687,
    nameOption: 'prefix',
    defaultName: 'tally',
    // Whoever asks first waits for the compiler.
    defaultTimeout: 30_000,
  });
}
