import { KEY_UUID_AT, PREFIX } from '../projection/keys.js';

/** Bits a key: of the keys that a run does not have, 1 in 150 is thought to be there. */
const BITS_A_KEY = 12;
/** In small runs, which are most of them and take little memory, 1 in 2,000. */
const BITS_A_KEY_OF_FEW = 20;
const KEYS_FEW = 1 << 20;
const PROBES = 7;
const BLOCK_WORDS_SHIFT = 4;
const BLOCK_WORDS = 1 << BLOCK_WORDS_SHIFT;
const BLOCK_BITS_SHIFT = 32 - 9;
const GOLDEN = 0x9e3779b1;
const UUID_BYTES = 16;

/**
 * Hashes keys for the filters of runs. Clients choose uuids, so they are mixed with the journal's salt, which
 * they do not know. Each hash is two numbers, put into two places of an array.
 */
export class KeyHash {
  readonly #salt: number;
  readonly #padded = Buffer.alloc(2 * UUID_BYTES);

  constructor(salt: number) {
    this.#salt = salt;
  }

  /** Hashes the contact whose uuid stands in `bytes` at `at`. */
  uuid(bytes: Buffer, at: number, into: Uint32Array, place: number): void {
    this.#mix(bytes, at, this.#salt, into, place);
  }

  /** Hashes the key of at most 32 bytes that stands in `bytes` from `at` to `end`; that of a contact as `uuid` does. */
  key(bytes: Buffer, at: number, end: number, into: Uint32Array, place: number): void {
    if (bytes[at] === PREFIX.contact) {
      this.uuid(bytes, at + KEY_UUID_AT, into, place);
      return;
    }
    this.#padded.fill(0);
    bytes.copy(this.#padded, 0, at, end);
    this.#mix(this.#padded, 0, this.#salt, into, place);
    if (end - at > UUID_BYTES) this.#mix(this.#padded, UUID_BYTES, into[place]!, into, place);
  }

  /** The finalizer of MurmurHash3, from one word to the next. */
  #mix(bytes: Buffer, at: number, seed: number, into: Uint32Array, place: number): void {
    const first = finalize(bytes.readUInt32LE(at) ^ seed);
    const second = finalize(bytes.readUInt32LE(at + 4) ^ first);
    const third = finalize(bytes.readUInt32LE(at + 8) ^ second);
    const fourth = finalize(bytes.readUInt32LE(at + 12) ^ third);
    into[place] = fourth;
    into[place + 1] = finalize(fourth ^ second) | 1;
  }
}

/**
 * The bits of a filter with room for so many keys: a Bloom filter in which all bits of a key lie in one cache
 * line (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", 2007).
 */
export function newFilter(keysMax: number): Uint32Array {
  const bits = keysMax * (keysMax > KEYS_FEW ? BITS_A_KEY : BITS_A_KEY_OF_FEW);
  return new Uint32Array(Math.max(1, Math.ceil(bits / 32 / BLOCK_WORDS)) * BLOCK_WORDS);
}

/** Adds the key of a hash. */
export function addToFilter(words: Uint32Array, first: number, second: number): void {
  const block = blockOf(words, first);
  let bits = second;
  for (let i = 0; i < PROBES; i += 1) {
    const bit = bits >>> BLOCK_BITS_SHIFT;
    words[block + (bit >>> 5)]! |= 1 << (bit & 31);
    bits = Math.imul(bits, GOLDEN);
  }
}

/** False where the key of this hash has certainly not been added. */
export function mayBeInFilter(words: Uint32Array, first: number, second: number): boolean {
  const block = blockOf(words, first);
  let bits = second;
  for (let i = 0; i < PROBES; i += 1) {
    const bit = bits >>> BLOCK_BITS_SHIFT;
    if ((words[block + (bit >>> 5)]! & (1 << (bit & 31))) === 0) return false;
    bits = Math.imul(bits, GOLDEN);
  }
  return true;
}

function blockOf(words: Uint32Array, hash: number): number {
  // Both as whole numbers of 32 bits: the remainder of doubles takes many times as long.
  return ((hash >>> 0) % (words.length >>> BLOCK_WORDS_SHIFT)) << BLOCK_WORDS_SHIFT;
}

function finalize(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
