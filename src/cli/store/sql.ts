import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { TallyboardError } from '../../contract/errors.js';
import { loadWithClient } from '../../contract/missing-client.js';
import { createReader } from '../../stores/index.js';
import type { EventTable } from '../../transfer/duckdb/event-table.js';
import type { QueryFormat } from '../../transfer/duckdb/query.js';
import { streamOutput } from '../../transfer/output.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_INTERRUPTED,
  EXIT_OK,
  storeFlag,
  type Terminal,
} from '../terminal/command.js';
import { oneOf } from '../terminal/config.js';
import { explain } from '../terminal/process.js';
import { printCount, progress } from '../terminal/progress.js';
import { ARCHIVE_FLAG, sourceOf, tellOfArchive } from './archived.js';
import { SPAN_FLAGS, type SpanValues, spanOf } from './span.js';

interface SqlValues extends SpanValues {
  readonly query?: string;
  readonly store: string;
  readonly format: QueryFormat;
  readonly archive?: string;
}

export const sqlCommand: Command = {
  name: 'sql',
  summary:
    'Ask the raw events in SQL (that of DuckDB): the table api_events (uuid, symbol, is_vowel, url, date, replay) and the view contacts (uuid, symbol, is_vowel, initial_at, followup_at), in UTC, as they are when the command begins. A journal may be in use meanwhile.',
  arguments: [
    {
      name: 'query',
      description: 'what to ask; without it, a prompt, or what standard input has',
      isOptional: true,
    },
  ],
  flags: [
    storeFlag('where the events are'),
    {
      name: 'format',
      value: 'FORMAT',
      description: 'table, csv, json',
      fallback: 'table',
      parse: oneOf('table', 'csv', 'json'),
    },
    ...SPAN_FLAGS,
    ARCHIVE_FLAG,
    ENGINE_FLAG,
  ],
  examples: [
    'tallyboard sql "SELECT symbol, count(*) FROM contacts GROUP BY symbol ORDER BY symbol"',
    'tallyboard sql --from 2017-06-28 --format csv "SELECT * FROM api_events WHERE replay" > replays.csv',
    'tallyboard sql --store redis://localhost:6379 < questions.sql',
    'tallyboard sql',
  ],
  async run(values, terminal) {
    const { query, format } = values as unknown as SqlValues;
    // Before the events are read, which takes its time.
    const given = query ?? (process.stdin.isTTY ? undefined : await text(process.stdin));
    if (given !== undefined && !/[^\s;]/.test(given)) {
      throw new TallyboardError(
        'QUERY_INVALID',
        'no query was given: write one such as SELECT count(*) FROM contacts',
      );
    }
    const table = await read(values as unknown as SqlValues, terminal);
    try {
      if (table.summary.result !== 'complete') return EXIT_INTERRUPTED;
      const { runQuery } = await import('../../transfer/duckdb/query.js');
      const output = streamOutput(terminal.stdout);
      const ask = (sql: string) => runQuery(table.connection, sql, format, output);
      terminal.interrupted.addEventListener('abort', () => table.connection.interrupt());
      if (given === undefined) await prompt(table, ask, terminal);
      else await ask(given);
      return EXIT_OK;
    } catch (error) {
      if (terminal.interrupted.aborted) return EXIT_INTERRUPTED;
      throw error;
    } finally {
      await table.close();
    }
  },
};

async function read({ store: url, archive, ...bounds }: SqlValues, terminal: Terminal): Promise<EventTable> {
  const span = spanOf(bounds);
  const { openEventTable } = await loadWithClient(() => import('../../transfer/duckdb/event-table.js'));
  const reader = await createReader(url, { log: terminal.log });
  const display = progress(terminal, { label: 'reading' });
  try {
    await reader.open();
    await tellOfArchive(reader, url, archive, 'asked', terminal, span);
    return await openEventTable(sourceOf(reader, url, archive), {
      span,
      interrupted: terminal.interrupted,
      onProgress: display.update,
    });
  } finally {
    display.stop();
    await reader.close();
  }
}

/** What other prompts are left by. */
const EXIT = /^\s*([.\\]?(exit|quit|q))\s*;?\s*$/i;

/** Asks for statements until there are no more. A wrong one is told, and is not the end. */
async function prompt(
  { connection, summary }: EventTable,
  ask: (sql: string) => Promise<void>,
  { stdout, stderr, interrupted }: Terminal,
): Promise<void> {
  stdout.write(
    `${printCount(summary.events, 'event')} in api_events, by contact in contacts. End a query with a semicolon, and the prompt with exit or Ctrl-D.\n`,
  );
  const lines = createInterface({ input: process.stdin, output: stdout, prompt: 'tallyboard> ' });
  interrupted.addEventListener('abort', () => lines.close());
  let statement = '';
  lines.on('SIGINT', () => {
    connection.interrupt();
    statement = '';
    stdout.write('\n');
    lines.setPrompt('tallyboard> ');
    lines.prompt();
  });
  lines.prompt();
  for await (const line of lines) {
    if (statement === '' && EXIT.test(line)) break;
    statement += `${line}\n`;
    if (/;\s*$/.test(statement)) {
      await ask(statement).catch((error: unknown) => stderr.write(`${explain(error)}\n`));
      statement = '';
    }
    lines.setPrompt(statement.trim() === '' ? 'tallyboard> ' : '       ...> ');
    lines.prompt();
  }
  lines.close();
  stdout.write('\n');
}
