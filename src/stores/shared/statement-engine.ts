import { TallyboardError } from '../../contract/errors.js';
import type { ContactRow, EventRow, Noted, ServedReader } from '../../contract/served/engine.js';
import { paged } from '../../contract/served/rows.js';
import type { Uuid } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import type { OneServer } from './server-url.js';
import { readSchema, readStatements } from './statements.js';

/** What engines have in common that are asked in statements, each by a name that is the same in all of them. */
export abstract class StatementEngine<Connection> implements ServedReader {
  readonly name: string;
  readonly place: string;
  protected readonly server: OneServer;
  protected readonly statement: (name: string) => string;
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
  /** `values`: by name; where a statement has places and no names, in their order. */
  protected abstract ask<Row>(connection: Connection, name: string, values?: object): Promise<Row[]>;
  /** Asks on a connection for readers. */
  protected abstract read<Row>(name: string, values?: object): Promise<Row[]>;

  async contacts(uuids: readonly Uuid[]) {
    return uuids.length === 0 ? [] : this.read<ContactRow>('contacts', { uuids });
  }

  async *events(lower: Instant, upper: Instant) {
    // Batches are written one after the other: what has come by now is what lies up to here.
    const end = onlyRow(await this.read<{ seq: number }>('end')).seq;
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
