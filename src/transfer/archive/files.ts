import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import type { EventSpan } from '../../contract/store.js';
import { type ArchivePart, dayOfPlace, NOTHING_MOVED } from '../../contract/store-archive.js';
import { DAY, INSTANT_MAX, INSTANT_MIN, type Instant, parseInstant } from '../../domain/time.js';

/** Names the archive, and the store whose events it has, so that it is not taken for that of another. */
export const LABEL = 'archive.json';
/** A part that is written whole, and may still be in the store. */
const MOVING = '.moving.ndjson';
const MOVED = '.ndjson';

/** A file of an archive: its name says all of its part. */
export interface PartFile extends ArchivePart {
  readonly file: string;
  /** Whether it is known that the store has the events of the part no more. */
  readonly isMoved: boolean;
}

/** The files of one place, in the order in which they were moved: each begins where the one before ends. */
export interface Chain {
  readonly files: readonly PartFile[];
  /** Where the last of them ends. */
  readonly end: string;
  /** Those of which the store does not know that it gave them away: it was set back, or a run was interrupted. */
  readonly ahead: readonly PartFile[];
}

export function movingName(part: ArchivePart): string {
  return stemOf(part) + MOVING;
}

export function movedName(part: ArchivePart): string {
  return stemOf(part) + MOVED;
}

function stemOf({ place, since, last, events }: ArchivePart): string {
  return `${place}_${since}_${last}_${events}`;
}

/** Whether all events of a place came before an instant. */
export function isBefore(place: string, before: Instant): boolean {
  return dayOfPlace(place) + DAY <= before;
}

/** Whether a span has instants of the day of a place. */
export function isWithin(place: string, { lower = INSTANT_MIN, upper = INSTANT_MAX }: EventSpan): boolean {
  return !isBefore(place, lower) && dayOfPlace(place) < upper;
}

export async function partFiles(directory: string): Promise<readonly PartFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(MOVED)).sort();
  return names.map((file) => partOf(directory, file));
}

function partOf(directory: string, file: string): PartFile {
  const isMoved = !file.endsWith(MOVING);
  const stem = file.slice(0, -(isMoved ? MOVED : MOVING).length);
  const match = /^((\d{4}-\d{2}-\d{2})_\d+)_(\d+-\d+)_(\d+-\d+)_(\d+)$/.exec(stem);
  if (match === null || parseInstant(`${match[2]} 00:00:00`) === undefined) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${join(directory, file)}' is no part of an archive, by its name: put it elsewhere`,
    );
  }
  const [, place, , since, last, events] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { file, isMoved, place, since, last, events: Number(events) };
}

/**
 * Puts the files of one place into their order. What an interrupted run left behind belongs to them where it
 * continues them, whether the store has removed it or not; `others` are what does not, the work of runs that
 * another was quicker than. Throws, naming what is missing, where the files are not one unbroken chain from
 * the beginning, and where it has no link at the state that the store has `reached`.
 */
export function linksOf(
  directory: string,
  place: string,
  files: readonly PartFile[],
  reached?: string,
): { chain: Chain; others: readonly PartFile[] } {
  const links = files.filter(({ isMoved }) => isMoved);
  let others = files.filter(({ isMoved }) => !isMoved);
  for (;;) {
    const { end } = chainOf(directory, place, links);
    const following = others.filter(({ since }) => since === end);
    // Of two, the one that the store knows was first.
    const next = following.find(({ last }) => last === reached) ?? following[0];
    if (next === undefined) return { chain: chainOf(directory, place, links, reached), others };
    links.push(next);
    others = others.filter((file) => file !== next);
  }
}

export function byPlace<T extends { readonly place: string }>(list: readonly T[]): Map<string, readonly T[]> {
  const places = new Map<string, T[]>();
  for (const item of list) {
    const own = places.get(item.place);
    if (own === undefined) places.set(item.place, [item]);
    else own.push(item);
  }
  return places;
}

function chainOf(directory: string, place: string, files: readonly PartFile[], reached?: string): Chain {
  const next = new Map<string, PartFile>();
  for (const file of files) {
    const other = next.get(file.since);
    if (other !== undefined) {
      throw new TallyboardError(
        'INPUT_INVALID',
        `'${other.file}' and '${file.file}' in '${directory}' begin from the same state: one is a copy or of another archive, put it elsewhere`,
      );
    }
    next.set(file.since, file);
  }
  const ordered: PartFile[] = [];
  let end = NOTHING_MOVED;
  let known = reached === NOTHING_MOVED || reached === undefined ? 0 : -1;
  for (let file = next.get(end); file !== undefined; file = next.get(end)) {
    next.delete(end);
    ordered.push(file);
    end = file.last;
    if (end === reached) known = ordered.length;
  }
  const [behindGap] = next.keys();
  if (behindGap !== undefined) throw missing(directory, place, end, behindGap);
  if (known < 0) throw missing(directory, place, end, reached!);
  return { files: ordered, end, ahead: reached === undefined ? [] : ordered.slice(known) };
}

function missing(directory: string, place: string, since: string, last: string): TallyboardError {
  return new TallyboardError(
    'INPUT_INVALID',
    `the file '${place}_${since}_${last}_*.ndjson', or several that lead from ${since} to ${last}, are missing in '${directory}': restore them from a copy`,
  );
}

export interface Label {
  readonly archive: string;
  readonly store: string;
}

/** Undefined where the directory has none. */
export async function readLabel(directory: string): Promise<Label | undefined> {
  const path = join(directory, LABEL);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw directoryError(directory, error);
  }
  const label = parseLabel(text);
  if (label !== undefined) return label;
  throw new TallyboardError(
    'INPUT_INVALID',
    `'${path}' does not name an archive any more: restore the file from a copy`,
  );
}

function parseLabel(text: string): Label | undefined {
  try {
    const { archive, store } = JSON.parse(text) as Partial<Record<keyof Label, unknown>>;
    return typeof archive === 'string' && typeof store === 'string' ? { archive, store } : undefined;
  } catch {
    return undefined;
  }
}

export function otherArchive(directory: string): TallyboardError {
  return new TallyboardError(
    'INPUT_INVALID',
    `'${directory}' is not the archive of this store: name the directory that its events were moved to before`,
  );
}

/** What the system says of a directory, in words that say what to do. */
export function directoryError(directory: string, error: unknown): TallyboardError {
  if (error instanceof TallyboardError && error.cause === undefined) return error;
  const system = error instanceof TallyboardError ? error.cause : error;
  const { code } = (system ?? {}) as NodeJS.ErrnoException;
  const advice = code === undefined ? undefined : ADVICE[code];
  if (advice !== undefined) {
    return new TallyboardError('CONFIG_INVALID', `'${directory}' ${advice}`, { cause: system });
  }
  if (error instanceof TallyboardError) return error;
  return new TallyboardError('CONFIG_INVALID', `the archive in '${directory}' could not be read or written`, {
    cause: error,
  });
}

const DISK_FULL =
  'has no room left: no event was removed from the store that is not in a file. Make room, and run the same command again';
const READ_ONLY =
  'may not be read or written by this user: give the directory to the user that runs the command, or name another';
const NO_DIRECTORY = 'is not a directory: name one, it is made where there is none';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: 'lies on a file system that is read only: name another directory',
  EEXIST: NO_DIRECTORY,
  ENOTDIR: NO_DIRECTORY,
  ENOENT: 'is not there, and cannot be made: look at the path',
};
