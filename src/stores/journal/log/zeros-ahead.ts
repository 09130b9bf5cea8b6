import { type FileHandle, open } from 'node:fs/promises';
import { writeFully } from '../files.js';

/** A batch as large as this is bound by its own bytes: it is not worth writing them twice. */
const FRAME_BYTES_MAX = 1 << 15;

export interface Extent {
  /** How far zeros are written ahead of the last frame; more follow when half of them are used up. */
  readonly aheadBytes: number;
  /** None are written beyond. */
  readonly limit: number;
}

/**
 * Keeps durable zeros behind the last frame of a segment. A frame that overwrites them changes neither the
 * size of the file nor its blocks, so its sync need not wait for the file system's own journal, nor for what
 * others write there: it takes about half as long, and never many times as long. Without the zeros, frames
 * are written all the same.
 *
 * It has a file handle of its own: the system tells of an error of the disk once for each, and one of a
 * frame must not be told here.
 */
export class ZerosAhead {
  readonly #handle: FileHandle;
  readonly #limit: number;
  readonly #zeros: Buffer;
  /** Zeros were written, or could not be, from here … */
  #from = 0;
  /** … to here. */
  #to = 0;
  #writing: Promise<void> | undefined;

  private constructor(handle: FileHandle, { aheadBytes, limit }: Extent) {
    this.#handle = handle;
    this.#limit = limit;
    this.#zeros = Buffer.alloc(aheadBytes);
  }

  /** Writes the first zeros of a segment whose last frame ends at `end`. */
  static async open(path: string, end: number, extent: Extent): Promise<ZerosAhead> {
    const zeros = new ZerosAhead(await open(path, 'r+'), extent);
    zeros.#begin(end);
    await zeros.#writing;
    return zeros;
  }

  /** What a frame that is to end at `end` has to wait for, lest it be overwritten; as a rule, nothing. */
  before(end: number): Promise<void> | undefined {
    return end > this.#from ? this.#writing : undefined;
  }

  /** Writes more behind a frame of `frameBytes` that ends at `end`, where few are left. Does not wait. */
  keepAhead(end: number, frameBytes: number): void {
    if (this.#writing !== undefined || frameBytes > FRAME_BYTES_MAX) return;
    if (this.#to - end < this.#zeros.length / 2) this.#begin(end);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  #begin(end: number): void {
    this.#from = Math.max(this.#to, end);
    this.#to = Math.min(this.#from + this.#zeros.length, this.#limit);
    if (this.#from >= this.#to) return;
    this.#writing = this.#write(this.#from, this.#to).finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(from: number, to: number): Promise<void> {
    try {
      await writeFully(this.#handle, this.#zeros.subarray(0, to - from), from);
      await this.#handle.datasync();
    } catch {
      // The frames that come to this place say what is wrong with the disk, if it still is.
    }
  }
}
