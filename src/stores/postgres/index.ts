import pg from 'pg';
import type { LoggedEvent } from '../../contract/decide.js';
import type { CellSum, ContactRow, EventKeys, Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, Log, StoreUrl } from '../../contract/store.js';
import { type CellRun, type Changes, COLUMNS, type Locked } from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import type { Uuid } from '../../domain/contact.js';
import { nameOfServer, readServer } from '../shared/server-url.js';
import { type Purpose, READERS_MAX, SqlEngine } from '../shared/sql-engine.js';
import { together } from '../shared/together.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new Postgres(url, context.log), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServer(optionsOf(url));

class Postgres extends SqlEngine<pg.PoolClient, pg.Pool> {
  readonly #log: Log;
  readonly #written = new WeakMap<pg.PoolClient, Promise<unknown>>();
  constructor(url: StoreUrl, log: Log) {
    super('PostgreSQL', optionsOf(url), import.meta.url);
    this.#log = log;
  }

  async connect() {
    const { host, port, username, password, path, tls, timeout, name } = this.server;
    const config: pg.PoolConfig = {
      host,
      port,
      user: username,
      password,
      database: path === '' ? undefined : path,
      ssl: tls,
      // Each statement sees what was committed before it: also by whoever had the lock that it waited for.
      options: `-c search_path=${name} -c default_transaction_isolation=read\\ committed -c jit=off`,
      connectionTimeoutMillis: timeout,
      query_timeout: timeout,
      // Statements are sent without waiting for the one before.
      pipeline: true,
      // All whole numbers of a store are safe ones.
      types: {
        getTypeParser: (id: number) =>
          id === INT8 || id === NUMERIC ? Number : pg.types.getTypeParser(id, 'text'),
      } as pg.CustomTypesConfig,
    };
    const pool = (max: number) =>
      new pg.Pool({ ...config, max })
        .on('error', ({ message }) =>
          this.#log.warn({ reason: message }, 'a connection to PostgreSQL was lost'),
        )
        .on('connect', (client) => void client.on('error', () => {}));
    this.pools = { writers: pool(this.limits.batchesInFlightMax), readers: pool(READERS_MAX) };
  }

  override async create(client: pg.PoolClient, format: string) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${this.server.name}`);
    await super.create(client, format);
  }

  fateOf(error: unknown): Fate {
    // What is fatal to a connection may come when a commit is through.
    if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') return 'unknown';
    return TRANSIENT_CODES.includes(error.code ?? '') ? 'again' : 'nothing';
  }

  async lock(client: pg.PoolClient, uuids: readonly Uuid[], events: EventKeys): Promise<Locked> {
    const [, contacts, logged] = await together([
      this.ask(client, 'lock'),
      this.ask<ContactRow>(client, 'contacts', [uuids]),
      this.ask<LoggedEvent>(client, 'logged', columns(events, ['uuid', 'id'])),
    ]);
    return { contacts: contacts as ContactRow[], logged: logged as LoggedEvent[] };
  }

  /** The commit is sent behind it: after an error PostgreSQL makes a rollback of that. */
  async write(client: pg.PoolClient, { events, contacts, cells, unmatched, replays }: Changes) {
    const written = this.ask(client, 'write', [
      ...columns(events, COLUMNS.events),
      ...columns(contacts, COLUMNS.contacts),
      unmatched,
      replays,
      ...columns(cells, COLUMNS.cells),
    ]);
    this.#written.set(client, written);
  }

  protected override async commit(client: pg.PoolClient) {
    const written = this.#written.get(client);
    this.#written.delete(client);
    await together([...(written === undefined ? [] : [written]), this.run(client, 'COMMIT')]);
  }

  sums(runs: readonly CellRun[]) {
    return this.read<CellSum>('sums', columns(runs, COLUMNS.runs));
  }

  protected acquire(purpose: Purpose) {
    return this.pools![purpose].connect();
  }

  protected release(client: pg.PoolClient, hasFailed: boolean) {
    client.release(hasFailed);
  }

  /** With a name the server plans a statement once for a connection. */
  protected async run<Row>(client: pg.PoolClient, text: string, values: readonly unknown[] = [], name = '') {
    return (await client.query<pg.QueryResultRow>({ name, text, values: [...values] })).rows as Row[];
  }

  /** The search path says where it is. */
  protected tableOf(table: string) {
    return table;
  }

  protected lossesOf(settings: ReadonlyMap<string, string>) {
    return Object.entries(LOSSES).flatMap(([name, [survives, what]]): Loss[] => {
      if (settings.get(name) !== 'off') return [];
      return [{ survives, warning: `PostgreSQL has ${name} = off, so ${what}: set it to on` }];
    });
  }
}

/** A deadlock, and two transactions that cannot be put in a row. */
const TRANSIENT_CODES = ['40P01', '40001'];
/** What survives where a setting is off, and why no more does. */
const LOSSES: Readonly<Record<string, readonly [Loss['survives'], string]>> = {
  synchronous_commit: ['nothing', 'what was acknowledged last is lost when PostgreSQL is killed'],
  fsync: ['process', 'a power cut loses what was acknowledged last'],
  full_page_writes: ['process', 'a power cut may damage pages'],
};
const INT8 = 20;
const NUMERIC = 1700;

/** A list of rows as one list for each column. */
function columns<Row>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}

/** Reads `postgres://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServer(url, { defaultPort: 5432, nameOption: 'schema', defaultName: 'tallyboard' });
}
