import { statSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import { makeDirectory } from './files.js';

/** What the holder of a directory says of itself. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** A file by what the system calls it, whatever its path. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The segment that is written, as its writer left it. */
export interface OpenSegment {
  readonly path: string;
  readonly identity: FileIdentity;
  /** The file has so many bytes, or more. */
  readonly bytesMin: number;
  /** The segment of one who goes on where this writer stands; its own path while it has no events. */
  readonly successor: string;
}

/** What a writer asks before it writes, and before it answers for what it wrote. */
export interface Hold {
  /**
   * Throws `STORE_LOCKED` where the lock of the directory, or the segment, is not what this process opened:
   * another one may write there now. It throws ever after.
   */
  assertHeld(segment?: OpenSegment): void;
}

/**
 * What this process holds, by identity: POSIX would release a lock when the same process opens and closes its
 * file again. While one is being taken, its path.
 */
const held = new Set<string>();

/**
 * The lock of a directory. Node has no file locks of its own. LevelDB holds one on its directory (fcntl on
 * POSIX, LockFileEx on Windows) that the system releases however the process ends; an empty database is kept
 * for that alone, so that the lock outlives a rebuild of the projection.
 *
 * The system's lock is on a file, and the file can be taken away from its path, for others to lock the next
 * one there. So the holder looks now and then whether the path still leads to what it has locked.
 */
export class DirectoryLock implements Hold {
  readonly #directory: string;
  readonly #file: LockFile;
  readonly #log: Log;
  #lost: TallyboardError | undefined;

  private constructor(directory: string, file: LockFile, log: Log) {
    this.#directory = directory;
    this.#file = file;
    this.#log = log;
  }

  /** Takes the directory for this process alone, or rejects with `STORE_LOCKED`, naming the holder. */
  static async take(directory: string, log: Log): Promise<DirectoryLock> {
    const path = join(directory, 'lock');
    await makeDirectory(path);
    const name = await realpath(path);
    if (held.has(name)) throw await inUse(directory);
    held.add(name);
    try {
      const file = await openLockFile(path, directory);
      held.add(nameOf(file.identity));
      const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      // A full disk must not stop a start that could still answer: the lock itself holds without the note.
      await writeFile(holderPath(directory), `${JSON.stringify(holder)}\n`).catch(() => {});
      return new DirectoryLock(directory, file, log);
    } finally {
      held.delete(name);
    }
  }

  assertHeld(segment?: OpenSegment): void {
    if (this.#lost === undefined) {
      const reason = lossOf(this.#file.path, this.#file.identity) ?? (segment && lossOfSegment(segment));
      if (reason === undefined) return;
      this.#lost = new TallyboardError(
        'STORE_LOCKED',
        `${this.#directory} is not this process's any more: ${reason}. Another may write there now, so nothing is stored here: stop this process, and see that one alone has the directory`,
      );
      this.#log.error({ reason }, 'the directory of the store was taken away: no event is taken any more');
    }
    throw this.#lost;
  }

  async release(): Promise<void> {
    try {
      this.assertHeld();
      await rm(holderPath(this.#directory), { force: true });
    } catch {
      // The note is another's.
    }
    await this.#free();
  }

  /** Releases it, and leaves nothing of it in the directory. */
  async discard(): Promise<void> {
    // While it holds: who comes now is refused, or makes a lock of its own.
    for (const name of LOCK_NAMES) {
      await rm(join(this.#directory, name), { recursive: true, force: true }).catch(() => {});
    }
    await this.#free();
  }

  async #free(): Promise<void> {
    await this.#file.close();
    held.delete(nameOf(this.#file.identity));
  }
}

const LOCK_NAMES: readonly string[] = ['lock', 'holder.json'];

/** Whether a name in a directory is only of its lock, whoever had it. */
export function isOfLock(name: string): boolean {
  return LOCK_NAMES.includes(name);
}

/** The identity of an open file. */
export async function identityOf(handle: FileHandle): Promise<FileIdentity> {
  const { dev, ino } = await handle.stat({ bigint: true });
  return { dev, ino };
}

interface LockFile {
  readonly path: string;
  readonly identity: FileIdentity;
  close(): Promise<void>;
}

async function openLockFile(directory: string, store: string): Promise<LockFile> {
  const path = join(directory, 'LOCK');
  // Neither a file there nor a directory within can be held by anybody.
  if (!(await stat(directory)).isDirectory()) await rm(directory);
  await makeDirectory(directory);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await rm(join(directory, entry.name), { recursive: true });
  }
  for (let attempt = 0; ; attempt += 1) {
    const found = lookAt(path);
    if (found !== undefined && held.has(nameOf(found))) throw await inUse(store);
    if (found === undefined) await writeFile(path, '', { flag: 'a' });
    // Opened before LevelDB opens it and closed after: what is at the path before and after is what LevelDB
    // has locked, and no other file gets its number.
    const handle = await open(path, 'r');
    const database = new ClassicLevel(directory);
    try {
      await database.open();
      const identity = await identityOf(handle);
      if (lossOf(path, identity) !== undefined) throw await inUse(store);
      const close = async () => {
        await database.close();
        await handle.close();
      };
      return { path, identity, close };
    } catch (error) {
      await database.close();
      await handle.close();
      if (error instanceof TallyboardError) throw error;
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      if (cause?.code === 'LEVEL_LOCKED') throw await inUse(store, error);
      // The database holds nothing: where a crash left it unreadable, it is made anew, under its own lock.
      if (attempt > 0) {
        throw new TallyboardError(
          'STORE_UNAVAILABLE',
          `${directory} cannot be locked: check the permissions of the directory and the space on its disk; where no server runs on it, delete ${directory}`,
          { cause: error },
        );
      }
      await ClassicLevel.destroy(directory).catch(() => {});
      await makeDirectory(directory);
    }
  }
}

function lookAt(path: string) {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Why a path does not lead to a file any more; undefined where it does. */
function lossOf(path: string, { dev, ino }: FileIdentity, bytesMin = 0): string | undefined {
  const found = lookAt(path);
  if (found === undefined) return `${path} is gone`;
  if (found.ino !== ino || found.dev !== dev) return `${path} is another file than it was`;
  return found.size < bytesMin ? `${path} was cut short` : undefined;
}

function lossOfSegment({ path, identity, bytesMin, successor }: OpenSegment): string | undefined {
  const loss = lossOf(path, identity, bytesMin);
  if (loss !== undefined || successor === path) return loss;
  return lookAt(successor) === undefined ? undefined : `${successor} was begun by another process`;
}

function nameOf({ dev, ino }: FileIdentity): string {
  return `${dev}:${ino}`;
}

function holderPath(directory: string): string {
  return join(directory, 'holder.json');
}

async function inUse(directory: string, cause?: unknown): Promise<TallyboardError> {
  return new TallyboardError(
    'STORE_LOCKED',
    `${directory} is in use by ${await nameHolder(directory)}: stop it first, or choose another directory`,
    { cause },
  );
}

async function nameHolder(directory: string): Promise<string> {
  try {
    const holder = JSON.parse(await readFile(holderPath(directory), 'utf8')) as Holder;
    return `process ${holder.pid} on ${holder.host} (since ${holder.since})`;
  } catch {
    return 'another process';
  }
}
