import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventArchive, EventSource } from '../contract/data-interface.js';
import { TallyboardError } from '../contract/errors.js';
import type { ContactEvent } from '../domain/contact.js';
import type { Instant } from '../domain/time.js';
import { exportText } from './export.js';
import { syncPath, writeFileWith, writeWhole } from './output.js';
import { openSource } from './source.js';

export interface ArchiveOptions {
  readonly interrupted?: AbortSignal;
  /** Called now and then with the number of events moved. */
  readonly onProgress?: (events: number) => void;
}

export interface ArchiveSummary {
  readonly complete: boolean;
  readonly files: number;
  readonly events: number;
}

/** Names the archive, so that it is not taken for that of another store. */
const LABEL = 'archive.json';
/** A part that is written whole, and may still be in the store. */
const MOVING = '.moving.ndjson';
const MOVED = '.ndjson';

/**
 * Moves the raw events of a store that came before an instant to files of a directory, an export a part.
 *
 * A part is written, synced and named first; then it is removed from the store; then it gets the name that
 * says so. Whatever interrupts that, the next run knows where it was: each event is moved once.
 */
export async function archiveEvents(
  archive: EventArchive,
  directory: string,
  before: Instant,
  { interrupted, onProgress }: ArchiveOptions = {},
): Promise<ArchiveSummary> {
  await mkdir(directory, { recursive: true });
  await label(archive, directory);
  for (const file of await readdir(directory)) {
    if (file.endsWith(MOVING)) await finish(archive, directory, file.slice(0, -MOVING.length));
  }
  let files = 0;
  let events = 0;
  for (const part of await archive.parts(before)) {
    if (interrupted?.aborted) return { complete: false, files, events };
    const source = { events: () => archive.events(part) } as unknown as EventSource;
    const written = await writeWhole(
      join(directory, part + MOVING),
      true,
      (partial) => writeFileWith(partial, (output) => exportText(source, 'ndjson', output)),
      ({ result }) => result === 'complete',
    );
    await finish(archive, directory, part);
    files += 1;
    events += written.events;
    onProgress?.(events);
  }
  return { complete: true, files, events };
}

async function finish(archive: EventArchive, directory: string, part: string): Promise<void> {
  await archive.remove(part);
  await rename(join(directory, part + MOVING), join(directory, part + MOVED));
  await syncPath(directory);
}

/** Ties the directory to the store, the first time; refuses any other directory from then on. */
async function label(archive: EventArchive, directory: string): Promise<void> {
  let name = await readLabel(directory);
  const held = await archive.name();
  // A run that was interrupted right after it had labelled the directory left no parts there.
  const isOthers = held === undefined && (await readdir(directory)).some((file) => file.endsWith(MOVED));
  if (isOthers) throw otherArchive(directory);
  if (name === undefined) {
    if (held !== undefined) throw otherArchive(directory);
    name = randomUUID();
    const text = `${JSON.stringify({ archive: name })}\n`;
    await writeWhole(
      join(directory, LABEL),
      false,
      (partial) => writeFileWith(partial, (output) => output.write(text)),
      () => true,
    );
  }
  if ((await archive.claim(name)) !== name) throw otherArchive(directory);
}

/** The raw events that were moved to a directory. Throws where they are not all of that store, or not all moved. */
export async function* archivedEvents(
  archive: EventArchive,
  directory: string,
): AsyncGenerator<ContactEvent> {
  if ((await readLabel(directory)) !== (await archive.name())) throw otherArchive(directory);
  const files = (await readdir(directory)).filter((file) => file.endsWith(MOVED)).sort();
  if (files.some((file) => file.endsWith(MOVING))) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `the last move to '${directory}' was interrupted: run tallyboard archive again, it finishes that`,
    );
  }
  for (const file of files) {
    const source = await openSource(join(directory, file), 'ndjson');
    try {
      for await (const { events, bad } of source.chunks()) {
        if (bad.length > 0) {
          throw new TallyboardError(
            'INPUT_INVALID',
            `line ${bad[0]!.place} of '${join(directory, file)}' cannot be read (${bad[0]!.reason}): restore the file from a copy`,
          );
        }
        yield* events;
      }
    } finally {
      await source.close();
    }
  }
}

async function readLabel(directory: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, LABEL), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TallyboardError('INPUT_INVALID', `the archive in '${directory}' cannot be read`, {
      cause: error,
    });
  }
  const { archive } = JSON.parse(text) as { archive?: string };
  return archive;
}

function otherArchive(directory: string): TallyboardError {
  return new TallyboardError(
    'INPUT_INVALID',
    `'${directory}' is not the archive of this store: name the directory that its events were moved to before`,
  );
}
