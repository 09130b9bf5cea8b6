import { TallyboardError } from '../../contract/errors.js';
import type { EventSource, EventSpan } from '../../contract/store.js';
import { dateOfPlace, type EventArchive } from '../../contract/store-archive.js';
import { formatInstant, INSTANT_MIN, type Instant } from '../../domain/time.js';
import { shownUrl } from '../../stores/index.js';
import { isWithin } from '../../transfer/archive/files.js';
import { withArchive } from '../../transfer/archive/reader.js';
import type { Flag, Terminal } from '../terminal/command.js';
import { printCount } from '../terminal/progress.js';

/** For every command that reads all raw events of a store. */
export const ARCHIVE_FLAG: Flag<string> = {
  name: 'archive',
  value: 'DIR',
  description: 'where raw events of the store were moved to with tallyboard archive or prune',
};

/** What moves raw events out of a store; throws where they stay for good, and says what to do instead. */
export function archiveOf({ archive }: Pick<EventSource, 'archive'>, url: string): EventArchive {
  if (archive !== undefined) return archive;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${shownUrl(url)} cannot be without raw events: all that it answers follows from them. Give it a larger disk, or copy it to a store that can be without old ones (tallyboard copy --to postgres:…, mariadb:… or redis:…)`,
  );
}

/**
 * Before which instant raw events are neither in a store nor in the directory of its archive; undefined: all are
 * there. Throws where the store knows too little of contacts to be proved without the directory.
 */
export async function provedSince(
  { archive }: EventSource,
  directory: string | undefined,
): Promise<Instant | undefined> {
  const removed = await archive?.removed?.();
  if (removed !== undefined) {
    return (directory === undefined ? removed.before : removed.discardedBefore) ?? undefined;
  }
  if (directory !== undefined || ((await archive?.reached())?.size ?? 0) === 0) return undefined;
  throw new TallyboardError(
    'CONFIG_INVALID',
    'raw events of this store were moved to an archive: name its directory with --archive',
  );
}

/** The raw events of an open store, with those of its archive where a directory is given. */
export function sourceOf(
  store: EventSource,
  url: string,
  directory: string | undefined,
): Pick<EventSource, 'events' | 'everyEvent' | 'eventColumns'> {
  if (directory === undefined) return store;
  const { archive } = store;
  if (archive === undefined) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${shownUrl(url)} keeps its raw events for good: leave --archive out`,
    );
  }
  return withArchive({ events: (span) => store.events(span), archive }, directory);
}

/** Says of raw events of a span that a command leaves out where they are. */
export async function tellOfArchive(
  { archive }: EventSource,
  url: string,
  directory: string | undefined,
  done: string,
  { stderr }: Pick<Terminal, 'stderr'>,
  span: EventSpan = {},
): Promise<void> {
  const discardedBefore = (await archive?.removed?.())?.discardedBefore ?? null;
  if (discardedBefore !== null && discardedBefore > (span.lower ?? INSTANT_MIN)) {
    stderr.write(
      `Raw events of ${shownUrl(url)} from before ${formatInstant(discardedBefore)} UTC were thrown away, and are not ${done}.\n`,
    );
  }
  if (directory !== undefined) return;
  const places = [...((await archive?.reached())?.keys() ?? [])].filter((place) => isWithin(place, span));
  const days = new Set(places.map(dateOfPlace)).size;
  if (days === 0) return;
  stderr.write(
    `Raw events of ${printCount(days, 'day')} of ${shownUrl(url)} were moved to an archive, and are not ${done}: --archive DIR includes them.\n`,
  );
}
