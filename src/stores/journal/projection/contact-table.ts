import { copyPart } from '../files.js';
import { type ContactState, newContact } from './contact-state.js';

const UUID_BYTES = 16;
const ROWS_FIRST = 4096;
/** A table in which more than this part of the slots is taken is emptied as a whole. */
const FILLED_SHARE = 16;
/** More rows than a table ever has; with 32 bits of a uuid beside it, a double is exact. */
const ROWS_BOUND = 2 ** 21;
const SYMBOL_BITS = 0x1f;
const VOWEL_BIT = 0x20;
const FOLLOWUP_BIT = 0x40;
const REPLAYS_BIT = 0x80;
/** initialId, initialAt, followupId, followupAt. */
const MOMENTS = 4;

/**
 * Contacts and what is known of them, by the bytes of their uuids: a hash table with linear probing whose
 * rows lie in typed arrays in the order in which they were added. Hundreds of thousands of contacts that
 * come and go with each checkpoint would keep the garbage collector busy as objects.
 */
export class ContactTable {
  /** The number of a contact's row plus one; 0 where a slot is free. */
  #slots = new Int32Array(ROWS_FIRST * 2);
  #hashes = new Uint32Array(ROWS_FIRST);
  #uuids = Buffer.allocUnsafeSlow(ROWS_FIRST * UUID_BYTES);
  #flags = new Uint8Array(ROWS_FIRST);
  #moments = new Float64Array(ROWS_FIRST * MOMENTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The row of the contact whose uuid stands in `bytes` at `at`; -1 where there is none. */
  find(hash: number, bytes: Buffer, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1;
      if (row === -1) return -1;
      if (this.#hashes[row] === hash && this.#hasUuid(row, bytes, at)) return row;
    }
  }

  /** Adds a contact that is not there; what is known of it is to be written next. */
  add(hash: number, bytes: Buffer, at: number): number {
    if (this.#size === this.#hashes.length) this.#grow();
    const row = this.#size;
    this.#size += 1;
    this.#hashes[row] = hash;
    copyPart(bytes, at, at + UUID_BYTES, this.#uuids, row * UUID_BYTES);
    this.#take(row);
    return row;
  }

  /** What is known of a contact, written into `state`. */
  read(row: number, state: ContactState = newContact()): ContactState {
    const flags = this.#flags[row]!;
    const moments = row * MOMENTS;
    state.symbol = flags & SYMBOL_BITS;
    state.isVowel = (flags & VOWEL_BIT) !== 0;
    state.hasFollowup = (flags & FOLLOWUP_BIT) !== 0;
    state.hasReplays = (flags & REPLAYS_BIT) !== 0;
    state.initialId = this.#moments[moments]!;
    state.initialAt = this.#moments[moments + 1]!;
    state.followupId = this.#moments[moments + 2]!;
    state.followupAt = this.#moments[moments + 3]!;
    return state;
  }

  write(row: number, state: ContactState): void {
    const moments = row * MOMENTS;
    this.#flags[row] =
      state.symbol |
      (state.isVowel ? VOWEL_BIT : 0) |
      (state.hasFollowup ? FOLLOWUP_BIT : 0) |
      (state.hasReplays ? REPLAYS_BIT : 0);
    this.#moments[moments] = state.initialId;
    this.#moments[moments + 1] = state.initialAt;
    this.#moments[moments + 2] = state.followupId;
    this.#moments[moments + 3] = state.followupAt;
  }

  /** The rows in the order of their uuids. */
  inOrder(): Uint32Array {
    // The first 32 bits of a uuid and its row make one number, and numbers sort without a call for each pair.
    const numbers = new Float64Array(this.#size);
    for (let row = 0; row < this.#size; row += 1) {
      numbers[row] = this.#uuids.readUInt32BE(row * UUID_BYTES) * ROWS_BOUND + row;
    }
    numbers.sort();
    const rows = Uint32Array.from(numbers, (number) => number % ROWS_BOUND);
    const startOf = (i: number) => Math.floor(numbers[i]! / ROWS_BOUND);
    for (let from = 0, to = 1; to <= rows.length; to += 1) {
      if (to < rows.length && startOf(to) === startOf(from)) continue;
      if (to - from > 1) rows.subarray(from, to).sort((first, second) => this.#compare(first, second));
      from = to;
    }
    return rows;
  }

  #compare(first: number, second: number): number {
    const [uuids, at] = [this.#uuids, first * UUID_BYTES];
    const other = second * UUID_BYTES;
    return uuids.compare(uuids, other, other + UUID_BYTES, at, at + UUID_BYTES);
  }

  /** Puts the uuid of a row into `bytes` at `at`. */
  copyUuid(row: number, bytes: Buffer, at: number): void {
    copyPart(this.#uuids, row * UUID_BYTES, (row + 1) * UUID_BYTES, bytes, at);
  }

  /** Takes over every contact of another table, and what that one says of it. */
  merge(other: ContactTable): void {
    for (let from = 0; from < other.#size; from += 1) {
      const hash = other.#hashes[from]!;
      const at = from * UUID_BYTES;
      const found = this.find(hash, other.#uuids, at);
      const row = found === -1 ? this.add(hash, other.#uuids, at) : found;
      this.#flags[row] = other.#flags[from]!;
      for (let i = 0; i < MOMENTS; i += 1) {
        this.#moments[row * MOMENTS + i] = other.#moments[from * MOMENTS + i]!;
      }
    }
  }

  clear(): void {
    // After a small batch most slots are free, and to fill all of them would take longer than the batch did.
    if (this.#size > this.#slots.length / FILLED_SHARE) this.#slots.fill(0);
    else for (let row = 0; row < this.#size; row += 1) this.#slots[this.#slotOf(row)] = 0;
    this.#size = 0;
  }

  #slotOf(row: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[row]! & mask;
    while (this.#slots[slot] !== row + 1) slot = (slot + 1) & mask;
    return slot;
  }

  #hasUuid(row: number, bytes: Buffer, at: number): boolean {
    const uuids = this.#uuids;
    for (let i = 0, own = row * UUID_BYTES; i < UUID_BYTES; i += 1) {
      if (uuids[own + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  #take(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[row]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const rows = this.#hashes.length * 2;
    const hashes = new Uint32Array(rows);
    const uuids = Buffer.allocUnsafeSlow(rows * UUID_BYTES);
    const flags = new Uint8Array(rows);
    const moments = new Float64Array(rows * MOMENTS);
    hashes.set(this.#hashes);
    this.#uuids.copy(uuids);
    flags.set(this.#flags);
    moments.set(this.#moments);
    this.#hashes = hashes;
    this.#uuids = uuids;
    this.#flags = flags;
    this.#moments = moments;
    this.#slots = new Int32Array(rows * 2);
    for (let row = 0; row < this.#size; row += 1) this.#take(row);
  }
}
