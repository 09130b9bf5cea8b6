import { TallyboardError } from '../../contract/errors.js';
import type { EventSource, Store } from '../../contract/store.js';
import { createReader, createStore, nameOfStore, shownUrl } from '../../stores/index.js';
import { copyDocuments, copyEvents, hasEvents } from '../../transfer/copy.js';
import { describeRefusal, NAMED_MAX } from '../../transfer/import.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_OK,
  type Terminal,
} from '../terminal/command.js';
import { printCount, printPace, progress } from '../terminal/progress.js';
import { ARCHIVE_FLAG, sourceOf, tellOfArchive } from './archived.js';

interface CopyValues {
  readonly from: string;
  readonly to: string;
  readonly archive?: string;
}

export const copyCommand: Command = {
  name: 'copy',
  summary:
    'Copy every raw event of one store to another, with its id. Running it again, after an interruption or not, stores nothing twice; a store that cannot tell, such as sqlite:, is taken only while it is empty.',
  arguments: [],
  flags: [
    {
      name: 'from',
      value: 'URL',
      description: 'the store to read',
      required: true,
    },
    {
      name: 'to',
      value: 'URL',
      description: 'the store to write',
      required: true,
    },
    ARCHIVE_FLAG,
    ENGINE_FLAG,
  ],
  examples: [
    'tallyboard copy --from sqlite:og.db --to journal:./data',
    'tallyboard copy --from redis://localhost:6379 --archive ./archive --to journal:./data',
  ],
  async run(values, terminal) {
    const { from, to, archive } = values as unknown as CopyValues;
    await refuseSame(from, to);
    const reader = await createReader(from, { log: terminal.log });
    const target = await createStore(to, { log: terminal.log });
    try {
      await reader.open();
      const source = sourceOf(reader, from, archive);
      await tellOfArchive(reader, from, archive, 'copied', terminal);
      await target.open();
      const code = await run({ from: shownUrl(from), to: shownUrl(to), source, target }, terminal);
      if (code !== EXIT_INTERRUPTED)
        tellOfDocuments(await copyDocuments(reader, target), shownUrl(to), terminal);
      return code;
    } finally {
      await reader.close();
      await target.close();
    }
  },
};

interface Copy {
  readonly from: string;
  readonly to: string;
  readonly source: Pick<EventSource, 'events'>;
  readonly target: Store;
}

async function run({ from, to, source, target }: Copy, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  if (target.promises.replays === 'counted' && (await hasEvents(target))) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${to} has events already, and does not recognise those that it has: it would count them again. Copy to a new file`,
    );
  }
  const started = performance.now();
  const display = progress(terminal, { label: 'copying' });
  const { complete, events, counts, refusals } = await copyEvents(source, target, {
    interrupted: terminal.interrupted,
    onProgress: display.update,
  }).finally(display.stop);

  if (counts.conflicts > 0) {
    stderr.write(`${printCount(counts.conflicts, 'event')} refused: the contact has another symbol.\n`);
    for (const refusal of refusals) stderr.write(`  ${describeRefusal('event', refusal)}\n`);
    if (counts.conflicts > NAMED_MAX)
      stderr.write(`  … and ${printCount(counts.conflicts - NAMED_MAX)} more\n`);
  }
  const stored = counts.accepted + counts.replays;
  stdout.write(
    `${printCount(stored, 'event')} of ${from} in ${to}: ${printCount(counts.accepted)} accepted, ${printCount(counts.replays)} as replays, ${printCount(counts.conflicts)} refused, ${printPace(events, (performance.now() - started) / 1000)}.\n`,
  );
  if (!complete) {
    stderr.write(
      target.promises.replays === 'counted'
        ? `Interrupted: ${to} is not complete. Delete it, and run the same command again.\n`
        : 'Interrupted: run the same command again for the rest; nothing is stored twice.\n',
    );
    return EXIT_INTERRUPTED;
  }
  return counts.conflicts > 0 ? EXIT_FAILED : EXIT_OK;
}

function tellOfDocuments(
  { count, isKept }: Awaited<ReturnType<typeof copyDocuments>>,
  to: string,
  { stdout, stderr }: Terminal,
): void {
  if (count === 0) return;
  const what = `notes and shared links: ${printCount(count)}`;
  if (isKept) stdout.write(`Copied as well, ${what}.\n`);
  else stderr.write(`Left out, because ${to} keeps none, ${what}.\n`);
}

async function refuseSame(from: string, to: string): Promise<void> {
  if ((await nameOfStore(from)) !== (await nameOfStore(to))) return;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `--from and --to are the same store, ${shownUrl(from)}: name another`,
  );
}
