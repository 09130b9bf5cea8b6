import type { FileHandle } from 'node:fs/promises';
import type { ContactEvent } from '../domain/contact.js';
import { EVENT_COLUMNS } from '../domain/event-text.js';
import { LINE_BYTES_MAX, readLines } from './lines.js';
import { type BadRow, type Cell, RowReader, show } from './row.js';
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
      if (typeof row === 'string') bad.push({ place: firstLine + i, reason: row });
      else {
        events.push(row);
        places.push(firstLine + i);
      }
    }
    yield { events, places, bad, position };
  }
}

function readObject(line: string | undefined, reader: RowReader): ContactEvent | string {
  if (line === undefined) return `the line is longer than ${LINE_BYTES_MAX} bytes`;
  let row: Record<string, Cell>;
  try {
    row = JSON.parse(line) as Record<string, Cell>;
  } catch (error) {
    return `the line is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'the line is not a JSON object';
  for (const name in row) {
    if (!KNOWN.has(name)) {
      return `the field ${show(name)} is not known: the fields are ${EVENT_COLUMNS.join(', ')}`;
    }
  }
  return reader.read(row.uuid, row.symbol, row.is_vowel, row.url, row.date, row.replay);
}

const KNOWN: ReadonlySet<string> = new Set(EVENT_COLUMNS);
