import { createRequire } from 'node:module';
import {
  BOOLEAN,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  ENUM8,
  TIMESTAMP,
  UUID,
} from '@duckdb/node-api';
import { type EventColumns, eventColumns } from '../../contract/event-columns.js';
import type { EventSource } from '../../contract/store.js';
import { type ContactEvent, SYMBOLS, symbolIndex } from '../../domain/contact.js';
import { chunksOf, type ExportOptions, type ExportSummary, inChunks } from '../export.js';

/** What the client stands on, wherever that was installed: it copies whole columns, where the client sets each value. */
const bindings: typeof import('@duckdb/node-bindings') = createRequire(
  createRequire(import.meta.url).resolve('@duckdb/node-api'),
)('@duckdb/node-bindings');

/** How many chunks are read ahead of the statement: as many as a row group of Parquet has. */
const CHUNKS_AHEAD_MAX = 60;

/** Enums take a byte a value, and are text to whoever asks. */
const COLUMNS = [
  ['uuid', UUID],
  ['symbol', ENUM8(SYMBOLS)],
  ['is_vowel', BOOLEAN],
  ['url', ENUM8(['initial', 'followup'])],
  ['date', TIMESTAMP],
  ['replay', BOOLEAN],
  ['comes_later', BOOLEAN],
] as const;
const COMES_LATER = COLUMNS.length - 1;

/**
 * The raw events as rows of a statement. DuckDB asks for the next ones without being able to wait for them, and
 * takes it for the end where it gets none: so while they are being read it gets a row that stands for none.
 */
export const EVENT_ROWS = `(
  SELECT * EXCLUDE (comes_later) FROM event_rows() WHERE CASE WHEN comes_later THEN sleep_ms(1) IS NOT NULL ELSE true END
)`;

/**
 * Runs a statement that reads `EVENT_ROWS` once, while the events of a source come, in time order. No more of them
 * is in memory than what is read ahead.
 */
export async function runOverEvents(
  connection: DuckDBConnection,
  statement: string,
  source: Pick<EventSource, 'events' | 'eventColumns'>,
  options: ExportOptions,
): Promise<ExportSummary> {
  const ahead: EventColumns[] = [];
  let isRead = false;
  let isOver = false;
  let goOn = () => {};
  connection.registerTableFunction(
    DuckDBTableFunction.create({
      name: 'event_rows',
      bindFunction: (info) => {
        for (const [name, type] of COLUMNS) info.addResultColumn(name, type);
      },
      initFunction: () => {},
      mainFunction: (_, output) => {
        const columns = ahead.shift();
        if (columns !== undefined) writeRows(columns, output);
        else if (isRead) output.rowCount = 0;
        else writeNone(output);
        goOn();
      },
    }),
  );
  const running = connection.run(statement).finally(() => {
    isOver = true;
    goOn();
  });
  const reading = inChunks(columnsOf(source, options), options, async (columns) => {
    ahead.push(columns);
    while (ahead.length >= CHUNKS_AHEAD_MAX && !isOver) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
    return !isOver;
  }).finally(() => {
    isRead = true;
  });
  const [ran, read] = await Promise.allSettled([running, reading]);
  if (read.status === 'rejected') throw read.reason;
  if (ran.status === 'rejected') throw ran.reason;
  return read.value;
}

async function* columnsOf(
  source: Pick<EventSource, 'events' | 'eventColumns'>,
  options: ExportOptions,
): AsyncGenerator<EventColumns> {
  if (source.eventColumns !== undefined) yield* source.eventColumns(options.span);
  else for await (const events of chunksOf(source, options)) yield byColumn(events);
}

function byColumn(events: readonly ContactEvent[]): EventColumns {
  const columns = eventColumns(events.length);
  for (const [i, event] of events.entries()) {
    if (event.kind === 'followup') columns.kinds[i] = 1;
    else {
      columns.symbols[i] = symbolIndex(event.symbol);
      columns.vowels[i] = event.isVowel ? 1 : 0;
    }
    columns.instants[i] = BigInt(event.at);
    columns.replays[i] = event.replay ? 1 : 0;
  }
  const digits = events.map(({ uuid }) => uuid).join('');
  columns.uuids.set(Buffer.from(digits.replaceAll('-', ''), 'hex'));
  return columns;
}

function writeRows(columns: EventColumns, output: DuckDBDataChunk): void {
  output.rowCount = columns.length;
  const { kinds } = columns;
  const isInitial = new Uint8Array(8 * Math.ceil(columns.length / 64));
  for (let i = 0; i < kinds.length; i += 1) if (kinds[i] === 0) isInitial[i >> 3]! |= 1 << (i & 7);
  write(output, 0, storedUuids(columns.uuids));
  write(output, 1, columns.symbols, isInitial);
  write(output, 2, columns.vowels, isInitial);
  write(output, 3, kinds);
  write(output, 4, columns.instants);
  write(output, 5, columns.replays);
  write(output, COMES_LATER, new Uint8Array(columns.length));
}

function writeNone(output: DuckDBDataChunk): void {
  output.rowCount = 1;
  const nothing = new Uint8Array(8);
  for (let column = 0; column < COMES_LATER; column += 1) write(output, column, new Uint8Array(16), nothing);
  write(output, COMES_LATER, new Uint8Array([1]));
}

/** `validity`: a bit for each row, where not all have a value. */
function write(
  output: DuckDBDataChunk,
  column: number,
  { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  validity?: Uint8Array<ArrayBuffer>,
): void {
  const vector = bindings.data_chunk_get_vector(output.chunk, column);
  bindings.copy_data_to_vector(vector, 0, buffer, byteOffset, byteLength);
  if (validity === undefined) return;
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, validity.length);
}

/** As DuckDB keeps them: integers of 128 bits, the least byte first, with the top bit flipped so that they sort. */
function storedUuids(uuids: Uint8Array): Uint8Array<ArrayBuffer> {
  const stored = new Uint8Array(uuids.length);
  for (let at = 0; at < uuids.length; at += 16) {
    for (let i = 0; i < 16; i += 1) stored[at + i] = uuids[at + 15 - i]!;
    stored[at + 15]! ^= 0x80;
  }
  return stored;
}
