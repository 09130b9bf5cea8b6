import {
  type Connection,
  createConnection,
  createPool,
  type Pool,
  type PoolConnection,
  SqlError,
} from 'mariadb';
import type { CellSum, Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { CellRun } from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import { nameOfServers, readServer, urlRefusal } from '../shared/server-url.js';
import { type Purpose, READERS_MAX, SqlEngine, sqlView } from '../shared/sql-engine.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new MariaDb(url), context);

export const createView: NonNullable<Engine['createView']> = (url, context) =>
  sqlView(new MariaDb(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

class MariaDb extends SqlEngine<PoolConnection, Pool> {
  #connect: (() => Promise<Connection>) | undefined;

  constructor(url: StoreUrl) {
    super('MariaDB', optionsOf(url), import.meta.url, () => '?');
  }

  async connect() {
    const { host, port, username, password, path, tls, timeout } = this.server;
    const config = {
      host,
      port,
      ...(username === undefined ? {} : { user: username }),
      ...(password === undefined ? {} : { password }),
      database: path,
      ...(tls === undefined ? {} : { ssl: tls }),
      connectTimeout: timeout,
      socketTimeout: timeout,
      bigIntAsNumber: true,
      decimalAsNumber: true,
    };
    this.#connect = () => createConnection(config).catch(inPlainWords);
    await (await this.#connect()).end();
    const pool = (connectionLimit: number, ...initSql: string[]) =>
      createPool({ ...config, connectionLimit, minimumIdle: 0, acquireTimeout: timeout, initSql });
    const writers = pool(
      this.limits.batchesInFlightMax,
      // Each statement sees what was committed before it: also by whoever had the lock that it waited for.
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      // A deadlock ends a transaction: what was sent behind it would each be committed by itself.
      'SET autocommit = 0',
    );
    const readers = pool(
      READERS_MAX,
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      'SET autocommit = 1',
    );
    this.pools = { writers, readers };
  }

  fateOf(error: unknown): Fate {
    if (!(error instanceof SqlError) || error.fatal || error.errno >= CLIENT_ERRNOS) return 'unknown';
    return TRANSIENT_ERRNOS.includes(error.errno) ? 'again' : 'nothing';
  }

  override async sums(runs: readonly CellRun[]) {
    const found = runs.map(() => this.statement('run')).join('\nUNION ALL\n');
    const values = runs.flatMap(({ question, length, lower, upper }) => [question, length, lower, upper]);
    const sql = this.statement('sums').replace('RUNS', () => found);
    return this.reading((connection) => this.run<CellSum>(connection, sql, values));
  }

  protected async acquire(purpose: Purpose) {
    const pool = this.pools![purpose];
    // A pool tries for as long as it may wait, also where nobody listens, or the password is wrong.
    if (pool.totalConnections() === 0) await (await this.#connect!()).end();
    return pool.getConnection().catch(inPlainWords);
  }

  protected release(connection: PoolConnection, hasFailed: boolean) {
    if (hasFailed) connection.destroy();
    else void connection.release();
  }

  protected run<Row>(connection: PoolConnection, sql: string, values: object = []) {
    return connection.query<Row[]>(sql, Object.values(values)).catch(inPlainWords);
  }

  protected rows(list: readonly object[]) {
    return [JSON.stringify(list)];
  }

  protected tableOf(table: string) {
    return `${this.server.name}${table}`;
  }

  protected lossesOf(settings: ReadonlyMap<string, string>) {
    const losses: Loss[] = [];
    const lose = (survives: Loss['survives'], name: string, better: string) => {
      const what = `${name} = ${settings.get(name)}`;
      const warning = `MariaDB has ${what}, which can lose what was acknowledged last: set it to ${better}`;
      losses.push({ survives, warning });
    };
    const flush = settings.get('innodb_flush_log_at_trx_commit');
    if (flush !== '1') lose(flush === '2' ? 'process' : 'nothing', 'innodb_flush_log_at_trx_commit', '1');
    if (settings.get('log_bin') === 'ON' && settings.get('sync_binlog') !== '1') {
      lose('process', 'sync_binlog', '1');
    }
    if (settings.get('innodb_doublewrite') === 'OFF') lose('process', 'innodb_doublewrite', 'ON');
    return losses;
  }
}

/** A deadlock, and a lock that was waited for in vain. */
const TRANSIENT_ERRNOS = [1213, 1205];
/** The user may not use the database, a table or a column, or do what it is asked for. */
const DENIED_ERRNOS = [1044, 1142, 1143, 1227];
/** A pool had no connection to give. */
const POOL_ERRNO = 45_028;
/** From here on errors are the client's own, which knows nothing of what became of a statement. */
const CLIENT_ERRNOS = 45_000;

/** Leaves out of the driver's words its own numbers, its pool's and the statement; adds what to do. */
function inPlainWords(error: unknown): never {
  for (let next = error; next instanceof SqlError; next = next.cause) {
    const { errno, sqlMessage } = next;
    next.message = errno === POOL_ERRNO ? 'no connection came in time' : (sqlMessage ?? next.message);
    if (DENIED_ERRNOS.includes(errno)) next.message += ': GRANT ALL on the database of the store to its user';
  }
  throw error;
}

/** Reads `mariadb://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  const server = readServer(url, { defaultPort: 3306, nameOption: 'prefix', defaultName: 'tallyboard_' });
  if (server.path === '')
    throw urlRefusal('it names no database: write mariadb://USER:PASSWORD@HOST/DATABASE');
  return server;
}
