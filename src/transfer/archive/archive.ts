import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import {
  type ArchivePart,
  dateOfPlace,
  type EventArchive,
  NOTHING_MOVED,
} from '../../contract/store-archive.js';
import type { ContactEvent } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import { exportText } from '../export.js';
import { partialOf, removeAbandoned, syncPath, writeFileWith, writeWhole } from '../output.js';
import { fieldsOf } from '../row-ids.js';
import {
  byPlace,
  type Chain,
  directoryError,
  isBefore,
  LABEL,
  linksOf,
  movedName,
  movingName,
  otherArchive,
  partFiles,
  readLabel,
} from './files.js';
import { lockArchive } from './lock.js';
import { eventsOfFiles } from './reader.js';

export interface ArchiveOptions {
  readonly interrupted?: AbortSignal;
  /** Called now and then with the number of events moved. */
  readonly onProgress?: (events: number) => void;
}

export interface ArchiveSummary {
  readonly complete: boolean;
  readonly files: number;
  /** Events that were written to files, and removed from the store. */
  readonly events: number;
  /** Events that stood in a file already, and were only removed from the store. */
  readonly eventsInFiles: number;
}

/**
 * Moves the raw events of a store that came before an instant to files of a directory, an export a part.
 *
 * A part is written, synced and named first; then it is removed from the store; then it gets the name that
 * says so. The names and the store both tell how far a place has come, so each event is moved once, whatever
 * interrupts that, and whichever of the two was set back to what it was before.
 */
export async function archiveEvents(
  archive: EventArchive,
  directory: string,
  before: Instant,
  options: ArchiveOptions = {},
): Promise<ArchiveSummary> {
  try {
    // Made with its parents, what the system says of one that it refuses is hidden.
    await mkdir(directory, { recursive: true }).catch(() => mkdir(directory));
    const lock = await lockArchive(directory);
    try {
      return await new Move(archive, directory, options).run(before);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw directoryError(directory, error);
  }
}

class Move {
  readonly #archive: EventArchive;
  readonly #directory: string;
  readonly #options: ArchiveOptions;
  #files = 0;
  #events = 0;
  #eventsInFiles = 0;

  constructor(archive: EventArchive, directory: string, options: ArchiveOptions) {
    this.#archive = archive;
    this.#directory = directory;
    this.#options = options;
  }

  async run(before: Instant): Promise<ArchiveSummary> {
    await removeAbandoned(this.#directory);
    await this.#label();
    const reached = await this.#archive.reached();
    const files = byPlace(await partFiles(this.#directory));
    const parts = new Map((await this.#archive.parts()).map((part) => [part.place, part]));
    for (const place of [...new Set([...files.keys(), ...reached.keys(), ...parts.keys()])].sort()) {
      if (this.#options.interrupted?.aborted) return this.#summary(false);
      const part = parts.get(place);
      const since = part?.since ?? reached.get(place) ?? NOTHING_MOVED;
      const { chain, others } = linksOf(this.#directory, place, files.get(place) ?? [], since);
      // What the store has forgotten of a day that was moved before is mended, however young the day is.
      if (chain.ahead.length > 0 || (part !== undefined && isBefore(place, before))) {
        const all = part ?? { place, since, last: NOTHING_MOVED, events: 0 };
        if (!(await this.#move(all, chain))) return this.#summary(false);
        this.#options.onProgress?.(this.#events + this.#eventsInFiles);
      }
      for (const file of chain.files) if (!file.isMoved) await this.#settle(file);
      for (const file of others) await this.#tidyUp(file);
    }
    return this.#summary(true);
  }

  #summary(complete: boolean): ArchiveSummary {
    return {
      complete,
      files: this.#files,
      events: this.#events,
      eventsInFiles: this.#eventsInFiles,
    };
  }

  /** Answers with whether it was done; false where it was interrupted. */
  async #move(part: ArchivePart, chain: Chain): Promise<boolean> {
    const written = await this.#write(part, chain);
    if (written === undefined) return false;
    const left = part.events - written.events;
    if (written.events === 0) {
      // The files have all of it: the store is to know what they know.
      await this.#archive.remove(part, chain.end);
      this.#eventsInFiles += left;
      return true;
    }
    try {
      await this.#archive.remove(part, written.last);
    } catch (error) {
      // Where that fails too, the next run looks again.
      await this.#tidyUp(written).catch(() => {});
      throw error;
    }
    await this.#settle(written);
    this.#files += 1;
    this.#events += written.events;
    this.#eventsInFiles += left;
    return true;
  }

  /**
   * Writes what of a part is in no file yet, and names the file as one that follows the others; no file where
   * there is nothing. Undefined where it was interrupted.
   */
  async #write(part: ArchivePart, chain: Chain): Promise<ArchivePart | undefined> {
    const file = { ...part, since: chain.end };
    if (part.events === 0) return file;
    let read = 0;
    const counted = async function* (events: AsyncIterable<ContactEvent>) {
      for await (const event of events) {
        read += 1;
        yield event;
      }
    };
    const events = counted(this.#archive.events(part));
    const source = { events: () => this.#newOnes(events, chain) };
    const partial = partialOf(join(this.#directory, part.place));
    try {
      const { interrupted } = this.#options;
      const { result, events: written } = await writeFileWith(partial, (output) =>
        exportText(source, 'ndjson', output, interrupted === undefined ? {} : { interrupted }),
      );
      if (result !== 'complete') return undefined;
      if (read !== part.events) {
        throw new TallyboardError(
          'STORE_UNAVAILABLE',
          `${read} events of ${dateOfPlace(part.place)} were read, and the store had ${part.events}: they were not removed; run the same command again`,
        );
      }
      const named = { ...file, events: written };
      if (written === 0) return named;
      await syncPath(partial);
      await rename(partial, join(this.#directory, movingName(named)));
      await syncPath(this.#directory);
      return named;
    } finally {
      await rm(partial, { force: true }).catch(() => {});
    }
  }

  /** The events without those that stand in the files which the store does not know of. */
  #newOnes(events: AsyncIterable<ContactEvent>, { ahead }: Chain): AsyncIterable<ContactEvent> {
    return ahead.length === 0 ? events : without(events, eventsOfFiles(this.#directory, ahead));
  }

  /** Gives a part that the store has removed the name that says so. */
  async #settle(part: ArchivePart): Promise<void> {
    const moved = movedName(part);
    await rename(join(this.#directory, movingName(part)), join(this.#directory, moved)).catch(
      async (error: unknown) => {
        // A run on another machine, which found the file, may have done that.
        if (!(await readdir(this.#directory)).includes(moved)) throw error;
      },
    );
    await syncPath(this.#directory);
  }

  /**
   * Removes the file of a part that another run was quicker to move: its events are in the files of that run,
   * or still in the store. Where that is not sure the file stays, and the next run looks again.
   */
  async #tidyUp(file: ArchivePart): Promise<void> {
    const { place } = file;
    const reached = (await this.#archive.reached()).get(place) ?? NOTHING_MOVED;
    const own = byPlace(await partFiles(this.#directory)).get(place) ?? [];
    const { chain, others } = linksOf(this.#directory, place, own, reached);
    // While the store is behind its files, it may have lost what this file has.
    if (chain.ahead.length > 0 || !others.some((other) => other.file === movingName(file))) return;
    await rm(join(this.#directory, movingName(file)), { force: true });
  }

  /** Ties the directory to the store, the first time; refuses any other from then on. */
  async #label(): Promise<void> {
    const directory = this.#directory;
    const store = await this.#archive.store();
    const held = await this.#archive.name();
    let label = await readLabel(directory);
    if (label === undefined) {
      // While nothing was moved, the directory that was named first holds nobody to it.
      const isUsed = held !== undefined && (await this.#archive.reached()).size > 0;
      if (isUsed || (await partFiles(directory)).length > 0) throw otherArchive(directory);
      label = { archive: held ?? randomUUID(), store };
      const text = `${JSON.stringify(label)}\n`;
      await writeWhole(
        join(directory, LABEL),
        false,
        (partial) => writeFileWith(partial, (output) => output.write(text)),
        () => true,
      );
    }
    // A store that was set back to before its first archive has forgotten the name, and is known by its own.
    const isOthers = label.store !== store || (await this.#archive.claim(label.archive)) !== label.archive;
    if (isOthers) throw otherArchive(directory);
  }
}

/**
 * The events that are not among others; both are in time order. Events are the same where their rows are,
 * because a file has no ids; of several that are the same each of the others takes one away.
 */
async function* without(
  events: AsyncIterable<ContactEvent>,
  others: AsyncIterable<ContactEvent>,
): AsyncGenerator<ContactEvent> {
  const iterator = others[Symbol.asyncIterator]();
  try {
    let next = await iterator.next();
    let at: Instant = Number.NEGATIVE_INFINITY;
    let rows = new Map<string, number>();
    for await (const event of events) {
      if (event.at !== at) {
        at = event.at;
        rows = new Map();
        while (next.done !== true && next.value.at <= at) {
          const row = rowOf(next.value);
          if (next.value.at === at) rows.set(row, (rows.get(row) ?? 0) + 1);
          next = await iterator.next();
        }
      }
      const row = rowOf(event);
      const count = rows.get(row) ?? 0;
      if (count > 0) rows.set(row, count - 1);
      else yield event;
    }
  } finally {
    await iterator.return?.();
  }
}

function rowOf(event: ContactEvent): string {
  return event.uuid + fieldsOf(event);
}
