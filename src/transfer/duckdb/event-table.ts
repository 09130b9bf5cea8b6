import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBValue,
  uuidValue,
} from '@duckdb/node-api';
import type { EventSource } from '../../contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../domain/contact.js';
import { type ExportOptions, type ExportSummary, inChunks } from '../export.js';

/** Raw events as a table of DuckDB. */
export interface EventTable {
  /** Where `api_events`, and the view `contacts`, can be asked for. */
  readonly connection: DuckDBConnection;
  readonly summary: ExportSummary;
  close(): Promise<void>;
}

/** Beyond it, what is read and what a query needs goes to a temporary folder. */
const MEMORY_MAX = '1GB';

/** Reads the raw events of a source, in time order, into a table. */
export async function openEventTable(
  source: Pick<EventSource, 'events'>,
  options: ExportOptions = {},
): Promise<EventTable> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyboard-duckdb-'));
  let instance: DuckDBInstance | undefined;
  const close = async () => {
    instance?.closeSync();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    instance = await DuckDBInstance.create(':memory:', {
      memory_limit: MEMORY_MAX,
      temp_directory: folder,
      // What a query does not find here is not to be fetched from elsewhere unasked.
      autoinstall_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run(SCHEMA);
    return { connection, summary: await fill(connection, source, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Enums take a byte a value, and are text to whoever asks. */
const SCHEMA = `
CREATE TYPE contact_symbol AS ENUM (${SYMBOLS.map((symbol) => `'${symbol}'`).join()});
CREATE TYPE event_kind AS ENUM ('initial', 'followup');
CREATE TABLE stored_events (
  uuid UUID, symbol contact_symbol, is_vowel BOOLEAN, url event_kind, date TIMESTAMP, replay BOOLEAN
);
CREATE VIEW api_events AS
  SELECT uuid, symbol::VARCHAR AS symbol, is_vowel, url::VARCHAR AS url, date, replay FROM stored_events;
CREATE VIEW contacts AS
  SELECT uuid,
         any_value(symbol::VARCHAR) AS symbol,
         any_value(is_vowel) AS is_vowel,
         min(date) FILTER (url = 'initial') AS initial_at,
         min(date) FILTER (url = 'followup') AS followup_at
  FROM stored_events
  WHERE NOT replay
  GROUP BY uuid
  HAVING initial_at IS NOT NULL;
`;

async function fill(
  connection: DuckDBConnection,
  source: Pick<EventSource, 'events'>,
  options: ExportOptions,
): Promise<ExportSummary> {
  const appender = await connection.createAppender('stored_events');
  const types = Array.from({ length: appender.columnCount }, (_, column) => appender.columnType(column));
  const summary = await inChunks(source, options, async (events) => {
    const chunk = DuckDBDataChunk.create(types, events.length);
    chunk.setColumns([
      uuidsOf(events),
      events.map((event) => (event.kind === 'initial' ? event.symbol : null)),
      events.map((event) => (event.kind === 'initial' ? event.isVowel : null)),
      events.map(({ kind }) => kind),
      events.map(({ at }) => new DuckDBTimestampValue(BigInt(at))),
      events.map(({ replay }) => replay),
    ]);
    appender.appendDataChunk(chunk);
    return true;
  });
  appender.closeSync();
  return summary;
}

/** All at once: a BigInt from the text of each uuid takes longer than all else together. */
function uuidsOf(events: readonly ContactEvent[]): DuckDBValue[] {
  const digits = events
    .map(({ uuid }) => uuid)
    .join('')
    .replaceAll('-', '');
  const bytes = Buffer.from(digits, 'hex');
  return events.map((_, i) =>
    uuidValue((bytes.readBigUInt64BE(16 * i) << 64n) | bytes.readBigUInt64BE(16 * i + 8)),
  );
}
