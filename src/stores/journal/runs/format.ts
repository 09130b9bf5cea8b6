import { crc32 } from 'node:zlib';
import { breath } from '../../../contract/breath.js';
import { copyPart } from '../files.js';
import { ProjectionFault } from '../projection/projection-fault.js';

// The format of a run is described byte by byte in docs/journal-format.md. All integers are little-endian.

export const RUN_FORMAT = 1;
/** A block is closed with the row that brings it to this size. */
export const BLOCK_BYTES = 4096;
export const ROW_HEADER_BYTES = 4;
export const FOOTER_BYTES = 64;
const INDEX_ENTRY_BYTES = 9;
const BLOCKS_IN_ONE_GO = 1024;
const MAGIC = Buffer.from('TALLYRUN', 'latin1');

/** What a manifest says of a run. */
export interface RunInfo {
  /** Its file is named by it, and none that comes later has the same. */
  readonly number: number;
  readonly rows: number;
  readonly bytes: number;
  /** That of its footer, which has those of everything else. */
  readonly checksum: number;
}

/** What stands at the end of a run. */
export interface Footer {
  readonly blocks: number;
  readonly rows: number;
  readonly indexAt: number;
  readonly indexBytes: number;
  readonly indexChecksum: number;
  readonly filterBytes: number;
  readonly filterChecksum: number;
}

export function encodeFooter(footer: Footer): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(RUN_FORMAT, 8);
  bytes.writeUInt32LE(footer.blocks, 12);
  bytes.writeUIntLE(footer.rows, 16, 6);
  bytes.writeUIntLE(footer.indexAt, 24, 6);
  bytes.writeUInt32LE(footer.indexBytes, 32);
  bytes.writeUInt32LE(footer.indexChecksum, 36);
  bytes.writeUInt32LE(footer.filterBytes, 40);
  bytes.writeUInt32LE(footer.filterChecksum, 44);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, FOOTER_BYTES - 4)), FOOTER_BYTES - 4);
  return bytes;
}

/** Reads a footer; throws a `ProjectionFault` where it is not the one that the manifest names. */
export function decodeFooter(bytes: Buffer, { checksum, rows, bytes: fileBytes }: RunInfo): Footer {
  const stored = bytes.readUInt32LE(FOOTER_BYTES - 4);
  if (crc32(bytes.subarray(0, FOOTER_BYTES - 4)) !== stored || stored !== checksum) {
    throw new ProjectionFault('the footer of a run is not the one that the manifest names');
  }
  const footer: Footer = {
    blocks: bytes.readUInt32LE(12),
    rows: bytes.readUIntLE(16, 6),
    indexAt: bytes.readUIntLE(24, 6),
    indexBytes: bytes.readUInt32LE(32),
    indexChecksum: bytes.readUInt32LE(36),
    filterBytes: bytes.readUInt32LE(40),
    filterChecksum: bytes.readUInt32LE(44),
  };
  const end = footer.indexAt + footer.indexBytes + footer.filterBytes + FOOTER_BYTES;
  const isWhole = end === fileBytes && footer.rows === rows && bytes.subarray(0, 8).equals(MAGIC);
  if (!isWhole || bytes.readUInt16LE(8) !== RUN_FORMAT) {
    throw new ProjectionFault('the footer of a run does not fit its file');
  }
  return footer;
}

/** The length of the key of the row at `at`. */
export function keyBytesAt(block: Buffer, at: number): number {
  return block[at]!;
}

/** Where the row at `at` ends. */
export function rowEnd(block: Buffer, at: number): number {
  const header = block.readUInt32LE(at);
  return at + ROW_HEADER_BYTES + (header & 0xff) + (header >>> 8);
}

export function rowKey(block: Buffer, at: number): Buffer {
  return block.subarray(at + ROW_HEADER_BYTES, at + ROW_HEADER_BYTES + keyBytesAt(block, at));
}

export function rowValue(block: Buffer, at: number): Buffer {
  return block.subarray(at + ROW_HEADER_BYTES + keyBytesAt(block, at), rowEnd(block, at));
}

/** What is known of the blocks of a run: where each lies, its checksum and its first key. */
export class BlockIndex {
  readonly count: number;
  readonly #offsets: Float64Array;
  readonly #checksums: Uint32Array;
  readonly #keyEnds: Uint32Array;
  readonly #keys: Buffer;

  private constructor(blocks: number, keysBytes: number) {
    this.count = blocks;
    this.#offsets = new Float64Array(blocks + 1);
    this.#checksums = new Uint32Array(blocks);
    this.#keyEnds = new Uint32Array(blocks);
    this.#keys = Buffer.allocUnsafeSlow(keysBytes);
  }

  /** Reads an index whose checksum was found right. */
  static async read(bytes: Buffer, { blocks, indexAt }: Footer): Promise<BlockIndex> {
    const index = new BlockIndex(blocks, bytes.length - blocks * INDEX_ENTRY_BYTES);
    let offset = 0;
    let keysEnd = 0;
    for (let i = 0, at = 0; i < blocks; i += 1) {
      if (i % BLOCKS_IN_ONE_GO === 0) await breath();
      index.#offsets[i] = offset;
      offset += bytes.readUInt32LE(at);
      index.#checksums[i] = bytes.readUInt32LE(at + 4);
      const keyAt = at + INDEX_ENTRY_BYTES;
      at = keyAt + bytes[at + 8]!;
      copyPart(bytes, keyAt, at, index.#keys, keysEnd);
      keysEnd += at - keyAt;
      index.#keyEnds[i] = keysEnd;
    }
    index.#offsets[blocks] = offset;
    if (offset !== indexAt) throw new ProjectionFault('the index of a run does not fit its blocks');
    return index;
  }

  offset(block: number): number {
    return this.#offsets[block]!;
  }

  /** Where the last block ends. */
  get end(): number {
    return this.#offsets[this.count]!;
  }

  bytes(block: number): number {
    return this.#offsets[block + 1]! - this.#offsets[block]!;
  }

  /** Throws a `ProjectionFault` where these are not the bytes of the block that were written. */
  check(block: number, bytes: Buffer, path: string): void {
    if (bytes.length === this.bytes(block) && crc32(bytes) === this.#checksums[block]) return;
    throw new ProjectionFault(
      `${path} is damaged between byte ${this.offset(block)} and ${this.offset(block + 1)}`,
    );
  }

  /** The block that has the key if any has; -1 where it comes before all. */
  find(key: Buffer): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const keyAt = middle === 0 ? 0 : this.#keyEnds[middle - 1]!;
      if (this.#keys.compare(key, 0, key.length, keyAt, this.#keyEnds[middle]!) <= 0) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

/** Builds the index while blocks are written. */
export class IndexBuilder {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;
  blocks = 0;

  add(block: Buffer): void {
    const key = rowKey(block, 0);
    if (this.#bytes.length - this.#length < INDEX_ENTRY_BYTES + key.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    this.#bytes.writeUInt32LE(block.length, this.#length);
    this.#bytes.writeUInt32LE(crc32(block), this.#length + 4);
    this.#bytes[this.#length + 8] = key.length;
    key.copy(this.#bytes, this.#length + INDEX_ENTRY_BYTES);
    this.#length += INDEX_ENTRY_BYTES + key.length;
    this.blocks += 1;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
