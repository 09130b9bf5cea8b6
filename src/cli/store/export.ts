import { TallyboardError } from '../../contract/errors.js';
import { loadWithClient } from '../../contract/missing-client.js';
import type { EventSource } from '../../contract/store.js';
import type { EventFormat } from '../../domain/event-text.js';
import { createReader, shownUrl } from '../../stores/index.js';
import { type ExportOptions, type ExportSummary, exportText } from '../../transfer/export.js';
import {
  isDevice,
  type Output,
  streamOutput,
  writeDeviceWith,
  writeFileWith,
  writeWhole,
  writeWholeFolder,
} from '../../transfer/output.js';
import { FORMATS } from '../../transfer/sources/source.js';
import { type Command, ENGINE_FLAG, EXIT_INTERRUPTED, EXIT_OK, storeFlag } from '../terminal/command.js';
import { oneOf } from '../terminal/config.js';
import { printCount, printPace, progress } from '../terminal/progress.js';
import { ARCHIVE_FLAG, sourceOf, tellOfArchive } from './archived.js';
import { SPAN_FLAGS, type SpanValues, spanOf } from './span.js';

const EXPORT_FORMATS = [...FORMATS, 'parquet'] as const;

interface ExportValues extends SpanValues {
  readonly store: string;
  readonly format: (typeof EXPORT_FORMATS)[number];
  readonly byDay: boolean;
  readonly out?: string;
  readonly force: boolean;
  readonly archive?: string;
}

export const exportCommand: Command = {
  name: 'export',
  summary:
    "Write the raw events in time order, with the columns of the original's table (uuid, symbol, is_vowel, url, date) and replay. A journal may be in use meanwhile.",
  arguments: [],
  flags: [
    storeFlag('where the events are'),
    {
      name: 'format',
      value: 'FORMAT',
      description: `${EXPORT_FORMATS.join(', ')}; sqlite is a database that the original server opens`,
      fallback: 'ndjson',
      parse: oneOf(...EXPORT_FORMATS),
    },
    {
      name: 'by-day',
      description: 'with parquet: a folder with one file a day of UTC, day=2017-06-28/data_0.parquet',
      fallback: false,
    },
    ...SPAN_FLAGS,
    {
      name: 'out',
      value: 'FILE',
      description:
        'the file to write, complete or not at all, or a device or a pipe; without it, standard output',
    },
    {
      name: 'force',
      description: 'replace the file if it exists',
      fallback: false,
    },
    ARCHIVE_FLAG,
    ENGINE_FLAG,
  ],
  givesWay: true,
  examples: [
    'tallyboard export --store journal:./data --format csv --out events.csv',
    'tallyboard export --store journal:./data --from 2017-06-28 --to 2017-06-30 --tz America/New_York | head',
    'tallyboard export --store journal:./data --format sqlite --out og.db',
    'tallyboard export --store journal:./data --format parquet --by-day --out events',
    'tallyboard export --store redis://localhost:6379 --archive ./archive --out events.ndjson',
  ],
  async run(values, terminal) {
    const { store: url, format, byDay, out, force, archive, ...bounds } = values as unknown as ExportValues;
    const span = spanOf(bounds);
    // A file is whole or not there; all else has what was written so far.
    const isFile = out !== undefined && !(await isDevice(out));
    if (byDay && format !== 'parquet') {
      throw new TallyboardError('CONFIG_INVALID', `--by-day is for --format parquet, not ${format}`);
    }
    if (format in NEEDING_FILE && !isFile) {
      const what = NEEDING_FILE[format];
      throw new TallyboardError(
        'CONFIG_INVALID',
        out === undefined
          ? `${what} needs a file: name one with --out`
          : `${what} needs a file, and '${out}' is a device or a pipe: name a file with --out`,
      );
    }
    const reader = await createReader(url, { log: terminal.log });
    // A bar between lines of data helps nobody.
    const isMixed = out === undefined && terminal.stdout.isTTY === true;
    const display = isMixed ? undefined : progress(terminal, { label: 'exporting' });
    const started = performance.now();
    let summary: ExportSummary;
    try {
      await reader.open();
      await tellOfArchive(reader, url, archive, 'exported', terminal, span);
      const source = sourceOf(reader, url, archive);
      summary = await write(source, {
        span,
        interrupted: terminal.interrupted,
        onProgress: (events) => display?.update(events),
      });
    } finally {
      display?.stop();
      await reader.close();
    }

    const { result, events } = summary;
    const pace = printPace(events, (performance.now() - started) / 1000);
    if (result === 'interrupted') {
      const left = isFile ? `'${out}' was not written` : 'the output is not complete';
      terminal.stderr.write(
        `Interrupted after ${printCount(events, 'event')}: ${left}; run the command again.\n`,
      );
      return EXIT_INTERRUPTED;
    }
    if (result === 'complete') {
      terminal.stderr.write(
        `${printCount(events, 'event')} of ${shownUrl(url)} written as ${format}${out === undefined ? '' : ` to '${out}'`} ${pace}.\n`,
      );
    }
    return EXIT_OK;

    async function write(
      source: Pick<EventSource, 'events' | 'eventColumns'>,
      options: ExportOptions,
    ): Promise<ExportSummary> {
      const writeText = (output: Output) => exportText(source, format as EventFormat, output, options);
      if (out === undefined) return await writeText(streamOutput(terminal.stdout));
      if (!isFile) return await writeDeviceWith(out, writeText);
      const isComplete = (written: ExportSummary) => written.result === 'complete';
      if (byDay) return await writeWholeFolder(out, writePartial, isComplete);
      return await writeWhole(out, force, writePartial, isComplete);

      async function writePartial(partial: string): Promise<ExportSummary> {
        if (format === 'parquet') {
          const { exportParquet } = await loadWithClient(
            () => import('../../transfer/duckdb/export-parquet.js'),
          );
          return await exportParquet(source, partial, byDay, options);
        }
        if (format !== 'sqlite') return await writeFileWith(partial, writeText);
        const { exportSqlite } = await loadWithClient(() => import('../../transfer/export-sqlite.js'));
        return await exportSqlite(source, partial, options);
      }
    }
  },
};

/** What cannot be written to a stream. */
const NEEDING_FILE: Readonly<Record<string, string>> = {
  sqlite: 'a SQLite database',
  parquet: 'Parquet',
};
