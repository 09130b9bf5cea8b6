import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
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
      throw new TallyboardError('CONFIG_INVALID', 'the output cannot be written', { cause: failure });
    },
  };
}

function isReaderGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/**
 * Lets `write` make the file `PATH.partial`, and gives it its name when it is complete and on the disk: what
 * stands under the name is never half an export.
 */
export async function writeWhole<T>(
  path: string,
  force: boolean,
  write: (partial: string) => Promise<T>,
  isComplete: (written: T) => boolean,
): Promise<T> {
  await refuseExisting(path, force);
  const partial = `${path}.partial`;
  try {
    await rm(partial, { force: true });
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
    await rm(partial, { force: true });
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
