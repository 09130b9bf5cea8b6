import { TallyboardError } from '../../contract/errors.js';
import { type ArchivePart, dateOfPlace, type EventArchive } from '../../contract/store-archive.js';
import { formatInstant, type Instant, parseInstant } from '../../domain/time.js';
import { createStore, shownUrl } from '../../stores/index.js';
import { type Discarding, discardParts, partsBefore } from '../../transfer/archive/discard.js';
import { systemClock } from '../terminal/clock.js';
import { type Command, ENGINE_FLAG, EXIT_INTERRUPTED, EXIT_OK, type Terminal } from '../terminal/command.js';
import { printCount, progress } from '../terminal/progress.js';
import { moveEvents } from './archive.js';
import { archiveOf } from './archived.js';

interface PruneValues {
  readonly store: string;
  readonly before: Instant;
  readonly to?: string;
  readonly discard: boolean;
}

export const pruneCommand: Command = {
  name: 'prune',
  summary:
    'Remove raw events from before a date (UTC) of PostgreSQL, MariaDB or Redis: say which, and with --to move them to an archive, or with --discard throw them away. Tallies, contacts and replays stay right. Servers may use the store meanwhile. Interrupted, it is run again for the rest.',
  arguments: [],
  flags: [
    {
      name: 'store',
      value: 'URL',
      description: 'the store to remove events from',
      required: true,
      parse: (text) => text,
    },
    {
      name: 'before',
      value: 'DATE',
      description: 'the first day that stays whole, such as 2024-01-01',
      required: true,
      parse: parseDay,
    },
    {
      name: 'to',
      value: 'DIR',
      description: 'the directory of the archive to move them to: always the same for one store',
    },
    {
      name: 'discard',
      description: 'throw them away: from before the date there is no proof any more',
      fallback: false,
    },
    ENGINE_FLAG,
  ],
  givesWay: true,
  examples: [
    'tallyboard prune --store postgres://localhost/tallies --before 2024-01-01',
    'tallyboard prune --store postgres://localhost/tallies --before 2024-01-01 --to ./archive',
    'tallyboard prune --store mariadb://localhost/tallies --before 2024-01-01 --discard',
  ],
  async run(values, terminal) {
    const { store: url, before, to, discard } = values as unknown as PruneValues;
    if (to !== undefined && discard) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        'events are moved (--to) or thrown away (--discard): name one',
      );
    }
    if (before > systemClock()()) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `events come until ${formatInstant(before)} UTC still: name a day that has begun with --before`,
      );
    }
    const store = await createStore(url, { log: terminal.log, mustExist: true });
    const archive = archiveOf(store, url);
    const discards = discard ? discardingOf(archive, url) : undefined;
    try {
      await store.open();
      if (to !== undefined) return await moveEvents(archive, { url, to, before }, terminal);
      const parts = await partsBefore(archive, before);
      if (discards !== undefined) return await throwAway(discards, parts, { url, before }, terminal);
      tell(parts, { url, before }, terminal);
      return EXIT_OK;
    } finally {
      await store.close();
    }
  },
};

function discardingOf(archive: EventArchive, url: string): Discarding {
  if (archive.discard !== undefined) return archive as Discarding;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${shownUrl(url)} is proved by all its raw events, so none are thrown away: move them to an archive with --to DIR`,
  );
}

interface Asked {
  readonly url: string;
  readonly before: Instant;
}

/** What would go. */
function tell(parts: readonly ArchivePart[], { url, before }: Asked, { stdout }: Terminal): void {
  const date = formatInstant(before).slice(0, 10);
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) {
    stdout.write(`${shownUrl(url)} has no raw events from before ${date} (UTC).\n`);
    return;
  }
  const days = new Set(parts.map(({ place }) => dateOfPlace(place))).size;
  const span =
    days === 1
      ? `of ${dateOfPlace(first.place)}`
      : `of ${printCount(days, 'day')}, ${dateOfPlace(first.place)} to ${dateOfPlace(last.place)}`;
  const events = parts.reduce((sum, part) => sum + part.events, 0);
  stdout.write(
    `${printCount(events, 'raw event')} of ${shownUrl(url)} would go, ${span} (UTC). None was removed: --to DIR moves them to an archive, --discard throws them away.\n`,
  );
}

async function throwAway(
  archive: Discarding,
  parts: readonly ArchivePart[],
  { url, before }: Asked,
  terminal: Terminal,
): Promise<number> {
  const display = progress(terminal, { label: 'removing' });
  const all = parts.reduce((sum, part) => sum + part.events, 0);
  const events = await discardParts(archive, parts, {
    interrupted: terminal.interrupted,
    onProgress: display.update,
  }).finally(display.stop);
  terminal.stdout.write(
    `${printCount(events, 'raw event')} of ${shownUrl(url)} from before ${formatInstant(before).slice(0, 10)} (UTC) thrown away. Tallies and contacts stay; tallyboard verify says from when on there is proof.\n`,
  );
  if (events === all) return EXIT_OK;
  terminal.stderr.write('Interrupted: run the same command again for the rest.\n');
  return EXIT_INTERRUPTED;
}

/** Reads the midnight (UTC) of `2024-01-01`; throws where the text is no date. */
export function parseDay(text: string): Instant {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(`${text} 00:00:00`) : undefined;
  if (at === undefined) throw new Error(`'${text}' is not a date: write one such as 2024-01-01`);
  return at;
}
