import { asTallyboardError } from '../../contract/errors.js';
import type { ContactRow, Fate, Loss } from '../../contract/served/engine.js';
import type { Moment, StoreContext, StoreView } from '../../contract/store.js';
import type { TransactionalEngine } from '../../contract/transactional/engine.js';
import { transactionalStore } from '../../contract/transactional/store.js';
import type { Uuid } from '../../domain/contact.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import type { OneServer } from './server-url.js';
import { SqlArchive } from './sql-archive.js';
import { StatementEngine } from './statement-engine.js';
import { readSchema, readStatements } from './statements.js';

/** Batches have connections of their own, so that they and a dashboard never wait for each other. */
export type Purpose = 'writers' | 'readers';

export const READERS_MAX = 8;
const SHARED = new URL('statements.sql', import.meta.url);
/** The least of all uuids. */
const NIL: Uuid = '00000000-0000-0000-0000-000000000000';

/** What engines that speak SQL have in common. The statements, and what is asked of the driver, are each's own. */
export abstract class SqlEngine<Connection, Pool extends { end(): Promise<void> }>
  extends StatementEngine<Connection>
  implements TransactionalEngine<Connection>
{
  /** Batches keep each other out, so a second one would only take from the first. */
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 1 };
  readonly archive: SqlArchive<Connection>;
  /** There from `connect` to `close`. */
  protected pools: Readonly<Record<Purpose, Pool>> | undefined;
  readonly #rebuilding: readonly string[];
  /** On which all is read, where all is to be of one moment. */
  #snapshot: Connection | undefined;

  /** `module`: `rebuild.sql` stands beside it, too. `placeOf`: how the place of a value is written, from 1 on. */
  constructor(title: string, server: OneServer, module: string, placeOf: (place: string) => string) {
    super(title, server, module, 'sql');
    const wordOf = (name: string) => (/^\d+$/.test(name) ? placeOf(name) : this.tableOf(name));
    this.statement = readStatements(SHARED, wordOf, this.statement);
    this.archive = new SqlArchive<Connection>({
      read: (name, values) => this.read(name, values),
      ask: (connection, name, values) => this.ask(connection, name, values),
      transaction: (run) => this.transaction(run),
      eventsUpTo: (lower, upper, end) => this.eventsUpTo(lower, upper, end),
    });
    this.#rebuilding = readSchema(new URL('rebuild.sql', module), (table) => this.tableOf(table));
  }

  abstract connect(): Promise<void>;
  abstract fateOf(error: unknown): Fate;
  protected abstract acquire(purpose: Purpose): Promise<Connection>;
  /** Ends a connection on which something failed: that rolls back, and lets go of locks. */
  protected abstract release(connection: Connection, hasFailed: boolean): void;
  protected abstract lossesOf(settings: ReadonlyMap<string, string>): readonly Loss[];

  /** From now on answers with what there is now, whatever is written meanwhile. */
  async holdStill() {
    this.#snapshot = await this.acquire('readers');
    await this.ask(this.#snapshot, 'snapshot');
    // It is taken by what is read first.
    await this.counters();
  }

  async close() {
    // A pool would wait for what is out of it.
    if (this.#snapshot !== undefined) this.release(this.#snapshot, true);
    this.#snapshot = undefined;
    const { pools } = this;
    this.pools = undefined;
    await Promise.all([pools?.writers.end(), pools?.readers.end()]);
  }

  async transaction<T>(run: (connection: Connection) => Promise<T>) {
    const connection = await this.acquire('writers');
    let hasFailed = true;
    try {
      // What comes first is sent behind it without waiting.
      const begun = this.run(connection, 'START TRANSACTION');
      const [result] = await Promise.all([run(connection), begun]);
      await this.commit(connection);
      hasFailed = false;
      return result;
    } finally {
      this.release(connection, hasFailed);
    }
  }

  protected async commit(connection: Connection): Promise<void> {
    await this.run(connection, 'COMMIT');
  }

  async alone<T>(run: (connection: Connection) => Promise<T>) {
    const connection = await this.acquire('readers');
    try {
      await this.ask(connection, 'alone', [this.server.name]);
      return await run(connection);
    } finally {
      this.release(connection, true);
    }
  }

  override async format(connection: Connection) {
    const [found] = await this.ask<{ is_there: unknown }>(connection, 'found', [this.tableOf('notes')]);
    return found!.is_there ? super.format(connection) : null;
  }

  async rebuild(connection: Connection) {
    for (const statement of this.#rebuilding) await this.run(connection, statement);
  }

  override events(lower: Instant, upper: Instant) {
    return this.archive.unremoved(lower, () => super.events(lower, upper));
  }

  async *everyContact() {
    let last: ContactRow | undefined;
    do {
      const rows = await this.read<ContactRow>('everyContact', [last?.uuid ?? NIL, last?.uuid ?? null]);
      yield rows;
      last = rows.at(-1);
    } while (last !== undefined);
  }

  async losses() {
    const rows = await this.read<{ name: string; setting: string }>('settings');
    return this.lossesOf(new Map(rows.map(({ name, setting }) => [name, setting])));
  }

  protected read<Row>(name: string, values: object = {}): Promise<Row[]> {
    return this.reading((connection) => this.ask<Row>(connection, name, values));
  }

  /** Runs on a connection for readers: that of the snapshot, where there is one. */
  protected async reading<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#snapshot !== undefined) return run(this.#snapshot);
    const connection = await this.acquire('readers');
    let hasFailed = true;
    try {
      const result = await run(connection);
      hasFailed = false;
      return result;
    } finally {
      this.release(connection, hasFailed);
    }
  }
}

/** Makes a store that answers with what there was when it was opened. */
export function sqlView<Connection, Pool extends { end(): Promise<void> }>(
  engine: SqlEngine<Connection, Pool>,
  context: StoreContext,
): StoreView {
  const store = transactionalStore(engine, { ...context, mustExist: true });
  const { open } = store;
  const view = Object.assign(store, {
    moment: undefined as Moment | undefined,
    async open() {
      await open();
      try {
        await engine.holdStill();
      } catch (error) {
        await store.close();
        throw asTallyboardError(error, 'STORE_UNAVAILABLE', `${engine.name} cannot show one moment`);
      }
      view.moment = { text: `as it was on ${formatInstant(Date.now() * 1000)} UTC` };
    },
  });
  return view;
}
