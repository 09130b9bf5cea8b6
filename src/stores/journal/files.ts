import { constants, type FileHandle, open } from 'node:fs/promises';

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
