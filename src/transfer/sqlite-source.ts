import { resolve } from 'node:path';
import Database from 'libsql';
import { TallyboardError } from '../contract/errors.js';
import type { ContactEvent } from '../domain/contact.js';
import { EVENT_COLUMNS } from '../domain/event-text.js';
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
  database.exec('PRAGMA query_only = ON');
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .raw()
    .all() as string[][];
  const hasReplays = tables.some(([name]) => name === 'api_replays');
  const columns = database.prepare('PRAGMA table_info(api_events)').all() as { name: string }[];
  const missing = EVENT_COLUMNS.filter(
    (name) => name !== 'replay' && !columns.some((column) => column.name === name),
  );
  if (!tables.some(([name]) => name === 'api_events') || missing.length > 0) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${path}' has no table api_events(uuid, symbol, is_vowel, url, date): it is not a database of the original server, nor our export`,
    );
  }
  const bounds = database.prepare('SELECT min(rowid), max(rowid) FROM api_events').raw().get();
  const [first, last] = bounds as [number | null, number | null];
  return {
    format: 'sqlite',
    size: first === null ? 0 : last! - first + 1,
    unit: 'rows',
    place: 'row',
    chunks: () => readChunks(database, path, { first: first ?? 0, last: last ?? -1, hasReplays }),
    async close() {
      database.close();
    },
  };
}

interface Extent {
  readonly first: number;
  readonly last: number;
  readonly hasReplays: boolean;
}

type Row = readonly [number, Cell, Cell, Cell, Cell, Cell];

async function* readChunks(
  database: Database.Database,
  path: string,
  extent: Extent,
): AsyncGenerator<RowChunk> {
  const reader = new RowReader();
  const plain = database.prepare(chunkQuery((column) => column)).raw();
  // Text of any length, blobs and numbers, where the plain way fails.
  const guarded = database.prepare(chunkQuery((column) => `substr(${column} || '', 1, 80)`)).raw();
  const marked = markedRows(database, extent.hasReplays);
  let after = extent.first - 1;
  while (after < extent.last) {
    const parameters = [after, extent.last];
    const [lastRow, json] = reading(path, () => {
      try {
        return plain.get(parameters) as [number | null, Buffer];
      } catch {
        return guarded.get(parameters) as [number | null, Buffer];
      }
    });
    if (lastRow === null) return;
    const events: ContactEvent[] = [];
    const places: number[] = [];
    const bad: BadRow[] = [];
    const replays = reading(path, () => marked(after, lastRow));
    for (const row of JSON.parse(json.toString()) as Row[]) {
      const [place, uuid, symbol, isVowel, url, date] = row;
      const event = reader.read(uuid, symbol, isVowel, url, date, replays.has(place));
      if (typeof event === 'string') bad.push({ place, reason: event });
      else {
        events.push(event);
        places.push(place);
      }
    }
    after = lastRow;
    yield { events, places, bad, position: lastRow - extent.first + 1 };
  }
}

/**
 * A chunk of rows as one JSON text: twice as fast as row by row. As a blob, because the driver ends the
 * process on a text that is not UTF-8. Short queries, each with its own read lock, leave the original
 * server free to write meanwhile.
 */
function chunkQuery(cell: (column: string) => string): string {
  const cells = ['uuid', 'symbol', 'is_vowel', 'url', 'date'].map(cell).join(', ');
  return `
    SELECT max(place), CAST(json_group_array(json_array(place, ${cells})) AS BLOB)
    FROM (
      SELECT rowid AS place, uuid, symbol, is_vowel, url, date
      FROM api_events
      WHERE rowid > ? AND rowid <= ?
      ORDER BY rowid
      LIMIT ${CHUNK_ROWS}
    )`;
}

/** Reads which rows of a chunk are marked as replays. */
function markedRows(
  database: Database.Database,
  hasReplays: boolean,
): (after: number, last: number) => ReadonlySet<number> {
  if (!hasReplays) return () => NONE;
  const query = database.prepare('SELECT event FROM api_replays WHERE event > ? AND event <= ?').raw();
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
    throw new TallyboardError('INPUT_INVALID', `the database ${show(path)} cannot be read`, { cause: error });
  }
}
