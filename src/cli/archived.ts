import { TallyboardError } from '../contract/errors.js';
import type { EventSource } from '../contract/store.js';
import { shownUrl } from '../stores/index.js';
import { withArchive } from '../transfer/archive/reader.js';
import type { Flag, Terminal } from './command.js';
import { printCount } from './progress.js';

/** For every command that reads all raw events of a store. */
export const ARCHIVE_FLAG: Flag<string> = {
  name: 'archive',
  value: 'DIR',
  description: 'where raw events of the store were moved to with tallyboard archive',
};

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

/** Says of raw events that a command leaves out where they are. */
export async function tellOfArchive(
  { archive }: EventSource,
  url: string,
  done: string,
  { stderr }: Pick<Terminal, 'stderr'>,
): Promise<void> {
  const places = (await archive?.reached())?.keys() ?? [];
  const days = new Set([...places].map((place) => place.slice(0, 'YYYY-MM-DD'.length))).size;
  if (days === 0) return;
  stderr.write(
    `Raw events of ${printCount(days, 'day')} of ${shownUrl(url)} were moved to an archive, and are not ${done}: --archive DIR includes them.\n`,
  );
}
