import { resolve } from 'node:path';
import Database from 'libsql';
import { TallyboardError } from '../../contract/errors.js';
import { unwritableAdvice } from '../../contract/sqlite-errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { type BadRow, type Cell, RowReader, show } from './row.js';
import type { RowChunk, Source } from './source.js';

const CHUNK_ROWS = 1024;

/** A database of the original server, or our export in its form, in the order in which it was written. */
export function openSqlite(path: string): Source {
  const database = reading(path, () => new Database(resolve(path)));
  try {
    return reading(path, () => sourceOf(database, path));
  } catch (error) {
    database.close();
    throw error;
  }
}

function sourceOf(database: Database.Database, path: string): Source {
  const rows = rowsOf(database, path);
  database.exec('PRAGMA query_only = ON');
  return {
    format: 'sqlite',
    size: rows.count,
    unit: 'rows',
    place: 'row',
    chunks: () => readChunks(database, path, rows),
    async close() {
      database.close();
    },
  };
}

/** The rows that an import reads, each by the number that `id` gives it. */
interface Rows {
  readonly table: string;
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** The table with the numbers of those that are marked as replays. */
  readonly replays: string | undefined;
}

const COLUMNS = ['uuid', 'symbol', 'is_vowel', 'url', 'date'];
/** What SQLite calls the number of a row, unless a column has the name. */
const ROW_NUMBERS = ['rowid', '_rowid_', 'oid'];

/** Asks for known names only: the driver ends the process on a name that is not UTF-8. */
function rowsOf(database: Database.Database, path: string): Rows {
  const namesOf = (sql: string) => (database.prepare(sql).raw().all() as [string][]).map(([name]) => name);
  const known = [...COLUMNS, ...ROW_NUMBERS].map((name) => `'${name}'`).join();
  const columns = namesOf(
    `SELECT lower(name) FROM pragma_table_xinfo('api_events') WHERE lower(name) IN (${known})`,
  );
  if (COLUMNS.some((name) => !columns.includes(name))) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${path}' has no table api_events(uuid, symbol, is_vowel, url, date): it is not a database of the original server, nor our export`,
    );
  }
  const [hasReplays] = namesOf("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'api_replays'");
  const replays = hasReplays === undefined ? undefined : 'api_replays';
  const [isNumbered] = namesOf(
    "SELECT 1 FROM pragma_table_list('api_events') WHERE schema = 'main' AND type <> 'view' AND NOT wr",
  );
  const id = isNumbered === undefined ? undefined : ROW_NUMBERS.find((name) => !columns.includes(name));
  if (id === undefined) {
    if (replays === undefined) return numbered(database, 'NULL', 'date', undefined);
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${path}' marks replays in api_replays by the numbers of rows, and its api_events has none: import a table that has rowids, or drop api_replays`,
    );
  }
  const rows = { table: 'main.api_events', id, ...extentOf(database, 'main.api_events', id), replays };
  const isExact = Number.isSafeInteger(rows.first) && Number.isSafeInteger(rows.last);
  return isExact ? rows : numbered(database, id, id, replays);
}

/**
 * Copies rows that have no numbers, or some that JavaScript cannot tell apart, to a temporary table, in which
 * they are numbered from 1.
 */
function numbered(database: Database.Database, id: string, order: string, replays: string | undefined): Rows {
  const table = 'temp.numbered_events';
  database.exec(`
    CREATE TEMP TABLE numbered_events AS
      SELECT ${id} AS id, ${COLUMNS.join()} FROM main.api_events ORDER BY ${order};
    CREATE TEMP TABLE numbered_replays (event integer PRIMARY KEY)`);
  if (replays !== undefined) {
    database.exec(`
      INSERT INTO numbered_replays
      SELECT rowid FROM numbered_events WHERE id IN (SELECT event FROM main.api_replays)`);
  }
  return { table, id: 'rowid', ...extentOf(database, table, 'rowid'), replays: 'temp.numbered_replays' };
}

function extentOf(
  database: Database.Database,
  table: string,
  id: string,
): Pick<Rows, 'first' | 'last' | 'count'> {
  // By itself each of them is quick, and one statement sees one state.
  const [least, most, all] = [`min(${id})`, `max(${id})`, 'count(*)'].map(
    (what) => `(SELECT ${what} FROM ${table})`,
  );
  const query = database.prepare(`SELECT ${least}, ${most}, ${all}`).raw();
  const [first, last, count] = query.get() as [number | null, number | null, number];
  return { first: first ?? 0, last: last ?? -1, count };
}

type Row = readonly [number, Cell, Cell, Cell, Cell, Cell];

async function* readChunks(database: Database.Database, path: string, rows: Rows): AsyncGenerator<RowChunk> {
  const reader = new RowReader();
  const plain = database.prepare(chunkQuery(rows, (column) => column)).raw();
  // Text of any length, blobs and numbers, where the plain way fails.
  const guarded = database.prepare(chunkQuery(rows, (column) => `substr(${column} || '', 1, 80)`)).raw();
  const marked = markedRows(database, rows.replays);
  let after = rows.first - 1;
  let position = 0;
  while (after < rows.last) {
    const parameters = [after, rows.last];
    const [lastRow, json] = reading(path, () => {
      try {
        return plain.get(parameters) as [number | null, Buffer];
      } catch {
        return guarded.get(parameters) as [number | null, Buffer];
      }
    });
    if (lastRow === null) break;
    const events: ContactEvent[] = [];
    const places: number[] = [];
    const bad: BadRow[] = [];
    const replays = reading(path, () => marked(after, lastRow));
    for (const row of JSON.parse(json.toString()) as Row[]) {
      const [place, uuid, symbol, isVowel, url, date] = row;
      const event = reader.read(uuid, symbol, isVowel, url, date, replays.has(place));
      if ('reason' in event) bad.push({ place, ...event });
      else {
        events.push(event);
        places.push(place);
      }
    }
    after = lastRow;
    position += events.length + bad.length;
    yield { events, places, bad, position };
  }
  if (position !== rows.count) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `${position} rows of '${path}' could be read, and it has ${rows.count}: rows were changed meanwhile, or it is damaged; import a copy that nobody changes, and that PRAGMA integrity_check finds well`,
    );
  }
}

/**
 * A chunk of rows as one JSON text: twice as fast as row by row. As a blob, because the driver ends the
 * process on a text that is not UTF-8. Short queries, each with its own read lock, leave the original
 * server free to write meanwhile.
 */
function chunkQuery({ table, id }: Rows, cell: (column: string) => string): string {
  return `
    SELECT max(place), CAST(json_group_array(json_array(place, ${COLUMNS.map(cell).join()})) AS BLOB)
    FROM (
      SELECT ${id} AS place, ${COLUMNS.join()}
      FROM ${table}
      WHERE ${id} > ? AND ${id} <= ?
      ORDER BY ${id}
      LIMIT ${CHUNK_ROWS}
    )`;
}

/** Reads which rows of a chunk are marked as replays. */
function markedRows(
  database: Database.Database,
  replays: string | undefined,
): (after: number, last: number) => ReadonlySet<number> {
  if (replays === undefined) return () => NONE;
  const query = database
    .prepare(`SELECT CAST(event AS INTEGER) FROM ${replays} WHERE event > ? AND event <= ?`)
    .raw();
  return (after, last) => {
    const rows = query.all([after, last]) as [number][];
    return rows.length === 0 ? NONE : new Set(rows.map(([event]) => event));
  };
}

const NONE: ReadonlySet<number> = new Set();

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TallyboardError) throw error;
    const isCut = (error as { readonly code?: unknown }).code === 'SQLITE_CORRUPT';
    const why = isCut ? ': it is damaged or cut short, so copy it again from where it is whole' : '';
    const detail = unwritableAdvice(path, error) ?? `the database ${show(path)} cannot be read${why}`;
    throw new TallyboardError('INPUT_INVALID', detail, { cause: error });
  }
}
