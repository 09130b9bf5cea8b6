import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { SteadyFile } from '../../../contract/steady-file.js';
import { copyPart } from '../files.js';
import {
  BLOCK_BYTES,
  encodeFooter,
  FOOTER_BYTES,
  IndexBuilder,
  keyBytesAt,
  ROW_HEADER_BYTES,
  type RunInfo,
  rowEnd,
} from './format.js';
import { addToFilter, type KeyHash, newFilter } from './key-filter.js';

const CHUNK_BYTES = 1 << 18;

export interface RunTarget {
  readonly path: string;
  readonly number: number;
  /** No more rows than this are put. */
  readonly rowsMax: number;
  readonly hash: KeyHash;
}

/** Writes a run: rows in the order of their keys, then what finds them and proves them. */
export class RunWriter {
  readonly #target: RunTarget;
  readonly #file: SteadyFile;
  readonly #index = new IndexBuilder();
  readonly #filter: Uint32Array;
  readonly #hashes = new Uint32Array(2);
  /** Rows that are not in the file yet; the block that is being filled begins at `#blockAt`. */
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES + BLOCK_BYTES);
  #length = 0;
  #blockAt = 0;
  #rows = 0;

  private constructor(target: RunTarget, handle: FileHandle) {
    this.#target = target;
    this.#file = new SteadyFile(handle);
    this.#filter = newFilter(target.rowsMax);
  }

  static async create(target: RunTarget): Promise<RunWriter> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
    return new RunWriter(target, await open(target.path, flags));
  }

  put(key: Buffer, value: Buffer): void {
    const bytes = ROW_HEADER_BYTES + key.length + value.length;
    this.#makeRoom(bytes);
    this.#chunk.writeUInt32LE(key.length + value.length * 256, this.#length);
    copyPart(key, 0, key.length, this.#chunk, this.#length + ROW_HEADER_BYTES);
    copyPart(value, 0, value.length, this.#chunk, this.#length + ROW_HEADER_BYTES + key.length);
    this.#close(bytes);
  }

  /** Puts the row that stands in the block of another run at `at`. */
  putRow(block: Buffer, at: number): void {
    const end = rowEnd(block, at);
    this.#makeRoom(end - at);
    copyPart(block, at, end, this.#chunk, this.#length);
    this.#close(end - at);
  }

  /** Enough was put for a write: wait for `drain` before more is. */
  get isDue(): boolean {
    return this.#blockAt >= CHUNK_BYTES;
  }

  /** Writes the blocks that are full. */
  async drain(): Promise<void> {
    if (this.#blockAt === 0) return;
    await this.#file.write(this.#chunk.subarray(0, this.#blockAt));
    this.#chunk.copyWithin(0, this.#blockAt, this.#length);
    this.#length -= this.#blockAt;
    this.#blockAt = 0;
  }

  /** Writes the rest, and waits until the run is durable; its name in the directory may not be. */
  async finish(): Promise<RunInfo> {
    this.#closeBlock();
    await this.drain();
    const index = this.#index.bytes();
    const filter = Buffer.from(this.#filter.buffer);
    const footer = encodeFooter({
      blocks: this.#index.blocks,
      rows: this.#rows,
      indexAt: this.#file.bytes,
      indexBytes: index.length,
      indexChecksum: crc32(index),
      filterBytes: filter.length,
      filterChecksum: crc32(filter),
    });
    for (const part of [index, filter, footer]) await this.#file.write(part);
    await this.#file.handle.datasync();
    await this.#file.handle.close();
    return {
      number: this.#target.number,
      rows: this.#rows,
      bytes: this.#file.bytes,
      checksum: footer.readUInt32LE(FOOTER_BYTES - 4),
    };
  }

  /** Gives the run up. */
  async abandon(): Promise<void> {
    await this.#file.handle.close().catch(() => {});
    await rm(this.#target.path, { force: true }).catch(() => {});
  }

  #makeRoom(bytes: number): void {
    if (this.#chunk.length - this.#length >= bytes) return;
    this.#chunk = Buffer.concat([this.#chunk], this.#chunk.length * 2 + bytes);
  }

  #close(bytes: number): void {
    const keyAt = this.#length + ROW_HEADER_BYTES;
    const keyEnd = keyAt + keyBytesAt(this.#chunk, this.#length);
    this.#target.hash.key(this.#chunk, keyAt, keyEnd, this.#hashes, 0);
    addToFilter(this.#filter, this.#hashes[0]!, this.#hashes[1]!);
    this.#length += bytes;
    this.#rows += 1;
    if (this.#length - this.#blockAt >= BLOCK_BYTES) this.#closeBlock();
  }

  #closeBlock(): void {
    if (this.#length === this.#blockAt) return;
    this.#index.add(this.#chunk.subarray(this.#blockAt, this.#length));
    this.#blockAt = this.#length;
  }
}
