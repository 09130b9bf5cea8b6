import { stat } from 'node:fs/promises';
import { TallyboardError } from '../../contract/errors.js';
import type { Store } from '../../contract/store.js';
import { createStore, shownUrl } from '../../stores/index.js';
import { readLabel } from '../../transfer/archive/files.js';
import { openArchive } from '../../transfer/archive/reader.js';
import {
  describeBadRows,
  describeRefusal,
  type ImportSummary,
  importSource,
  NAMED_MAX,
} from '../../transfer/import.js';
import { openSource } from '../../transfer/sources/open.js';
import { FORMATS, type Format, type Source } from '../../transfer/sources/source.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_OK,
  storeFlag,
  type Terminal,
} from '../terminal/command.js';
import { oneOf } from '../terminal/config.js';
import { type Progress, printCount, printPace, progress } from '../terminal/progress.js';

interface ImportValues {
  readonly file: string;
  readonly store: string;
  readonly format: Format | 'auto';
  readonly skipBad: boolean;
}

export const importCommand: Command = {
  name: 'import',
  summary:
    'Read an original database, or an export, into a store, keeping the dates. A file with bad rows is not taken at all, unless --skip-bad; a row whose contact has another symbol in the store is refused by itself. Running it again, after an interruption or not, stores nothing twice.',
  arguments: [
    {
      name: 'file',
      description: 'a SQLite database, an ndjson file, a CSV file, or the directory of an archive',
    },
  ],
  flags: [
    storeFlag('where the events go'),
    {
      name: 'format',
      value: 'FORMAT',
      description: `what the file is: auto (told from its content), ${FORMATS.join(', ')}`,
      fallback: 'auto',
      parse: oneOf('auto', ...FORMATS),
    },
    {
      name: 'skip-bad',
      description: 'take the good rows of a file that has bad ones, and name the bad ones',
      fallback: false,
    },
    ENGINE_FLAG,
  ],
  examples: [
    'tallyboard import og.db --store journal:./data',
    'tallyboard import events.csv --store journal:./data --skip-bad',
    'tallyboard import ./archive --store journal:./data',
  ],
  async run(values, terminal) {
    const { file, store: url, format, skipBad } = values as unknown as ImportValues;
    const isArchive = await isDirectory(file);
    const source = isArchive
      ? await openArchive(file)
      : await openSource(file, format === 'auto' ? undefined : format);
    try {
      const store = await createStore(url, { log: terminal.log });
      try {
        await store.open();
        if (isArchive) await refuseOwn(store, file);
        return await run({ file, url, source, store, skipBad }, terminal);
      } finally {
        await store.close();
      }
    } finally {
      await source.close();
    }
  },
};

/** A store knows the contacts of its own archive, so it would log all of their events once more, as replays. */
async function refuseOwn({ archive }: Store, directory: string): Promise<void> {
  const name = await archive?.name();
  if (name === undefined || (await readLabel(directory))?.archive !== name) return;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `'${directory}' is the archive of this store, whose contacts it has still: import it into another store, or read both as one with --archive`,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

interface Import {
  readonly file: string;
  readonly url: string;
  readonly source: Source;
  readonly store: Store;
  readonly skipBad: boolean;
}

async function run(what: Import, terminal: Terminal): Promise<number> {
  const { source, store, skipBad } = what;
  if (store.promises.keepsEvents && store.promises.replays === 'counted') {
    terminal.stderr.write(
      'This store does not recognise replays: importing a file a second time stores it a second time.\n',
    );
  }
  const started = performance.now();
  let shown: { readonly pass: string; readonly display: Progress } | undefined;
  let summary: ImportSummary;
  try {
    summary = await importSource(source, store, {
      skipBad,
      interrupted: terminal.interrupted,
      onProgress(pass, position) {
        if (shown?.pass !== pass) {
          shown?.display.stop();
          const label = pass === 'check' ? 'checking' : 'importing';
          shown = {
            pass,
            display: progress(terminal, { label, total: source.size, unit: source.unit.slice(0, -1) }),
          };
        }
        shown.display.update(position);
      },
    });
  } finally {
    shown?.display.stop();
  }
  return conclude(what, summary, (performance.now() - started) / 1000, terminal);
}

function conclude(what: Import, summary: ImportSummary, seconds: number, terminal: Terminal): number {
  const { file, url, source, skipBad } = what;
  const { result, rows, badRows, counts, refusals, gained } = summary;
  const { stdout, stderr } = terminal;
  if (badRows > 0) {
    stderr.write(`${printCount(badRows)} of ${printCount(rows, 'row')} of '${file}' cannot be taken:\n`);
    for (const alike of summary.bad) stderr.write(`  ${describeBadRows(source.place, alike)}\n`);
  }
  if (counts.conflicts > 0) {
    stderr.write(`${printCount(counts.conflicts, 'row')} refused: the contact has another symbol.\n`);
    for (const refusal of refusals) stderr.write(`  ${describeRefusal(source.place, refusal)}\n`);
    if (counts.conflicts > NAMED_MAX)
      stderr.write(`  … and ${printCount(counts.conflicts - NAMED_MAX)} more\n`);
  }
  if (result === 'refused') {
    stderr.write('Nothing was taken: correct these rows, or take the others with --skip-bad.\n');
    return EXIT_FAILED;
  }
  const stored = counts.accepted + counts.replays;
  stdout.write(
    `${printCount(stored, 'event')} of '${file}' in ${shownUrl(url)}: ${printCount(counts.accepted)} accepted, ${printCount(counts.replays)} as replays, ${printCount(counts.conflicts)} refused, ${printCount(badRows)} skipped, ${printPace(rows, seconds, 'row')}.\n`,
  );
  if (gained !== null) {
    stdout.write(
      `The tallies gained ${printCount(gained.contacts, 'contact')} and ${printCount(gained.followups, 'followup')}; what was there before is not counted twice.\n`,
    );
  }
  if (result === 'interrupted') {
    stderr.write('Interrupted: run the same command again for the rest; nothing is stored twice.\n');
    return EXIT_INTERRUPTED;
  }
  return counts.conflicts > 0 && !skipBad ? EXIT_FAILED : EXIT_OK;
}
