import { read, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { readFully } from '../files.js';
import { ProjectionFault } from '../projection/projection-fault.js';
import {
  BlockIndex,
  decodeFooter,
  FOOTER_BYTES,
  keyBytesAt,
  ROW_HEADER_BYTES,
  type RunInfo,
  rowEnd,
  rowKey,
  rowValue,
} from './format.js';
import { mayBeInFilter } from './key-filter.js';

export type Row = readonly [key: Buffer, value: Buffer];

const readFile = promisify(read);
/** How much is read at once of rows that follow on one another. */
const ROWS_BYTES = 1 << 16;
/** How much is read and checked in one go of what is read as a whole. */
const PIECE_BYTES = 1 << 20;

/**
 * A run that is open to be read. It never changes. Each block is compared with its checksum whenever it is
 * read: what cannot be right is a `ProjectionFault`, and never an answer.
 */
export class Run {
  readonly info: RunInfo;
  readonly index: BlockIndex;
  /** Undefined where there was no memory for it: any key may be there. */
  readonly filter: Uint32Array | undefined;
  readonly #path: string;
  readonly #handle: FileHandle;
  /** The block that was asked for last: of many keys in their order several lie in one. */
  #last: { readonly number: number; readonly block: Promise<Buffer> } | undefined;
  #holders = 1;

  private constructor(
    path: string,
    handle: FileHandle,
    info: RunInfo,
    index: BlockIndex,
    filter?: Uint32Array,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.info = info;
    this.index = index;
    this.filter = filter;
  }

  /** Opens a run that a manifest names; its filter is left out where it takes more than `filterBytesMax`. */
  static async open(path: string, info: RunInfo, filterBytesMax: number): Promise<Run> {
    const handle = await open(path, 'r');
    try {
      if ((await handle.stat()).size !== info.bytes) {
        throw new ProjectionFault(`${path} has not the length that the manifest names`);
      }
      const footer = decodeFooter(
        await readPart(handle, path, info.bytes - FOOTER_BYTES, FOOTER_BYTES),
        info,
      );
      const { indexAt, indexBytes, filterBytes } = footer;
      const index = await readPart(handle, path, indexAt, indexBytes, footer.indexChecksum);
      let filter: Uint32Array | undefined;
      if (filterBytes <= filterBytesMax) {
        const bytes = await readPart(handle, path, indexAt + indexBytes, filterBytes, footer.filterChecksum);
        filter = new Uint32Array(bytes.buffer, bytes.byteOffset, filterBytes / 4);
      }
      return new Run(path, handle, info, await BlockIndex.read(index, footer), filter);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** False where the key of this hash is certainly not in it. */
  mayHave(first: number, second: number): boolean {
    return this.filter === undefined || mayBeInFilter(this.filter, first, second);
  }

  /** The value of a key, at once; undefined where it has none. */
  findSync(key: Buffer): Buffer | undefined {
    const number = this.index.find(key);
    if (number === -1) return undefined;
    const bytes = Buffer.allocUnsafe(this.index.bytes(number));
    const length = readSync(this.#handle.fd, bytes, 0, bytes.length, this.index.offset(number));
    return findRow(this.#checked(number, bytes, length), key);
  }

  /** The value of a key; undefined where it has none. */
  async find(key: Buffer): Promise<Buffer | undefined> {
    const number = this.index.find(key);
    if (number === -1) return undefined;
    if (this.#last?.number !== number) this.#last = { number, block: this.#read(number) };
    const asked = this.#last;
    try {
      return findRow(await asked.block, key);
    } catch (error) {
      // The next look at it is a new one.
      if (this.#last === asked) this.#last = undefined;
      throw error;
    }
  }

  /** Blocks from one on, as many as fit into so many bytes, and at least one. */
  async blocks(from: number, bytesMax: number): Promise<Buffer[]> {
    let end = from + 1;
    const start = this.index.offset(from);
    while (end < this.index.count && this.index.offset(end) + this.index.bytes(end) - start <= bytesMax)
      end += 1;
    const bytes = Buffer.allocUnsafe(this.index.offset(end) - start);
    const length = await readFully(this.#handle, bytes, start);
    const blocks: Buffer[] = [];
    for (let number = from; number < end; number += 1) {
      const at = this.index.offset(number) - start;
      const block = bytes.subarray(at, Math.min(length, at + this.index.bytes(number)));
      blocks.push(this.#checked(number, block, block.length));
    }
    return blocks;
  }

  /** The rows whose keys begin with a byte, in their order, some at a time. */
  async *rowsWith(prefix: number): AsyncGenerator<Row[]> {
    const end = this.index.find(Buffer.of(prefix + 1));
    for (let number = Math.max(0, this.index.find(Buffer.of(prefix))); number <= end; ) {
      const blocks = await this.blocks(number, ROWS_BYTES);
      number += blocks.length;
      const rows: Row[] = [];
      for (const block of blocks) {
        for (let at = 0; at < block.length; at = rowEnd(block, at)) {
          const key = rowKey(block, at);
          if (key[0] === prefix) rows.push([key, rowValue(block, at)]);
        }
      }
      yield rows;
    }
  }

  /** Keeps the file open until `release` is called. */
  hold(): void {
    this.#holders += 1;
  }

  /** Closes the file once it was called for `open`, and for each `hold`. */
  async release(): Promise<void> {
    this.#holders -= 1;
    if (this.#holders === 0) await this.#handle.close();
  }

  async #read(number: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(this.index.bytes(number));
    const { bytesRead } = await readFile(this.#handle.fd, bytes, 0, bytes.length, this.index.offset(number));
    return this.#checked(number, bytes, bytesRead);
  }

  #checked(number: number, bytes: Buffer, length: number): Buffer {
    const block = bytes.subarray(0, length);
    this.index.check(number, block, this.#path);
    return block;
  }
}

async function readPart(
  handle: FileHandle,
  path: string,
  at: number,
  bytes: number,
  checksum?: number,
): Promise<Buffer> {
  const part = Buffer.from(new ArrayBuffer(bytes));
  let isWhole = true;
  let found = 0;
  // A filter may have a hundred megabytes: others get their turn in between.
  for (let from = 0; from < bytes; from += PIECE_BYTES) {
    const piece = part.subarray(from, from + PIECE_BYTES);
    isWhole &&= (await readFully(handle, piece, at + from)) === piece.length;
    found = crc32(piece, found);
  }
  if (!isWhole || (checksum !== undefined && found !== checksum)) {
    throw new ProjectionFault(`${path} is damaged behind byte ${at}`);
  }
  return part;
}

function findRow(block: Buffer, key: Buffer): Buffer | undefined {
  // Most keys of a block differ in their last bytes, which are looked at before a call for all of them.
  const length = key.length;
  const last = key.readInt32LE(length - 4);
  for (let at = 0; at < block.length; at = rowEnd(block, at)) {
    if (keyBytesAt(block, at) !== length) continue;
    if (block.readInt32LE(at + ROW_HEADER_BYTES + length - 4) !== last) continue;
    if (rowKey(block, at).equals(key)) return rowValue(block, at);
  }
  return undefined;
}
