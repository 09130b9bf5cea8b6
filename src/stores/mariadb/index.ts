import { readFileSync } from 'node:fs';
import { createPool, type Pool, type PoolConnection, SqlError } from 'mariadb';
import type { LoggedEvent } from '../../contract/decide.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type {
  CellRun,
  CellSum,
  Changes,
  ContactRow,
  EventRow,
  Fate,
  Locked,
  Loss,
  TransactionalEngine,
} from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import { readServer } from '../shared/server-url.js';
import { readStatements } from '../shared/statements.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new MariaDb(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => {
  const { host, port, path, name } = optionsOf(url);
  return JSON.stringify([host, port, path, name]);
};

const SCHEMA = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
const statementOf = readStatements(new URL('statements.sql', import.meta.url));
const READERS_MAX = 8;
const LOCK_SECONDS = 60;

/** `lock` writes to the rows of contacts, which whoever comes to one of them next waits for. */
class MariaDb implements TransactionalEngine<PoolConnection> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly #options: ReturnType<typeof optionsOf>;
  #pools: { readonly writers: Pool; readonly readers: Pool } | undefined;
  readonly #reading = new Set<PoolConnection>();

  constructor(url: StoreUrl) {
    this.#options = optionsOf(url);
    this.name = `MariaDB at ${this.#options.host}:${this.#options.port}`;
  }

  async connect() {
    const { host, port, username, password, path, tls, timeout } = this.#options;
    const pool = (connectionLimit: number, ...settings: string[]) =>
      createPool({
        host,
        port,
        ...(username === undefined ? {} : { user: username }),
        ...(password === undefined ? {} : { password }),
        database: path,
        ...(tls === undefined ? {} : { ssl: tls }),
        connectionLimit,
        connectTimeout: timeout,
        acquireTimeout: timeout,
        socketTimeout: timeout,
        bigIntAsNumber: true,
        decimalAsNumber: true,
        // Gaps are not locked then, so that new contacts do not wait for each other.
        initSql: ['SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', ...settings],
      });
    // A deadlock ends a transaction: what was sent behind it would each be committed by itself.
    const writers = pool(this.limits.batchesInFlightMax, 'SET autocommit = 0');
    this.#pools = { writers, readers: pool(READERS_MAX) };
  }

  async close() {
    const pools = this.#pools;
    this.#pools = undefined;
    // A pool would wait for a reader that takes nothing.
    for (const connection of this.#reading) connection.destroy();
    await Promise.all([pools?.writers.end(), pools?.readers.end()]);
  }

  /** A statement that makes a table commits, so a lock by name takes the place of a transaction. */
  async alone<T>(run: (connection: PoolConnection) => Promise<T>) {
    const connection = await this.#pools!.readers.getConnection();
    try {
      await connection.query('SELECT GET_LOCK(?, ?)', [this.#options.name, LOCK_SECONDS]);
      return await run(connection);
    } finally {
      // Its end releases the lock.
      connection.destroy();
    }
  }

  async format(connection: PoolConnection) {
    const [found] = await this.#ask<{ tables: number }>(connection, 'found', [`${this.#options.name}notes`]);
    if (found!.tables === 0) return null;
    return (await this.#ask<{ value: string }>(connection, 'format'))[0]?.value ?? null;
  }

  async create(connection: PoolConnection, format: string) {
    for (const statement of this.#named(SCHEMA).split(/;\n/)) {
      if (statement.trim() !== '') await connection.query(statement);
    }
    await this.#ask(connection, 'note', ['format', format]);
  }

  async losses() {
    const rows = await this.#read<{ name: string; setting: string }>('settings');
    const set = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    const losses: Loss[] = [];
    const flush = set.innodb_flush_log_at_trx_commit;
    if (flush !== '1') {
      const survives = flush === '2' ? 'process' : 'nothing';
      losses.push({ survives, warning: warningOf(`innodb_flush_log_at_trx_commit = ${flush}`, '1') });
    }
    if (set.log_bin === 'ON' && set.sync_binlog !== '1') {
      losses.push({ survives: 'process', warning: warningOf(`sync_binlog = ${set.sync_binlog}`, '1') });
    }
    if (set.innodb_doublewrite === 'OFF') {
      losses.push({ survives: 'process', warning: warningOf('innodb_doublewrite = OFF', 'ON') });
    }
    return losses;
  }

  async transaction<T>(run: (connection: PoolConnection) => Promise<T>) {
    const connection = await this.#pools!.writers.getConnection();
    try {
      await connection.beginTransaction();
      const result = await run(connection);
      await connection.commit();
      await connection.release();
      return result;
    } catch (error) {
      // The end of a connection on which something failed rolls back.
      connection.destroy();
      throw error;
    }
  }

  fateOf(error: unknown): Fate {
    if (!(error instanceof SqlError) || error.fatal || error.errno >= CLIENT_ERRNOS) return 'unknown';
    return TRANSIENT_ERRNOS.includes(error.errno) ? 'again' : 'nothing';
  }

  async lock(
    connection: PoolConnection,
    uuids: readonly string[],
    events: readonly Pick<EventRow, 'uuid' | 'id'>[],
  ): Promise<Locked> {
    if (uuids.length === 0) return { contacts: [], logged: [] };
    const [, contacts, logged] = await together([
      this.#ask(connection, 'lock', [JSON.stringify(uuids)]),
      this.#ask<ContactRow>(connection, 'locked', [uuids]),
      this.#ask<LoggedEvent>(connection, 'logged', [JSON.stringify(events)]),
    ]);
    return { contacts: contacts as ContactRow[], logged: logged as LoggedEvent[] };
  }

  async write(connection: PoolConnection, { events, contacts, cells, unmatched, replays }: Changes) {
    await together([
      this.#ask(connection, 'writeEvents', [JSON.stringify(events)]),
      this.#ask(connection, 'writeContacts', [JSON.stringify(contacts)]),
      ...(unmatched === 0 && replays === 0
        ? []
        : [this.#ask(connection, 'writeCounters', [unmatched, replays])]),
      this.#ask(connection, 'writeCells', [JSON.stringify(cells)]),
    ]);
  }

  async sums(runs: readonly CellRun[]) {
    const found = runs.map(() => statementOf('run')).join('\nUNION ALL\n');
    const values = runs.flatMap(({ question, length, lower, upper }) => [question, length, lower, upper]);
    const sql = this.#named(statementOf('sums').replace('RUNS', () => found));
    return this.#pools!.readers.query<CellSum[]>(sql, values);
  }

  contacts = async (uuids: readonly string[]) =>
    uuids.length === 0 ? [] : this.#read<ContactRow>('contacts', [uuids]);
  lastEvents = (eventsMax: number) => this.#read<EventRow>('last', [eventsMax]);
  eventsOfContact = (uuid: string, eventsMax: number) =>
    this.#read<EventRow & { total: number }>('story', [uuid, eventsMax]);
  counters = async () => (await this.#read<{ unmatched: number; replays: number }>('counters'))[0]!;
  note = async (text: string) => void (await this.#read('note', ['verification', text]));
  noted = async () => (await this.#read<{ value: string }>('noted'))[0]?.value ?? null;
  ping = async () => void (await this.#pools!.readers.query('SELECT 1'));

  async *events(lower: number, upper: number) {
    const connection = await this.#pools!.readers.getConnection();
    this.#reading.add(connection);
    try {
      await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      let [at, seq] = [lower, -1];
      for (;;) {
        const page = await this.#ask<EventRow & { seq: number }>(connection, 'page', [at, at, seq, upper]);
        yield* page;
        if (page.length === 0) return;
        ({ at, seq } = page.at(-1)!);
      }
    } finally {
      this.#reading.delete(connection);
      connection.destroy();
    }
  }

  #read<Row>(name: string, values: unknown[] = []) {
    return this.#ask<Row>(this.#pools!.readers, name, values);
  }

  #ask<Row>(connection: Pool | PoolConnection, name: string, values: unknown[] = []): Promise<Row[]> {
    return connection.query<Row[]>(this.#named(statementOf(name)), values);
  }

  /** Puts the names of the tables in. */
  #named(sql: string): string {
    return sql.replaceAll(/\{(\w+)\}/g, (_, table) => `${this.#options.name}${table}`);
  }
}

/** A deadlock, and a lock that was waited for in vain. */
const TRANSIENT_ERRNOS = [1213, 1205];
/** From here on errors are the client's own, which knows nothing of what became of a statement. */
const CLIENT_ERRNOS = 45_000;

function warningOf(setting: string, better: string): string {
  return `MariaDB has ${setting}, so a crash or a power cut loses what was acknowledged last: set it to ${better}`;
}

/** Statements that are sent one after the other without waiting; rejects when all are over. */
async function together(statements: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(statements);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Reads `mariadb://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServer(url, { defaultPort: 3306, nameOption: 'prefix', defaultName: 'tallyboard_' });
}
