import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TallyboardError } from '../../contract/errors.js';
import { isAlive } from '../output.js';

const LOCK = 'archive.lock';
const ATTEMPTS_MAX = 20;
const ATTEMPT_MILLISECONDS = 50;
/** A file of this age that says nothing was left by a process that ended before it could write. */
const WRITTEN_MILLISECONDS = 1000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, where the system tells: another one may have its number now. */
  readonly began: string | null;
}

/**
 * Takes a directory for one run of archive, or rejects with `STORE_LOCKED` while another process of this
 * machine has it. The lock is a kindness: what keeps events safe is that the store removes a part only from
 * the state that it was listed in. So the lock of another machine, whose processes cannot be seen from here,
 * is taken over.
 */
export async function lockArchive(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, LOCK);
  const own = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    began: await beganAt(process.pid),
  } satisfies Holder);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(path, own, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        // A full disk leaves an empty file behind.
        await rm(path, { force: true }).catch(() => {});
        throw error;
      }
    }
    const held = await readFile(path, 'utf8').catch(() => undefined);
    const holder = held === undefined ? undefined : holderOf(held);
    if (holder !== undefined && (await isRunning(holder))) {
      throw new TallyboardError(
        'STORE_LOCKED',
        `another run of archive, process ${holder.pid}, moves events to '${directory}' just now: wait until it has ended`,
      );
    }
    if (attempt === ATTEMPTS_MAX) {
      throw new TallyboardError(
        'STORE_LOCKED',
        `'${path}' comes again as often as it is removed: let one run at a time move events to the directory`,
      );
    }
    if (holder !== undefined || (await isOld(path))) await rm(path, { force: true });
    else await pause(ATTEMPT_MILLISECONDS);
  }
  return {
    async release() {
      if ((await readFile(path, 'utf8').catch(() => undefined)) === own) await rm(path, { force: true });
    },
  };
}

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(text) as Holder;
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, host, began } : undefined;
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, host, began }: Holder): Promise<boolean> {
  if (host !== hostname() || !isAlive(pid)) return false;
  const now = await beganAt(pid);
  return began === null || now === null || began === now;
}

/** What Linux says of when a process began, in ticks since the machine did. */
async function beganAt(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in brackets, and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // One that has ended keeps its number until whoever started it has asked how.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs > WRITTEN_MILLISECONDS;
}
