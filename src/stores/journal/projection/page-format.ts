import { CELLS, FIELDS, type SeeCell } from '../../../domain/tally-row.js';
import { ProjectionFault } from './projection-fault.js';

// Values of roll-up pages in the projection; described in docs/journal-format.md.

const VARINT_BYTES_MAX = 8;
const CELL_BYTES_MAX = 1 + 4 * VARINT_BYTES_MAX;

/** A row as far as it is written. */
export interface WrittenRow {
  readonly cellCount: number;
  visit(see: SeeCell): void;
}

/** Rows one after the other, those without contacts left out: see the document for the bytes. */
export function encodePage(rows: readonly (WrittenRow | undefined)[]): Buffer {
  const writer = new VarintWriter();
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (row === undefined) continue;
    writer.write(index);
    writer.write(row.cellCount);
    row.visit((cell, count, followups, earliest, latest) => {
      writer.write(cell);
      writer.write(count);
      writer.write(followups);
      writer.write(earliest);
      if (count > 1) writer.write(latest - earliest);
    });
  }
  return writer.bytes();
}

/** Is shown a cell of a row of a page. */
export type SeeCellOfRow = (
  index: number,
  cell: number,
  count: number,
  followups: number,
  earliest: number,
  latest: number,
) => void;

/** Reads a page of so many rows, and shows each cell. Throws where the bytes are not a page. */
export function decodePage(bytes: Buffer, length: number, see: SeeCellOfRow): void {
  const reader = new VarintReader(bytes);
  while (!reader.done) {
    const index = reader.read();
    if (index >= length) throw new ProjectionFault(`the page has a row ${index} of ${length}`);
    for (let cells = reader.read(); cells > 0; cells -= 1) {
      const cell = reader.read();
      if (cell >= CELLS) throw new ProjectionFault(`the page has a cell ${cell} of ${CELLS}`);
      const count = reader.read();
      const followups = reader.read();
      const earliest = reader.read();
      see(index, cell, count, followups, earliest, count > 1 ? earliest + reader.read() : earliest);
    }
  }
}

/** Rows of a page: from `first` up to but not including `end`; the page's first is based at `base`, each next `length` later. */
export interface RowSpan {
  readonly first: number;
  readonly end: number;
  readonly base: number;
  readonly length: number;
}

/**
 * Merges rows of a page into a sum: `decodePage` and `mergeCell` in one loop, which takes half of the time of a
 * call for each of the thousands of cells in the pages at the edges of a range.
 */
export function mergePage(sum: Float64Array, bytes: Buffer, { first, end, base, length }: RowSpan): void {
  const reader = new VarintReader(bytes);
  while (!reader.done) {
    const index = reader.read();
    // Rows stand in their order.
    if (index >= end) return;
    const shift = base + index * length;
    for (let cells = reader.read(); cells > 0; cells -= 1) {
      const cell = reader.read();
      if (cell >= CELLS) throw new ProjectionFault(`the page has a cell ${cell} of ${CELLS}`);
      const count = reader.read();
      if (index < first) {
        reader.skip(count > 1 ? 3 : 2);
        continue;
      }
      const followups = reader.read();
      const earliest = shift + reader.read();
      const latest = count > 1 ? earliest + reader.read() : earliest;
      const at = cell * FIELDS;
      if (sum[at] === 0 || earliest < sum[at + 2]!) sum[at + 2] = earliest;
      if (sum[at] === 0 || latest > sum[at + 3]!) sum[at + 3] = latest;
      sum[at]! += count;
      sum[at + 1]! += followups;
    }
  }
}

// Instants within a day pass 32 bits, so the arithmetic is that of doubles and not of bits.
class VarintWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  write(value: number): void {
    if (this.#buffer.length - this.#length < CELL_BYTES_MAX) {
      this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
    }
    let rest = value;
    while (rest >= 128) {
      const quotient = Math.floor(rest / 128);
      this.#buffer[this.#length] = rest - quotient * 128 + 128;
      this.#length += 1;
      rest = quotient;
    }
    this.#buffer[this.#length] = rest;
    this.#length += 1;
  }

  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }
}

class VarintReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  // Where it stands is kept in a variable meanwhile: this is the innermost loop of every range.
  read(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let value = byteAt(bytes, at);
    at += 1;
    if (value >= 128) {
      value -= 128;
      for (let scale = 128, more = true; more; scale *= 128) {
        const byte = byteAt(bytes, at);
        at += 1;
        more = byte >= 128;
        value += (more ? byte - 128 : byte) * scale;
      }
    }
    this.#at = at;
    return value;
  }

  /** Passes over so many numbers. */
  skip(numbers: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let left = numbers; left > 0; at += 1) if (byteAt(bytes, at) < 128) left -= 1;
    this.#at = at;
  }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new ProjectionFault('the page is cut short');
  return byte;
}
