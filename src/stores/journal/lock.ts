import { readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { TallyboardError } from '../../contract/errors.js';
import { makeDirectory } from './files.js';

/** What the holder of a directory says of itself. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** Directories that this process holds: POSIX would release a lock when the same process opens it again. */
const held = new Set<string>();

/**
 * Takes the directory for this process alone, or rejects with `STORE_LOCKED`, naming the holder.
 *
 * Node has no file locks of its own. LevelDB holds one on its directory (fcntl on POSIX, LockFileEx on
 * Windows) that the system releases however the process ends; an empty database is kept for that alone, so
 * that the lock outlives a rebuild of the projection.
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, 'lock');
  const holderPath = join(directory, 'holder.json');
  await makeDirectory(path);
  const identity = await realpath(path);
  if (held.has(identity)) throw locked(directory, await nameHolder(holderPath));
  const database = await openLock(path, directory, holderPath);
  held.add(identity);
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    await writeFile(holderPath, `${JSON.stringify(holder)}\n`);
  } catch {
    // A full disk must not stop a start that could still answer: the lock itself holds without the note.
  }
  return {
    async release() {
      await rm(holderPath, { force: true }).catch(() => {});
      await database.close();
      held.delete(identity);
    },
  };
}

async function openLock(path: string, directory: string, holderPath: string): Promise<ClassicLevel> {
  for (let attempt = 0; ; attempt += 1) {
    const database = new ClassicLevel(path);
    try {
      await database.open();
      return database;
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      if (cause?.code === 'LEVEL_LOCKED') {
        throw locked(directory, await nameHolder(holderPath), error);
      }
      // The database holds nothing: where a crash left it unreadable, it is made anew, under its own lock.
      if (attempt > 0) {
        throw new TallyboardError(
          'STORE_UNAVAILABLE',
          `${path} cannot be locked: check the permissions of the directory and the space on its disk; where no server runs on it, delete ${path}`,
          { cause: error },
        );
      }
      await ClassicLevel.destroy(path).catch(() => {});
    }
  }
}

function locked(directory: string, holder: string, cause?: unknown): TallyboardError {
  return new TallyboardError(
    'STORE_LOCKED',
    `${directory} is in use by ${holder}: stop it first, or choose another directory`,
    { cause },
  );
}

async function nameHolder(holderPath: string): Promise<string> {
  try {
    const holder = JSON.parse(await readFile(holderPath, 'utf8')) as Holder;
    return `process ${holder.pid} on ${holder.host} (since ${holder.since})`;
  } catch {
    return 'another process';
  }
}
