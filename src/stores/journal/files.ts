import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';

/** Makes the names in a directory durable: a new file or a rename is lost in a power cut without it. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory as a file, and makes names durable with the file itself.
  if (process.platform === 'win32') return;
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all bytes at a position, however many calls that takes. */
export async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

/** Reads up to `bytes.length` bytes at a position; answers how many there were. */
export async function readFully(handle: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let read = 0;
  while (read < bytes.length) {
    const result = await handle.read(bytes, read, bytes.length - read, position + read);
    if (result.bytesRead === 0) break;
    read += result.bytesRead;
  }
  return read;
}

/**
 * Makes a directory and those above it, durably. Node's own recursive mkdir does not say which it made, and
 * never ends where the system refuses one without a reason that it knows, as below /proc.
 */
export async function makeDirectory(path: string, isParentThere = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || isParentThere) {
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        `the directory ${path} cannot be made: check the path and its permissions`,
        { cause: error },
      );
    }
    // Others may make the same ones at this moment.
    await makeDirectory(parent);
    await makeDirectory(path, true);
    return;
  }
  await syncDirectory(dirname(path));
}

/** A part of a buffer that is shorter is copied byte by byte sooner than by `Buffer.copy`, which makes an object for it. */
const FEW_BYTES = 64;

/** Copies a part of a buffer into another. */
export function copyPart(from: Buffer, at: number, end: number, to: Uint8Array, toAt: number): void {
  if (end - at > FEW_BYTES) from.copy(to, toAt, at, end);
  else for (let i = at; i < end; i += 1) to[toAt + i - at] = from[i]!;
}
