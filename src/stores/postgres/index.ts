import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { LoggedEvent } from '../../contract/decide.js';
import type { Engine, Log, StoreUrl } from '../../contract/store.js';
import {
  type CellRun,
  type CellSum,
  type Changes,
  COLUMNS,
  type ContactRow,
  type EventRow,
  type Fate,
  type Locked,
  type Loss,
  type TransactionalEngine,
} from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import { readServer } from '../shared/server-url.js';
import { readStatements } from '../shared/statements.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new Postgres(url, context.log), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => {
  const { config, schema } = optionsOf(url);
  return JSON.stringify([config.host, config.port, config.database, schema]);
};

const SCHEMA = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
const statement = readStatements(new URL('statements.sql', import.meta.url));
const EVENTS_A_FETCH = 1000;
const READERS_MAX = 8;

/** `lock` writes to the rows of contacts, which whoever comes to one of them next waits for. */
class Postgres implements TransactionalEngine<pg.PoolClient> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly #options: ReturnType<typeof optionsOf>;
  readonly #log: Log;
  /** Readers have connections of their own, so that a dashboard and events never wait for each other. */
  #pools: { readonly writers: pg.Pool; readonly readers: pg.Pool } | undefined;
  readonly #cursors = new Set<pg.Client>();

  constructor(url: StoreUrl, log: Log) {
    this.#options = optionsOf(url);
    this.#log = log;
    this.name = `PostgreSQL at ${this.#options.config.host}:${this.#options.config.port}`;
  }

  async connect() {
    const pool = (max: number) =>
      new pg.Pool({ ...this.#options.config, max })
        .on('error', (error) =>
          this.#log.warn({ reason: error.message }, 'a connection to PostgreSQL was lost'),
        )
        .on('connect', (client) => void client.on('error', () => {}));
    this.#pools = { writers: pool(this.limits.batchesInFlightMax), readers: pool(READERS_MAX) };
  }

  async close() {
    const pools = this.#pools;
    this.#pools = undefined;
    // A pool would wait for a reader that takes nothing.
    await Promise.all([...this.#cursors].map((client) => client.end()));
    await Promise.all([pools?.writers.end(), pools?.readers.end()]);
  }

  alone<T>(run: (client: pg.PoolClient) => Promise<T>) {
    return this.transaction(async (client) => {
      await rowsOf(client, 'alone', [this.#options.schema]);
      return run(client);
    });
  }

  async format(client: pg.PoolClient) {
    const [found] = await rowsOf<{ is_there: boolean }>(client, 'found', [`${this.#options.schema}.notes`]);
    if (!found!.is_there) return null;
    return (await rowsOf<{ value: string }>(client, 'format'))[0]?.value ?? 'unknown';
  }

  async create(client: pg.PoolClient, format: string) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${this.#options.schema};\n${SCHEMA}`);
    await client.query(`INSERT INTO notes VALUES ('format', $1)`, [format]);
  }

  async losses() {
    const found = await this.#read<{ name: string; setting: string }>('settings');
    return found.flatMap(({ name, setting }): Loss[] => {
      if (setting !== 'off') return [];
      const [survives, what] = LOSSES[name]!;
      return [{ survives, warning: `PostgreSQL has ${name} = off, so ${what}: set it to on` }];
    });
  }

  async transaction<T>(run: (client: pg.PoolClient) => Promise<T>) {
    const client = await this.#pools!.writers.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await run(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      // The end of a connection on which something failed rolls back.
      client.release(failure);
    }
  }

  fateOf(error: unknown): Fate {
    // What is fatal to a connection may come when a commit is through.
    if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') return 'unknown';
    return TRANSIENT_CODES.includes(error.code ?? '') ? 'again' : 'nothing';
  }

  async lock(
    client: pg.PoolClient,
    uuids: readonly string[],
    events: readonly Pick<EventRow, 'uuid' | 'id'>[],
  ): Promise<Locked> {
    const rows = await rowsOf<ContactRow & { is_new: boolean }>(client, 'lock', [uuids]);
    const contacts = rows.filter(({ is_new }) => !is_new);
    if (contacts.length === 0) return { contacts, logged: [] };
    return { contacts, logged: await rowsOf<LoggedEvent>(client, 'logged', columns(events, ['uuid', 'id'])) };
  }

  async write(client: pg.PoolClient, { events, contacts, cells, unmatched, replays }: Changes) {
    await rowsOf(client, 'write', [
      ...columns(events, COLUMNS.events),
      ...columns(contacts, COLUMNS.contacts),
      unmatched,
      replays,
      ...columns(cells, COLUMNS.cells),
    ]);
  }

  sums = (runs: readonly CellRun[]) => this.#read<CellSum>('sums', columns(runs, COLUMNS.runs));
  contacts = (uuids: readonly string[]) => this.#read<ContactRow>('contacts', [uuids]);
  lastEvents = (eventsMax: number) => this.#read<EventRow>('last', [eventsMax]);
  eventsOfContact = (uuid: string, eventsMax: number) =>
    this.#read<EventRow & { total: number }>('story', [uuid, eventsMax]);
  counters = async () => (await this.#read<{ unmatched: number; replays: number }>('counters'))[0]!;
  note = async (text: string) => void (await this.#read('note', [text]));
  noted = async () => (await this.#read<{ value: string }>('noted'))[0]?.value ?? null;
  ping = async () => void (await this.#read('ping'));

  async *events(lower: number, upper: number) {
    const client = new pg.Client(this.#options.config).on('error', () => {});
    this.#cursors.add(client);
    try {
      await client.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(statement('read').replace('$1', `${lower}`).replace('$2', `${upper}`));
      for (;;) {
        const { rows } = await client.query<EventRow>(`FETCH ${EVENTS_A_FETCH} FROM reading`);
        yield* rows;
        if (rows.length < EVENTS_A_FETCH) return;
      }
    } finally {
      this.#cursors.delete(client);
      await client.end();
    }
  }

  #read<Row extends pg.QueryResultRow>(name: string, values: unknown[] = []) {
    return rowsOf<Row>(this.#pools!.readers, name, values);
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

/** Runs a statement, which the server plans once for a connection. */
async function rowsOf<Row extends pg.QueryResultRow>(
  client: pg.Pool | pg.ClientBase,
  name: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>({ name, text: statement(name), values })).rows;
}

/** A list of rows as one list for each column. */
function columns<Row>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}

const INT8 = 20;
const NUMERIC = 1700;

/** Reads `postgres://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  const { host, port, username, password, path, tls, name, timeout } = readServer(url, {
    defaultPort: 5432,
    nameOption: 'schema',
    defaultName: 'tallyboard',
  });
  const config: pg.PoolConfig = {
    host,
    port,
    user: username,
    password,
    database: path === '' ? undefined : path,
    ssl: tls,
    options: `-c search_path=${name}`,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    // All whole numbers of a store are safe ones.
    types: {
      getTypeParser: (id: number) =>
        id === INT8 || id === NUMERIC ? Number : pg.types.getTypeParser(id, 'text'),
    } as pg.CustomTypesConfig,
  };
  return { config, schema: name };
}
