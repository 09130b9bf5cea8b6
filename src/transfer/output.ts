import { randomUUID } from 'node:crypto';
import { access, type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asTallyboardError, TallyboardError } from '../contract/errors.js';

/** Where an export's text goes. */
export interface Output {
  /** False when the reader has gone away and wants no more. */
  write(text: string): Promise<boolean>;
}

/** Writes to a stream no faster than it takes it; a reader that stops (`| head`) is no error. */
export function streamOutput(stream: NodeJS.WritableStream): Output {
  // The failure is told by `write`; without a listener it would end the process as well.
  stream.on('error', () => {});
  return {
    async write(text) {
      const failure = await new Promise<Error | null | undefined>((resolve) => {
        stream.write(text, resolve);
      });
      if (failure === null || failure === undefined) return true;
      if (isReaderGone(failure)) return false;
      throw outputLost(failure);
    },
  };
}

/** Whether a write failed because nobody reads any more. */
export function isReaderGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

export function outputLost(cause: Error): TallyboardError {
  return new TallyboardError(
    'OUTPUT_LOST',
    'standard output could not be written to its end: what it has is not complete',
    { cause },
  );
}

/**
 * Lets `write` make a file beside `path`, and gives it its name when it is complete and on the disk: what
 * stands under the name is never half an export.
 */
export async function writeWhole<T>(
  path: string,
  force: boolean,
  write: (partial: string) => Promise<T>,
  isComplete: (written: T) => boolean,
): Promise<T> {
  await refuseExisting(path, force);
  const partial = partialOf(path);
  try {
    // What cannot be tidied up is no reason not to write.
    await removeAbandoned(dirname(path), `${basename(path)}.`).catch(() => {});
    const written = await write(partial);
    if (isComplete(written)) {
      await syncPath(partial);
      await refuseExisting(path, force);
      await rename(partial, path);
      await syncPath(dirname(path));
    }
    return written;
  } catch (error) {
    throw asTallyboardError(
      error,
      'CONFIG_INVALID',
      `'${path}' could not be written: no part of it was left behind`,
    );
  } finally {
    await rm(partial, { force: true }).catch(() => {});
  }
}

/** Tells this process from another that had its number, on another machine or before a restart. */
const RUN = randomUUID().slice(0, 8);
const PARTIAL = /\.(\d+)-([0-9a-f]{8})-\d+\.partial$/;
let partials = 0;

/** The name of a file while it is written: no two writers ever share one. */
export function partialOf(path: string): string {
  partials += 1;
  return `${path}.${process.pid}-${RUN}-${partials}.partial`;
}

/** Removes what writers left half written in a directory that ended without a chance to do it themselves. */
export async function removeAbandoned(directory: string, beginning = ''): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, writer, run] = PARTIAL.exec(name) ?? [];
    if (writer === undefined || !name.startsWith(beginning)) continue;
    const isOwn = Number(writer) === process.pid;
    if (isOwn ? run !== RUN : !isAlive(Number(writer))) await rm(join(directory, name), { force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of a process of somebody else it is said that it may not be sent a signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Text into a new file. */
export async function writeFileWith<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  const handle: FileHandle = await open(path, 'wx');
  try {
    return await write({
      async write(text) {
        await handle.appendFile(text);
        return true;
      },
    });
  } finally {
    await handle.close();
  }
}

async function refuseExisting(path: string, force: boolean): Promise<void> {
  if (force) return;
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `'${path}' exists already: give another name, or --force to replace it`,
    );
  }
}

/** Returns once a file, or the names in a directory, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
