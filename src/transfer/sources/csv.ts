import type { FileHandle } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { EVENT_COLUMNS } from '../../domain/event-text.js';
import { readLines } from './lines.js';
import { type BadRow, type Fault, LINE_TOO_LONG, RowReader, show } from './row.js';
import type { RowChunk, Source } from './source.js';

/** Comma-separated values under a line that names the columns, in any order; `replay` may be missing. */
export async function openCsv(handle: FileHandle, size: number, path: string): Promise<Source> {
  const columns = await readHeader(handle, size, path);
  return {
    format: 'csv',
    size,
    unit: 'bytes',
    place: 'line',
    chunks: () => readChunks(handle, size, columns),
    close: () => handle.close(),
  };
}

/** Where each column of EVENT_COLUMNS stands in a line; -1 for a missing `replay`. */
interface Header {
  readonly width: number;
  readonly indexes: readonly number[];
}

async function readHeader(handle: FileHandle, size: number, path: string): Promise<Header> {
  for await (const { lines } of readLines(handle, size)) {
    const cells = splitLine(lines[0]);
    const names = Array.isArray(cells) ? cells.map((name) => name.trim()) : [];
    const unknown = names.filter((name) => !(EVENT_COLUMNS as readonly string[]).includes(name));
    const missing = EVENT_COLUMNS.filter((name) => name !== 'replay' && !names.includes(name));
    if (unknown.length > 0 || missing.length > 0 || new Set(names).size < names.length) {
      throw new TallyboardError(
        'INPUT_INVALID',
        `line 1 of '${path}' names the columns ${show(lines[0] ?? '')}: it must name ${EVENT_COLUMNS.join(', ')} (replay may be left out), each once and no other`,
      );
    }
    return { width: names.length, indexes: EVENT_COLUMNS.map((name) => names.indexOf(name)) };
  }
  throw new TallyboardError(
    'INPUT_INVALID',
    `'${path}' is empty: a CSV file has a first line that names ${EVENT_COLUMNS.join(', ')}`,
  );
}

async function* readChunks(handle: FileHandle, size: number, header: Header): AsyncGenerator<RowChunk> {
  const reader = new RowReader();
  for await (const { lines, firstLine, position } of readLines(handle, size)) {
    const events: ContactEvent[] = [];
    const places: number[] = [];
    const bad: BadRow[] = [];
    for (let i = firstLine === 1 ? 1 : 0; i < lines.length; i += 1) {
      const line = lines[i];
      if (line === '') continue;
      const row = readLine(line, header, reader);
      if ('reason' in row) bad.push({ place: firstLine + i, ...row });
      else {
        events.push(row);
        places.push(firstLine + i);
      }
    }
    yield { events, places, bad, position };
  }
}

function readLine(line: string | undefined, header: Header, reader: RowReader): ContactEvent | Fault {
  const cells = splitLine(line);
  if ('reason' in cells) return cells;
  if (cells.length !== header.width) {
    return {
      reason: `the line has not the ${header.width} fields that line 1 names`,
      value: `fields: ${cells.length}`,
    };
  }
  const [uuid, symbol, isVowel, url, date, replay] = header.indexes;
  return reader.read(
    cells[uuid!],
    cells[symbol!],
    cells[isVowel!],
    cells[url!],
    cells[date!],
    // A missing column has the index -1, where there is no cell.
    cells[replay!],
  );
}

/** The fields of a line, or the reason why it has none. */
function splitLine(line: string | undefined): string[] | Fault {
  if (line === undefined) return LINE_TOO_LONG;
  if (!line.includes('"')) return line.split(',');
  // No field of a good row holds a line end, so a quote that does not end on its line is an error.
  try {
    const rows: string[][] = parse(line, { relax_column_count: true });
    return rows[0] ?? [];
  } catch (error) {
    return { reason: 'the line is not CSV', value: describe(error) };
  }
}
