import type { EventArchive } from '../../contract/store-archive.js';
import { DAY, HOUR, type Instant } from '../../domain/time.js';
import { createStore, shownUrl } from '../../stores/index.js';
import { systemClock } from '../terminal/clock.js';
import { type Command, ENGINE_FLAG, EXIT_INTERRUPTED, EXIT_OK, type Terminal } from '../terminal/command.js';
import { printCount, printPace, progress } from '../terminal/progress.js';
import { archiveOf } from './archived.js';

interface ArchiveValues {
  readonly store: string;
  readonly to: string;
  readonly olderThan: number;
}

export const archiveCommand: Command = {
  name: 'archive',
  summary:
    'Move old raw events out of Redis, PostgreSQL or MariaDB, to files in the format of an export, whole days (UTC) at a time. Tallies, replays and late followups stay right. Servers may use the store meanwhile. Running it again, after an interruption or after the store was set back, finishes what was begun: each event is moved once.',
  arguments: [],
  flags: [
    {
      name: 'store',
      value: 'URL',
      description: 'the store to move events out of',
      required: true,
      parse: (text) => text,
    },
    {
      name: 'to',
      value: 'DIR',
      description: 'the directory of the archive: always the same for one store',
      required: true,
      parse: (text) => text,
    },
    {
      name: 'older-than',
      value: 'AGE',
      description: 'leave the days that are not wholly older than this, such as 30d or 12h',
      fallback: 30 * DAY,
      fallbackText: '30d',
      parse: parseAge,
    },
    ENGINE_FLAG,
  ],
  givesWay: true,
  examples: [
    'tallyboard archive --store redis://localhost:6379 --to ./archive --older-than 30d',
    'tallyboard verify --store redis://localhost:6379 --archive ./archive',
  ],
  async run(values, terminal) {
    const { store: url, to, olderThan } = values as unknown as ArchiveValues;
    const store = await createStore(url, { log: terminal.log, mustExist: true });
    const archive = archiveOf(store, url);
    try {
      await store.open();
      return await moveEvents(archive, { url, to, before: systemClock()() - olderThan }, terminal);
    } finally {
      await store.close();
    }
  },
};

export interface MoveOptions {
  readonly url: string;
  readonly to: string;
  readonly before: Instant;
}

/** Moves raw events of an open store to a directory, says how many, and answers with the exit code. */
export async function moveEvents(
  archive: EventArchive,
  { url, to, before }: MoveOptions,
  terminal: Terminal,
): Promise<number> {
  const { archiveEvents } = await import('../../transfer/archive/archive.js');
  const started = performance.now();
  const display = progress(terminal, { label: 'archiving' });
  const { complete, files, events, eventsInFiles } = await archiveEvents(archive, to, before, {
    interrupted: terminal.interrupted,
    onProgress: display.update,
  }).finally(display.stop);
  const pace = printPace(events, (performance.now() - started) / 1000);
  terminal.stdout.write(
    `${printCount(events, 'event')} of ${shownUrl(url)} moved to ${printCount(files, 'file')} in '${to}', ${pace}.\n`,
  );
  if (eventsInFiles > 0) {
    terminal.stdout.write(
      `${printCount(eventsInFiles, 'further event')} already in its files, because a run was interrupted or the store was set back: only removed from the store.\n`,
    );
  }
  if (complete) return EXIT_OK;
  terminal.stderr.write('Interrupted: run the same command again for the rest.\n');
  return EXIT_INTERRUPTED;
}

/** Reads `30d` or `12h` in microseconds; throws where the text is neither. */
export function parseAge(text: string): Instant {
  const match = /^(\d+)([dh])$/.exec(text);
  if (match === null)
    throw new Error(`'${text}' is not an age: write a number and its unit, such as 30d or 12h`);
  return Number(match[1]) * (match[2] === 'd' ? DAY : HOUR);
}
