import { type Contact, type ContactEvent, type EventId, SYMBOLS, type Uuid } from '../domain/contact.js';
import type { Instant } from '../domain/time.js';

/** A contact with an initial, as the raw events have it. */
export interface FoldedContact {
  /** 0 for `a` … 25 for `z`. */
  readonly symbol: number;
  readonly isVowel: boolean;
  readonly at: Instant;
  readonly followups: number;
}

/** An event, or a contact, in 32-bit words: a hash of the uuid, the uuid, the instant with the flags above it, the id. */
export const EVENT_WORDS = 9;

/** The flags of an event; its symbol's index stands above the third. */
export const INITIAL = 1;
export const REPLAY = 2;
const VOWEL = 4;
const SYMBOL_BITS = 0x1f;
/** Of a record that is no event, but what the store knows of a contact. */
export const KNOWN = 0x100;
export const FOLLOWED = 0x200;

export function flagsOf(records: Uint32Array, start: number): number {
  return records[start + 6]! >>> 22;
}

export function readInitial(records: Uint32Array, start: number): Omit<FoldedContact, 'followups'> {
  const flags = flagsOf(records, start);
  const high = (records[start + 6]! & 0x3fffff) - HIGH_OFFSET;
  return {
    symbol: symbolOf(flags),
    isVowel: (flags & VOWEL) !== 0,
    at: high * TWO_TO_32 + records[start + 5]!,
  };
}

export function writeEvent(event: ContactEvent, record: Uint32Array): void {
  const { uuid, at, id } = event;
  writeUuid(uuid, record);
  const initial = event.kind === 'initial' ? flagsOfInitial(event) : 0;
  writeInstant(at, initial + (event.replay ? REPLAY : 0), record);
  record[7] = id >>> 0;
  record[8] = Math.floor(id / TWO_TO_32);
}

export function writeContact({ uuid, initial, followupAt }: Contact, record: Uint32Array): void {
  writeUuid(uuid, record);
  const flags = KNOWN + (followupAt === null ? 0 : FOLLOWED);
  writeInstant(initial?.at ?? 0, flags + (initial === null ? 0 : flagsOfInitial(initial)), record);
  // In the place of an event's id.
  record[7] = (followupAt ?? 0) >>> 0;
  record[8] = Math.floor((followupAt ?? 0) / TWO_TO_32);
}

/** Of a contact that is followed up. */
export function readFollowupAt(records: Uint32Array, start: number): Instant {
  return (records[start + 8]! | 0) * TWO_TO_32 + records[start + 7]!;
}

/** A store may know a contact by what is no symbol: that shows as another than the events have. */
function flagsOfInitial({ symbol, isVowel }: NonNullable<Contact['initial']>): number {
  return INITIAL + (isVowel ? VOWEL : 0) + (SYMBOLS.indexOf(symbol) & SYMBOL_BITS) * 8;
}

function writeInstant(at: Instant, flags: number, record: Uint32Array): void {
  const high = Math.floor(at / TWO_TO_32);
  record[5] = at >>> 0;
  record[6] = (flags << 22) | (high + HIGH_OFFSET);
}

function writeUuid(uuid: Uuid, record: Uint32Array): void {
  let hash = 0;
  let word = 1;
  let value = 0;
  let digits = 0;
  for (let i = 0; i < 36; i += 1) {
    const code = uuid.charCodeAt(i);
    if (code === HYPHEN) continue;
    value = (value << 4) | (code > 57 ? code - 87 : code - 48);
    digits += 1;
    if (digits % 8 !== 0) continue;
    record[word] = value;
    hash = Math.imul(hash ^ value ^ (value >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
    word += 1;
    value = 0;
  }
  record[0] = hash;
}

const HYPHEN = 45;
const TWO_TO_32 = 4_294_967_296;
// Makes the upper half of an instant, which may be negative, a number of 22 bits.
const HIGH_OFFSET = 0x200000;

export function idOf(records: Uint32Array, start: number): EventId {
  return records[start + 8]! * TWO_TO_32 + records[start + 7]!;
}

export function symbolOf(flags: number): number {
  return (flags >>> 3) & SYMBOL_BITS;
}
