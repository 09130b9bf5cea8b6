import type { FileHandle } from 'node:fs/promises';

const SYNC_BYTES = 1 << 20;
const FREED_BYTES = 1 << 24;

/**
 * Writes a new file from its beginning to its end, a megabyte of it durable before the next: what is left to the
 * system it writes when much has gathered, and whoever waits for the disk then waits for all of it.
 */
export class SteadyFile {
  readonly handle: FileHandle;
  #bytes = 0;
  #unsynced = 0;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  /** How many bytes were written. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + SYNC_BYTES - this.#unsynced);
      await this.handle.writeFile(part);
      at += part.length;
      this.#bytes += part.length;
      this.#unsynced += part.length;
      if (this.#unsynced < SYNC_BYTES) continue;
      await this.handle.datasync();
      this.#unsynced = 0;
    }
  }

  /** Empties it in the same way: what is freed in one go may be discarded in one go, and that takes a disk long. */
  async empty(): Promise<void> {
    while (this.#bytes > 0) {
      this.#bytes = Math.max(0, this.#bytes - FREED_BYTES);
      await this.handle.truncate(this.#bytes);
      await this.handle.sync();
    }
  }
}
