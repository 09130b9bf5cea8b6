import { CELLS, type SeeCell } from '../../../domain/tally-row.js';
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

  read(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new ProjectionFault('the page is cut short');
      this.#at += 1;
      if (byte < 128) return value + byte * scale;
      value += (byte - 128) * scale;
    }
  }
}
