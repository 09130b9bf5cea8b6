import {
  type DuckDBConnection,
  DuckDBDecimalValue,
  type DuckDBResult,
  DuckDBTimestampValue,
  type DuckDBValue,
  ResultReturnType,
} from '@duckdb/node-api';
import { stringify } from 'csv-stringify/sync';
import { TallyboardError } from '../../contract/errors.js';
import type { Output } from '../output.js';

/** `table`: for people; the others can be read by programs, and are written as the rows come. */
export const QUERY_FORMATS = ['table', 'csv', 'json'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

/** A cell as JSON has it: what is neither a number nor true or false is text. */
type Cell = string | number | boolean | null;

/**
 * Runs statements one after the other, and writes what each answers. Stops where the reader of the output wants no
 * more. Rejects with `QUERY_INVALID` and what DuckDB says of it.
 */
export async function runQuery(
  connection: DuckDBConnection,
  sql: string,
  format: QueryFormat,
  output: Output,
): Promise<void> {
  const statements = await orInvalid(connection.extractStatements(sql));
  for (let i = 0; i < statements.count; i += 1) {
    const statement = await orInvalid(statements.prepare(i));
    const result = await orInvalid(statement.stream());
    if (result.returnType !== ResultReturnType.QUERY_RESULT) continue;
    if (!(await WRITERS[format](result.deduplicatedColumnNames(), rowsOf(result), output))) return;
  }
}

async function orInvalid<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new TallyboardError('QUERY_INVALID', 'the query cannot be answered', { cause: error });
  }
}

async function* rowsOf(result: DuckDBResult): AsyncGenerator<Cell[][]> {
  for (;;) {
    const chunk = await orInvalid(result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows().map((row) => row.map(cellOf));
  }
}

function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || value instanceof DuckDBDecimalValue) return finite(Number(value));
  // Six digits, as everywhere, where there is a fraction at all.
  if (value instanceof DuckDBTimestampValue) {
    return String(value).replace(/\.\d+$/, (fraction) => fraction.padEnd('.ffffff'.length, '0'));
  }
  const isExact = typeof value === 'bigint' && BigInt(Number(value)) === value;
  return isExact ? Number(value) : String(value);
}

/** JSON has no word for the others. */
function finite(value: number): Cell {
  return Number.isFinite(value) ? value : String(value);
}

type Write = (names: readonly string[], rows: AsyncIterable<Cell[][]>, output: Output) => Promise<boolean>;

const WRITERS: Readonly<Record<QueryFormat, Write>> = {
  async table(names, rows, output) {
    const all: Cell[][] = [];
    for await (const some of rows) for (const row of some) all.push(row);
    return await output.write(tableOf(names, all));
  },

  async csv(names, rows, output) {
    if (!(await output.write(stringify([[...names]])))) return false;
    // True and False, as an export writes them.
    const cast = { boolean: (value: boolean) => (value ? 'True' : 'False') };
    for await (const some of rows) if (!(await output.write(stringify(some, { cast })))) return false;
    return true;
  },

  async json(names, rows, output) {
    let before = '[\n';
    for await (const some of rows) {
      const lines = some.map((row) =>
        JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]]))),
      );
      if (!(await output.write(before + lines.join(',\n')))) return false;
      before = ',\n';
    }
    return await output.write(before === '[\n' ? '[]\n' : '\n]\n');
  },
};

function tableOf(names: readonly string[], rows: readonly Cell[][]): string {
  const columns = names.map((name, i) => {
    const texts = rows.map((row) => String(row[i] ?? '').replaceAll('\n', ' '));
    const width = texts.reduce((greatest, text) => Math.max(greatest, text.length), name.length);
    const isNumeric =
      rows.some((row) => typeof row[i] === 'number') &&
      rows.every(({ [i]: cell }) => cell === null || typeof cell === 'number');
    return {
      name,
      texts,
      width,
      pad: (text: string) => (isNumeric ? text.padStart(width) : text.padEnd(width)),
    };
  });
  const line = (cells: readonly string[]) => ` ${cells.join(' | ')}`.trimEnd();
  const lines = [
    line(columns.map(({ name, pad }) => pad(name))),
    columns.map(({ width }) => '-'.repeat(width + 2)).join('+'),
    ...rows.map((_, i) => line(columns.map(({ texts, pad }) => pad(texts[i]!)))),
    `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`,
  ];
  return `${lines.join('\n')}\n`;
}
