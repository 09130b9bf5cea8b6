import { Socket } from 'node:net';
import pg from 'pg';
import type { Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, Log, StoreUrl } from '../../contract/store.js';
import { type Changes, COLUMNS } from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import { nameOfServers, readServer, urlRefusal } from '../shared/server-url.js';
import { type Purpose, READERS_MAX, SqlEngine, sqlView } from '../shared/sql-engine.js';
import { together } from '../shared/together.js';

export const createStore: Engine['createStore'] = (url, context) =>
  transactionalStore(new Postgres(url, context.log), context);

export const createView: NonNullable<Engine['createView']> = (url, context) =>
  sqlView(new Postgres(url, context.log), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

/** A connection, with the answer to what was written on it last: where that failed, it is ended. */
type Client = pg.PoolClient & { written?: Promise<unknown> };

class Postgres extends SqlEngine<Client, pg.Pool> {
  readonly #log: Log;
  readonly #sockets = new Set<Socket>();

  constructor(url: StoreUrl, log: Log) {
    super('PostgreSQL', optionsOf(url), import.meta.url, (place) => `$${place}`);
    this.#log = log;
  }

  async connect() {
    const { host, port, username, password, path, tls, timeout, name } = this.server;
    // All whole numbers of a store are safe ones.
    const types = new pg.TypeOverrides();
    types.setTypeParser(pg.types.builtins.INT8, Number);
    types.setTypeParser(pg.types.builtins.NUMERIC, Number);
    const config: pg.PoolConfig = {
      host,
      port,
      user: username,
      password,
      database: path === '' ? undefined : path,
      ssl: tls,
      options: [...SETTINGS, `search_path="${name}"`, `statement_timeout=${timeout}`]
        .map((setting) => `-c ${setting}`)
        .join(' '),
      stream: () => this.#newSocket(),
      connectionTimeoutMillis: timeout,
      query_timeout: timeout,
      // Statements are sent without waiting for the one before.
      pipeline: true,
      types,
    };
    const pool = (max: number) =>
      new pg.Pool({ ...config, max })
        .on('error', ({ message }) =>
          this.#log.warn({ reason: message }, 'a connection to PostgreSQL was lost'),
        )
        .on('connect', (client) => void client.on('error', () => {}));
    this.pools = { writers: pool(this.limits.batchesInFlightMax), readers: pool(READERS_MAX) };
  }

  override async create(client: Client, format: string) {
    const schema = `"${this.server.name}"`;
    // Who may not make one may be given one.
    const [found] = await this.ask<{ is_there: boolean }>(client, 'schema', [schema]);
    if (!found!.is_there) await this.run(client, `CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await super.create(client, format);
  }

  fateOf(error: unknown): Fate {
    // What is fatal to a connection may come when a commit is through.
    const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
    if (code === '' || FATAL_CODES.test(code)) return 'unknown';
    return TRANSIENT_CODES.includes(code) ? 'again' : 'nothing';
  }

  /** The commit is sent behind it: after an error PostgreSQL makes a rollback of that. */
  override async write(client: Client, { events, contacts, cells, unmatched, replays }: Changes) {
    client.written = this.ask(client, 'write', [
      ...this.rows(events, COLUMNS.events),
      ...this.rows(contacts, COLUMNS.contacts),
      unmatched,
      replays,
      ...this.rows(cells, COLUMNS.cells),
    ]);
    // Where what came before it failed, nobody waits for it.
    client.written.catch(() => {});
  }

  protected override async commit(client: Client) {
    await together([client.written ?? Promise.resolve(), this.run(client, 'COMMIT')]);
  }

  override async close() {
    await super.close();
    // One that asked for a password, and got none, waits for it still.
    for (const socket of this.#sockets) socket.destroy();
  }

  protected async acquire(purpose: Purpose) {
    return this.pools![purpose].connect().catch(withAdvice);
  }

  protected release(client: Client, hasFailed: boolean) {
    client.release(hasFailed);
  }

  #newSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    return socket.once('close', () => this.#sockets.delete(socket));
  }

  /** With a name the server plans a statement once for a connection. */
  protected async run<Row>(client: Client, text: string, values: object = [], name = '') {
    const asked = client.query<pg.QueryResultRow>({ name, text, values: Object.values(values) });
    return (await asked.catch(withAdvice)).rows as Row[];
  }

  /**
   * An array for each column, as PostgreSQL reads it. There are only uuids, whole numbers, booleans and letters in
   * them, none of which needs the quotes and escapes that the client would look for in each.
   */
  protected rows<Row extends object>(list: readonly Row[], columns: readonly (keyof Row)[]) {
    return columns.map((column) => `{${list.map((row) => row[column] ?? 'NULL').join()}}`);
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

/** What a session needs, whatever the server, the database or the user is set to. */
const SETTINGS = [
  // Each statement sees what was committed before it: also by whoever had the lock that it waited for.
  'default_transaction_isolation=read\\ committed',
  'array_nulls=on',
  'jit=off',
];
/** A deadlock, two transactions that cannot be put in a row, and a lock that was waited for in vain. */
const TRANSIENT_CODES = ['40P01', '40001', '55P03'];
/** What ends a connection, or comes from outside of a statement. */
const FATAL_CODES = /^(08|53|57|58|XX|25P03)/;
/** What PostgreSQL says of a right that is missing. */
const INSUFFICIENT_PRIVILEGE = '42501';
/** What survives where a setting is off, and why no more does. */
const LOSSES: Readonly<Record<string, readonly [Loss['survives'], string]>> = {
  synchronous_commit: ['nothing', 'what was acknowledged last is lost when PostgreSQL is killed'],
  fsync: ['process', 'a power cut loses what was acknowledged last'],
  full_page_writes: ['process', 'a power cut may damage pages'],
};
const PASSWORD_ADVICE =
  'the server asks for a password: put it in the URL, in a file (?password-file=) or in PGPASSWORD';
const GRANTS =
  'its user needs CREATE on the database to make the store, and then USAGE on its schema and SELECT, INSERT and UPDATE on its tables, and DELETE for tallyboard rebuild, archive and prune (GRANT)';

/** Says of a right or a password that is missing how it is given. */
function withAdvice(error: unknown): never {
  const { code, message } = error as pg.DatabaseError;
  if (code === INSUFFICIENT_PRIVILEGE) (error as Error).message += `: ${GRANTS}`;
  if (message.includes('client password must be')) throw new Error(PASSWORD_ADVICE, { cause: error });
  throw error;
}

/** Reads `postgres://user:password@host:port/database?option=value`. */
function optionsOf(url: StoreUrl) {
  const server = readServer(url, { defaultPort: 5432, nameOption: 'schema', defaultName: 'tallyboard' });
  if (!/^(pg_|information_schema$)/.test(server.name)) return server;
  throw urlRefusal(`the ${server.place} is PostgreSQL's own: name another`);
}
