import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import type { EventSource, EventSpan } from '../../contract/store.js';
import { dayOfPlace, type EventArchive, NOTHING_MOVED } from '../../contract/store-archive.js';
import type { ContactEvent } from '../../domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN, type Instant } from '../../domain/time.js';
import { describeBadRow } from '../import.js';
import { RowIds } from '../row-ids.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import {
  byPlace,
  type Chain,
  directoryError,
  isWithin,
  linksOf,
  movedName,
  otherArchive,
  type PartFile,
  partFiles,
  readLabel,
} from './files.js';
import { chunked, mergeRuns } from './merge.js';

/** How many files of a day are read side by side; those beyond, the shortest, are read before. */
const FILES_OPEN_MAX = 256;
const ATTEMPTS_MAX = 10;

type Events = Pick<EventSource, 'events'>;

/** A store with an archive. */
export interface ArchivedStore extends Events {
  readonly archive: EventArchive;
}

/** The raw events of a store and of its archive as one, in time order. */
export function withArchive(store: ArchivedStore, directory: string): Events {
  return { events: (span) => allEvents(store, directory, span) };
}

async function* allEvents(
  store: ArchivedStore,
  directory: string,
  span?: EventSpan,
): AsyncGenerator<ContactEvent> {
  const { archive } = store;
  const label = await readLabel(directory);
  const isOwn = label?.store === (await archive.store());
  // A store that was set back to before its first archive does not know the name.
  if (!isOwn || ((await archive.name()) ?? label.archive) !== label.archive) throw otherArchive(directory);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const reached = await archive.reached();
    const files = await partFiles(directory).catch((error: unknown) => {
      throw directoryError(directory, error);
    });
    const stored = chunked(store.events(span));
    try {
      // With its first events the store has fixed which it tells.
      const first = await stored.next();
      if (!isSame(reached, await archive.reached())) continue;
      const archived = eventsOfFiles(directory, filesOf(directory, files, reached), span);
      yield* mergeRuns([chunked(archived), beginningWith(first, stored)]);
      return;
    } finally {
      await stored.return(undefined);
    }
  }
  throw new TallyboardError(
    'STORE_UNAVAILABLE',
    'raw events are being archived just now: read again when that has ended',
  );
}

/** The files of an archive by themselves, for a store that has none of their events. */
export async function openArchive(directory: string): Promise<Source> {
  if ((await readLabel(directory)) === undefined) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${directory}' is a directory, and not an archive: name a file, or the directory of an archive`,
    );
  }
  const files = filesOf(directory, await partFiles(directory));
  return {
    format: 'ndjson',
    size: files.reduce((sum, { events }) => sum + events, 0),
    unit: 'rows',
    place: 'row',
    async *chunks() {
      let position = 0;
      for await (const events of chunked(eventsOfFiles(directory, files))) {
        const places = events.map((_, i) => position + i + 1);
        position += events.length;
        yield { events, places, bad: [], position };
      }
    },
    close: () => Promise.resolve(),
  };
}

/**
 * The files that make up an archive. Throws where some are missing, and, where it is known what the store has
 * `reached`, where they do not end with that.
 */
function filesOf(
  directory: string,
  files: readonly PartFile[],
  reached?: ReadonlyMap<string, string>,
): readonly PartFile[] {
  const places = byPlace(files);
  return [...new Set([...places.keys(), ...(reached?.keys() ?? [])])].sort().flatMap((place) => {
    const state = reached === undefined ? undefined : (reached.get(place) ?? NOTHING_MOVED);
    const { chain } = linksOf(directory, place, places.get(place) ?? [], state);
    if (chain.ahead.some(({ isMoved }) => isMoved)) throw setBack(directory, chain);
    // A part that is being moved is in the store until that has removed it.
    return chain.files.slice(0, chain.files.length - chain.ahead.length);
  });
}

function setBack(directory: string, { ahead }: Chain): TallyboardError {
  return new TallyboardError(
    'INPUT_INVALID',
    `the store has events that are in '${ahead[0]!.file}' of '${directory}', too: where they are being moved just now, read again when that has ended; where a move was interrupted, or the store was set back, run tallyboard archive again, it removes from the store what the files have`,
  );
}

/** The events of files of an archive in time order; of the same instant those of an earlier file come first. */
export async function* eventsOfFiles(
  directory: string,
  files: readonly PartFile[],
  span: EventSpan = {},
): AsyncGenerator<ContactEvent> {
  const { lower = INSTANT_MIN, upper = INSTANT_MAX } = span;
  const days = new Map<Instant, PartFile[]>();
  for (const file of files) {
    if (!isWithin(file.place, span)) continue;
    const day = dayOfPlace(file.place);
    days.set(day, [...(days.get(day) ?? []), file]);
  }
  const ids = new RowIds();
  for (const [, own] of [...days].sort(([a], [b]) => a - b)) {
    for await (const event of mergeRuns(await runsOf(directory, own))) {
      // Rows of several files that are the same were told apart within each file only.
      if (event.at >= lower && event.at < upper) yield ids.renamed(event);
    }
  }
}

async function runsOf(
  directory: string,
  files: readonly PartFile[],
): Promise<AsyncIterable<readonly ContactEvent[]>[]> {
  const byLength = files.toSorted((a, b) => b.events - a.events);
  const long = new Set(byLength.slice(0, FILES_OPEN_MAX));
  const runs: AsyncIterable<readonly ContactEvent[]>[] = [];
  for (const file of files) {
    const chunks = chunksOf(directory, file);
    runs.push(long.has(file) ? chunks : inMemory(await listOf(chunks)));
  }
  return runs;
}

async function* chunksOf(directory: string, file: PartFile): AsyncGenerator<readonly ContactEvent[]> {
  const path = join(directory, file.file);
  const source = await openPart(directory, file);
  let events = 0;
  try {
    for await (const chunk of source.chunks()) {
      if (chunk.bad.length > 0) {
        throw damaged(`'${path}' cannot be read: ${describeBadRow('line', chunk.bad[0]!)}`);
      }
      events += chunk.events.length;
      yield chunk.events;
    }
  } finally {
    await source.close();
  }
  if (events !== file.events) throw damaged(`'${path}' has ${events} events, and not the number of its name`);
}

async function openPart(directory: string, part: PartFile): Promise<Source> {
  try {
    return await openSource(join(directory, part.file), 'ndjson');
  } catch (error) {
    if (part.isMoved) throw error;
    // Meanwhile it got the name that it keeps.
    return await openSource(join(directory, movedName(part)), 'ndjson');
  }
}

function damaged(what: string): TallyboardError {
  return new TallyboardError('INPUT_INVALID', `${what}: restore the file from a copy`);
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* inMemory<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function* beginningWith<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([place, state]) => b.get(place) === state);
}
