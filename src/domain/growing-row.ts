import { addFollowup, mergeCell, mergeRow, ROW_LENGTH, type SeeCell, visitCells } from './tally-row.js';
import type { Instant } from './time.js';

/** cell, count, followups, earliest, latest. */
const STEP = 5;
const SPARSE_CELLS_MAX = 16;
const NUMBER_BYTES = 8;
const OBJECT_BYTES = 64;

/**
 * A row of tallies for an hour or less that takes memory for the cells that have contacts, and becomes a
 * packed row when they are many: a minute of a quiet year has one contact and not fifty-two cells.
 */
export class GrowingRow {
  #sparse: number[] = [];
  #packed: Uint32Array | undefined;

  /** About what it takes in memory. */
  get bytes(): number {
    return OBJECT_BYTES + (this.#packed?.byteLength ?? this.#sparse.length * NUMBER_BYTES);
  }

  get cellCount(): number {
    if (this.#packed === undefined) return this.#sparse.length / STEP;
    let count = 0;
    visitCells(this.#packed, () => {
      count += 1;
    });
    return count;
  }

  /** Adds a contact whose initial came `offset` microseconds after the row's base. */
  addContact(cell: number, offset: number, followups: 0 | 1): void {
    this.merge(cell, 1, followups, offset, offset);
  }

  /** Adds the followup of a contact that the row has already. */
  addFollowup(cell: number): void {
    if (this.#packed !== undefined) {
      addFollowup(this.#packed, cell);
      return;
    }
    this.#sparse[this.#find(cell) + 2]! += 1;
  }

  /** Merges what a cell would be if it had these values. Instants count from the row's base. */
  merge(cell: number, count: number, followups: number, earliest: number, latest: number): void {
    if (this.#packed !== undefined) {
      mergeCell(this.#packed, cell, count, followups, earliest, latest);
      return;
    }
    const sparse = this.#sparse;
    const at = this.#find(cell);
    if (at < sparse.length) {
      sparse[at + 1]! += count;
      sparse[at + 2]! += followups;
      if (earliest < sparse[at + 3]!) sparse[at + 3] = earliest;
      if (latest > sparse[at + 4]!) sparse[at + 4] = latest;
    } else if (sparse.length < SPARSE_CELLS_MAX * STEP) {
      sparse.push(cell, count, followups, earliest, latest);
    } else {
      this.#pack();
      this.merge(cell, count, followups, earliest, latest);
    }
  }

  /** Merges the row into another; `shift` is how far its base lies behind that of `into`. */
  mergeInto(into: Float64Array, shift: Instant): void {
    if (this.#packed !== undefined) {
      mergeRow(into, this.#packed, shift);
      return;
    }
    const sparse = this.#sparse;
    for (let at = 0; at < sparse.length; at += STEP) {
      mergeCell(
        into,
        sparse[at]!,
        sparse[at + 1]!,
        sparse[at + 2]!,
        sparse[at + 3]! + shift,
        sparse[at + 4]! + shift,
      );
    }
  }

  /** Shows each cell that has contacts. */
  visit(see: SeeCell): void {
    if (this.#packed !== undefined) {
      visitCells(this.#packed, see);
      return;
    }
    const sparse = this.#sparse;
    for (let at = 0; at < sparse.length; at += STEP) {
      see(sparse[at]!, sparse[at + 1]!, sparse[at + 2]!, sparse[at + 3]!, sparse[at + 4]!);
    }
  }

  #find(cell: number): number {
    const sparse = this.#sparse;
    let at = 0;
    while (at < sparse.length && sparse[at] !== cell) at += STEP;
    return at;
  }

  #pack(): void {
    const packed = new Uint32Array(ROW_LENGTH);
    this.visit((cell, ...values) => mergeCell(packed, cell, ...values));
    this.#packed = packed;
    this.#sparse = [];
  }
}
