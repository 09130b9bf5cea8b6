import type { LoggedEvent } from '../../contract/decide.js';
import { TallyboardError, takesNoEvents } from '../../contract/errors.js';
import type {
  CellSum,
  ContactRow,
  EventKeys,
  EventRow,
  Noted,
  ServedReader,
} from '../../contract/served/engine.js';
import { paged } from '../../contract/served/rows.js';
import { type CellRun, type Changes, COLUMNS, type Locked } from '../../contract/transactional/engine.js';
import type { Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import type { OneServer } from './server-url.js';
import { readSchema, readStatements } from './statements.js';
import { together } from './together.js';

/** What engines have in common that are asked in statements, each by a name that is the same in all of them. */
export abstract class StatementEngine<Connection> implements ServedReader {
  readonly name: string;
  readonly place: string;
  protected readonly server: OneServer;
  protected statement: (name: string) => string;
  protected readonly schema: readonly string[];

  /** `module`: beside it stand the files of statements, `schema` and `statements`, with this extension. */
  constructor(title: string, server: OneServer, module: string, extension: string) {
    this.name = `${title} at ${server.host}:${server.port}`;
    this.place = server.place;
    this.server = server;
    const tableOf = (table: string) => this.tableOf(table);
    this.statement = readStatements(new URL(`statements.${extension}`, module), tableOf);
    this.schema = readSchema(new URL(`schema.${extension}`, module), tableOf);
  }

  abstract transaction<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
  /** What the engine calls a table or a label that is `{table}` in its statements. */
  protected abstract tableOf(table: string): string;
  /** The values of a statement that takes a list of rows; where the engine takes columns, these and in this order. */
  protected abstract rows<Row extends object>(list: readonly Row[], columns: readonly (keyof Row)[]): object;
  /**
   * `values`: by name; where a statement has places and no names, in their order. `name`: of a statement that is
   * asked again and again.
   */
  protected abstract run<Row>(
    connection: Connection,
    text: string,
    values?: object,
    name?: string,
  ): Promise<Row[]>;
  /** Asks on a connection for readers. */
  protected abstract read<Row>(name: string, values?: object): Promise<Row[]>;

  async format(connection: Connection): Promise<string | null> {
    return (await this.ask<Noted>(connection, 'noted', { beginning: 'format' }))[0]?.value ?? null;
  }

  async create(connection: Connection, format: string) {
    for (const statement of this.schema) await this.run(connection, statement);
    await this.ask(connection, 'note', { name: 'format', text: format });
  }

  /** The row of the counters keeps the batches of all servers out of each other's way. */
  async lock(connection: Connection, uuids: readonly Uuid[], events: EventKeys): Promise<Locked> {
    if (uuids.length === 0) return { contacts: [], logged: [] };
    const [rows, contacts, logged] = await together([
      this.ask<unknown>(connection, 'lock'),
      this.ask<ContactRow>(connection, 'contacts', { uuids }),
      this.ask<LoggedEvent>(connection, 'logged', this.rows(events, ['uuid', 'id'])),
    ]);
    onlyRow(rows);
    return { contacts, logged };
  }

  async write(connection: Connection, { events, contacts, cells, unmatched, replays }: Changes) {
    const statements = [
      this.ask(connection, 'writeEvents', this.rows(events, COLUMNS.events)),
      this.ask(connection, 'writeContacts', this.rows(contacts, COLUMNS.contacts)),
    ];
    if (unmatched !== 0 || replays !== 0) {
      statements.push(this.ask(connection, 'writeCounters', { unmatched, replays }));
    }
    statements.push(this.ask(connection, 'writeCells', this.rows(cells, COLUMNS.cells)));
    await together(statements);
  }

  async sums(runs: readonly CellRun[]): Promise<readonly CellSum[]> {
    return this.read<CellSum>('sums', this.rows(runs, COLUMNS.runs));
  }

  async contacts(uuids: readonly Uuid[]) {
    return uuids.length === 0 ? [] : this.read<ContactRow>('contacts', { uuids });
  }

  async *events(lower: Instant, upper: Instant) {
    // Batches are written one after the other: what has come by now is what lies up to here.
    yield* this.eventsUpTo(lower, upper, onlyRow(await this.read<{ seq: number }>('end')).seq);
  }

  async *eventsUpTo(lower: Instant, upper: Instant, end: number) {
    yield* paged<EventRow & { seq: number }>((last) => {
      const { at, seq } = last ?? { at: lower, seq: -1 };
      return this.read('page', { from: at, at, seq, upper, end });
    });
  }

  lastEvents(eventsMax: number) {
    return this.read<EventRow>('last', { eventsMax });
  }

  eventsOfContact(uuid: Uuid, eventsMax: number) {
    return this.read<EventRow & { total: number }>('story', { uuid, eventsMax });
  }

  async counters() {
    return onlyRow(await this.read<{ unmatched: number; replays: number }>('counters'));
  }

  async note(name: string, text: string | null) {
    await this.transaction((connection) =>
      text === null ? this.ask(connection, 'forget', { name }) : this.ask(connection, 'note', { name, text }),
    );
  }

  noted(beginning: string) {
    return this.read<Noted>('noted', { beginning });
  }

  async ping() {
    const { hindrance } = onlyRow(await this.read<{ hindrance: string | null }>('ping'));
    if (hindrance !== null) throw takesNoEvents(hindrance);
  }

  protected ask<Row>(connection: Connection, name: string, values?: object): Promise<Row[]> {
    return this.run<Row>(connection, this.statement(name), values, name);
  }
}

/** Without it batches would not wait for each other. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row !== undefined && rows.length === 1) return row;
  throw new TallyboardError(
    'STORE_DAMAGED',
    `what holds the counters has ${rows.length} rows and must have one: restore a backup, or copy the events to a new store`,
  );
}
