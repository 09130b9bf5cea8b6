/** Bits a contact: of the contacts that a full tier does not have, 1 in 150 is thought to be there. */
const BITS_A_CONTACT = 12;
const PROBES = 7;
const BLOCK_WORDS = 16;
const BLOCK_BITS_SHIFT = 32 - 9;
/** The first tier has room for so many contacts; each next for four times as many, up to 16 million. */
const FIRST_CONTACTS = 1 << 16;
const GROWTHS_MAX = 4;

/** One Bloom filter of fixed size. */
export interface Tier {
  readonly words: Uint32Array;
  readonly contactsMax: number;
  contacts: number;
}

/** How many contacts the tier at a place has room for. */
export function tierContactsMax(place: number): number {
  return FIRST_CONTACTS * 4 ** Math.min(place, GROWTHS_MAX);
}

export function newTier(place: number): Tier {
  const contactsMax = tierContactsMax(place);
  return { words: new Uint32Array((contactsMax * BITS_A_CONTACT) / 32), contactsMax, contacts: 0 };
}

/**
 * Says of most new contacts that they are new, without a look at the database. Bloom filters in which all
 * bits of a contact lie in one cache line (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom
 * Filters", 2007), in tiers that are added as contacts come: 1.5 bytes a contact.
 */
export class ContactFilter {
  readonly tiers: Tier[] = [];
  readonly #salt: number;
  readonly #bytesMax: number;
  /** There are more contacts than it may take memory for: it knows nothing more, and all must be looked up. */
  #full = false;

  constructor(salt: number, bytesMax: number) {
    this.#salt = salt;
    this.#bytesMax = bytesMax;
  }

  /** Hashes the uuid that stands in `bytes` at `at`, into two places of `into`. */
  hash(bytes: Buffer, at: number, into: Uint32Array, place: number): void {
    // The finalizer of MurmurHash3. Clients choose uuids, so they are mixed with the journal's salt, which
    // they do not know.
    const first = finalize(bytes.readUInt32LE(at) ^ this.#salt);
    const second = finalize(bytes.readUInt32LE(at + 4) ^ first);
    const third = finalize(bytes.readUInt32LE(at + 8) ^ second);
    const fourth = finalize(bytes.readUInt32LE(at + 12) ^ third);
    into[place] = fourth;
    into[place + 1] = finalize(fourth ^ second) | 1;
  }

  /** False where the contact of these hashes has certainly not been added. */
  mayHave(hashes: Uint32Array, place: number): boolean {
    if (this.#full) return true;
    const first = hashes[place]!;
    const second = hashes[place + 1]!;
    // The newest is the likeliest to be asked for.
    for (let i = this.tiers.length - 1; i >= 0; i -= 1) if (isIn(this.tiers[i]!, first, second)) return true;
    return false;
  }

  /** Adds a contact that may be there already. */
  add(hashes: Uint32Array, place: number): void {
    if (this.mayHave(hashes, place)) return;
    const last = this.tiers.at(-1);
    const tier = last !== undefined && last.contacts < last.contactsMax ? last : this.#addTier();
    if (tier === undefined) return;
    tier.contacts += 1;
    const block = blockOf(tier, hashes[place]!);
    let bits = hashes[place + 1]!;
    for (let i = 0; i < PROBES; i += 1) {
      const bit = bits >>> BLOCK_BITS_SHIFT;
      tier.words[block + (bit >>> 5)]! |= 1 << (bit & 31);
      bits = Math.imul(bits, 0x9e3779b1);
    }
  }

  #addTier(): Tier | undefined {
    const tier = newTier(this.tiers.length);
    const held = this.tiers.reduce((sum, { words }) => sum + words.byteLength, 0);
    if (held + tier.words.byteLength > this.#bytesMax) {
      this.#full = true;
      return undefined;
    }
    this.tiers.push(tier);
    return tier;
  }
}

function isIn(tier: Tier, first: number, second: number): boolean {
  const block = blockOf(tier, first);
  let bits = second;
  for (let i = 0; i < PROBES; i += 1) {
    const bit = bits >>> BLOCK_BITS_SHIFT;
    if ((tier.words[block + (bit >>> 5)]! & (1 << (bit & 31))) === 0) return false;
    bits = Math.imul(bits, 0x9e3779b1);
  }
  return true;
}

function blockOf(tier: Tier, hash: number): number {
  return (hash % (tier.words.length / BLOCK_WORDS)) * BLOCK_WORDS;
}

function finalize(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
