import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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

/** Whether what is written to a path is taken at once: a device, a pipe. It is not a file to be replaced. */
export async function isDevice(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && (found.isCharacterDevice() || found.isBlockDevice() || found.isFIFO());
}

/** Writes to a device or a pipe; whoever reads it may stop. */
export async function writeDeviceWith<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  try {
    return await writeWith(path, constants.O_WRONLY, write);
  } catch (error) {
    throw asTallyboardError(error, 'OUTPUT_LOST', `'${path}' could not be written to its end`);
  }
}

/**
 * Lets `write` make a file beside the one that `path` names, links followed, and gives it that name when it is
 * complete and on the disk: what stands under the name is never half an export.
 */
export async function writeWhole<T>(
  path: string,
  force: boolean,
  write: (partial: string) => Promise<T>,
  isComplete: (written: T) => boolean,
): Promise<T> {
  let partial: string | undefined;
  try {
    const target = await fileAt(path, force);
    partial = partialOf(target);
    // What cannot be tidied up is no reason not to write.
    await removeAbandoned(dirname(target), `${basename(target)}.`).catch(() => {});
    const written = await write(partial);
    if (isComplete(written)) {
      await syncPath(partial);
      // Meanwhile another may have got the name.
      await fileAt(path, force);
      await rename(partial, target);
      await syncPath(dirname(target));
    }
    return written;
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    if (partial !== undefined) await rm(partial, { force: true }).catch(() => {});
  }
}

/** The same for a folder, which never takes the place of what is there. */
export async function writeWholeFolder<T>(
  path: string,
  write: (partial: string) => Promise<T>,
  isComplete: (written: T) => boolean,
): Promise<T> {
  // Without the slash that a folder's name may end in.
  const target = resolve(path);
  const partial = partialOf(target);
  try {
    if ((await stat(target).catch(() => undefined)) !== undefined) {
      throw new TallyboardError('CONFIG_INVALID', `'${path}' exists already: name a folder that does not`);
    }
    const written = await write(partial);
    if (isComplete(written)) await rename(partial, target);
    return written;
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
  }
}

function notWritten(path: string, error: unknown): TallyboardError {
  return asTallyboardError(
    error,
    'OUTPUT_LOST',
    `'${path}' could not be written: no part of it was left behind`,
  );
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
export function writeFileWith<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  return writeWith(path, 'wx', write);
}

async function writeWith<T>(
  path: string,
  flags: string | number,
  write: (output: Output) => Promise<T>,
): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await write({
      async write(text) {
        try {
          await handle.appendFile(text);
          return true;
        } catch (error) {
          if (isReaderGone(error as Error)) return false;
          throw error;
        }
      },
    });
  } finally {
    await handle.close();
  }
}

/** The file that a path leads to, or the name that is free for one; refuses what must not be replaced. */
async function fileAt(path: string, force: boolean): Promise<string> {
  const refuse = (what: string, cause?: unknown) =>
    new TallyboardError('CONFIG_INVALID', `'${path}' ${what}`, cause === undefined ? {} : { cause });
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw refuse('is a directory: name a file in it');
    if (!found.isFile()) throw refuse('is not a regular file, and is not replaced by one: give another name');
    if (!force) throw refuse('exists already: give another name, or --force to replace it');
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return await endOfLinks(path);
    if (code === 'ELOOP') throw refuse('is a link that leads back to itself: give another name', error);
    throw error;
  }
}

/** Of a path at whose end there is nothing. */
async function endOfLinks(path: string): Promise<string> {
  const end = join(await realpath(dirname(path)), basename(path));
  const link = await readlink(end).catch(() => undefined);
  return link === undefined ? end : await endOfLinks(resolve(dirname(end), link));
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
