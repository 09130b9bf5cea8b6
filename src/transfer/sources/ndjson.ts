import type { FileHandle } from 'node:fs/promises';
import { describe } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { EVENT_COLUMNS } from '../../domain/event-text.js';
import { readLines } from './lines.js';
import { type BadRow, type Cell, type Fault, LINE_TOO_LONG, RowReader, show } from './row.js';
import type { RowChunk, Source } from './source.js';

/** One JSON object a line: `{"uuid":…,"symbol":…,"is_vowel":…,"url":…,"date":…,"replay":…}`. */
export function openNdjson(handle: FileHandle, size: number): Source {
  return {
    format: 'ndjson',
    size,
    unit: 'bytes',
    place: 'line',
    chunks: () => readChunks(handle, size),
    close: () => handle.close(),
  };
}

async function* readChunks(handle: FileHandle, size: number): AsyncGenerator<RowChunk> {
  const reader = new RowReader();
  for await (const { lines, firstLine, position } of readLines(handle, size)) {
    const events: ContactEvent[] = [];
    const places: number[] = [];
    const bad: BadRow[] = [];
    for (let i = 0; i < lines.length; i += 1) {
      const line = lines[i];
      if (line === '') continue;
      const row = readObject(line, reader);
      if ('reason' in row) bad.push({ place: firstLine + i, ...row });
      else {
        events.push(row);
        places.push(firstLine + i);
      }
    }
    yield { events, places, bad, position };
  }
}

function readObject(line: string | undefined, reader: RowReader): ContactEvent | Fault {
  if (line === undefined) return LINE_TOO_LONG;
  let row: Record<string, Cell>;
  try {
    row = JSON.parse(line) as Record<string, Cell>;
  } catch (error) {
    return { reason: 'the line is not JSON', value: describe(error) };
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { reason: 'the line is not a JSON object' };
  }
  for (const name in row) {
    if (!KNOWN.has(name)) return { reason: FIELD_UNKNOWN, value: show(name) };
  }
  return reader.read(row.uuid, row.symbol, row.is_vowel, row.url, row.date, row.replay);
}

const FIELD_UNKNOWN = `a field is not known: the fields are ${EVENT_COLUMNS.join(', ')}`;
const KNOWN: ReadonlySet<string> = new Set(EVENT_COLUMNS);
