import type { Outcome } from '../../../contract/store.js';
import { type Contact, type ContactEvent, SYMBOLS, symbolIndex, type Uuid } from '../../../domain/contact.js';
import { DAY, type Instant } from '../../../domain/time.js';
import type { Layout } from '../layout.js';

/** An event as it stands in a stream; described in scripts/append.lua. */
export const RECORD_BYTES = 34;
/** Before the records of each entry: the writer's stamp. */
export const STAMP_BYTES = 8;

/** Days are counted from far before the first that an event can have, so that none is negative. */
const DAY_BIAS = 100_000;
const TWO_TO_32 = 4_294_967_296;
const HYPHEN = 45;

/** Writes the 16 bytes of a uuid; answers with a hash of them that spreads any kind of uuid. */
export function writeUuid(target: Buffer, start: number, uuid: Uuid): number {
  let at = start;
  let high = -1;
  let hash = 0;
  for (let i = 0; i < 36; i += 1) {
    const code = uuid.charCodeAt(i);
    if (code === HYPHEN) continue;
    const digit = code > 57 ? code - 87 : code - 48;
    if (high < 0) {
      high = digit;
      continue;
    }
    const value = high * 16 + digit;
    target[at] = value;
    hash = Math.imul(hash ^ value, 0x5bd1e995);
    hash ^= hash >>> 15;
    at += 1;
    high = -1;
  }
  return hash >>> 0;
}

/** The partition of a contact, of the hash of its uuid. */
export function partitionOf(hash: number, partitions: number): number {
  return mix(hash ^ 0x9e3779b9) % partitions;
}

/** The bucket of a contact within its partition: other bits of the same hash. */
export function bucketOf(hash: number, buckets: number): number {
  return mix(hash ^ 0x85ebca6b) % buckets;
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const scratch = Buffer.alloc(16);

export function partitionOfUuid(uuid: Uuid, partitions: number): number {
  return partitionOf(writeUuid(scratch, 0, uuid), partitions);
}

/** Where a contact lives. */
export interface Location {
  readonly partition: number;
  readonly bucket: number;
  /** The 16 bytes of its uuid. */
  readonly bytes: Buffer;
}

export function locate(uuid: Uuid, { partitions, buckets }: Layout): Location {
  const bytes = Buffer.alloc(16);
  const hash = writeUuid(bytes, 0, uuid);
  return { partition: partitionOf(hash, partitions), bucket: bucketOf(hash, buckets), bytes };
}

/** Writes all of an event but its uuid. `place` is its place in the batch. */
export function writeEvent(target: Buffer, start: number, event: ContactEvent, place: number): void {
  const day = Math.floor(event.at / DAY);
  target.writeUIntBE(Math.floor(event.id / TWO_TO_32), start + 16, 3);
  target.writeUInt32BE(event.id % TWO_TO_32, start + 19);
  target.writeUIntBE(day + DAY_BIAS, start + 23, 3);
  target.writeUIntBE(event.at - day * DAY, start + 26, 5);
  const initial = event.kind === 'initial' ? 1 + (event.isVowel ? 4 : 0) + symbolIndex(event.symbol) * 8 : 0;
  target[start + 31] = initial + (event.replay ? 2 : 0);
  target.writeUInt16BE(place, start + 32);
}

/** Reads an event that `writeUuid` and `writeEvent` wrote. */
export function readEvent(source: Buffer, start: number): ContactEvent {
  return eventOf(source[start + 31]!, {
    id: readId(source, start + 16),
    uuid: readUuid(source, start),
    at: readInstant(source, start + 23),
  });
}

function eventOf(flags: number, named: Pick<ContactEvent, 'id' | 'uuid' | 'at'>): ContactEvent {
  const common = { ...named, replay: (flags & 2) !== 0 };
  if ((flags & 1) === 0) return { kind: 'followup', ...common };
  return { kind: 'initial', ...common, symbol: SYMBOLS[flags >>> 3]!, isVowel: (flags & 4) !== 0 };
}

/** The instant of the record at `start`. */
export function instantOf(source: Buffer, start: number): Instant {
  return readInstant(source, start + 23);
}

/** The place that the record at `start` had in its batch. */
export function placeOf(source: Buffer, start: number): number {
  return source.readUInt16BE(start + 32);
}

function readUuid(source: Buffer, start: number): Uuid {
  const hex = source.toString('hex', start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function readId(source: Buffer, at: number): number {
  return source.readUIntBE(at, 3) * TWO_TO_32 + source.readUInt32BE(at + 3);
}

function readInstant(source: Buffer, at: number): Instant {
  return (source.readUIntBE(at, 3) - DAY_BIAS) * DAY + source.readUIntBE(at + 3, 5);
}

/** The number under which the store keeps the day of an instant. */
export function dayOf(at: Instant): number {
  return Math.floor(at / DAY) + DAY_BIAS;
}

/** The midnight with which a day begins. */
export function midnightOf(day: number): Instant {
  return (day - DAY_BIAS) * DAY;
}

/** What the script says of one event. */
export const OUTCOMES: readonly Outcome[] = Object.freeze([
  { status: 'accepted', isVowel: false },
  { status: 'accepted', isVowel: true },
  { status: 'replayed', isVowel: false },
  { status: 'replayed', isVowel: true },
  ...SYMBOLS.map((symbol) => ({ status: 'conflict', symbol }) as const),
] as const);

const FOLLOWED = 64;
const HAS_REPLAYS = 128;
const FIRST_BYTES = 15;

/** What the store keeps of a contact, as the append script writes it: its first events. */
export function readFirsts(
  uuid: Uuid,
  value: Buffer,
): { readonly firsts: readonly ContactEvent[]; readonly hasReplays: boolean } {
  const flags = value[0]!;
  const symbol = flags & 31;
  const firsts: ContactEvent[] = [];
  const common = (at: number) => ({
    id: readId(value, at),
    uuid,
    at: readInstant(value, at + 7),
    replay: false,
  });
  if (symbol !== 0) {
    const answer = { symbol: SYMBOLS[symbol - 1]!, isVowel: (flags & 32) !== 0 };
    firsts.push({ kind: 'initial', ...common(1), ...answer });
  }
  if ((flags & FOLLOWED) !== 0) {
    firsts.push({ kind: 'followup', ...common(symbol === 0 ? 1 : 1 + FIRST_BYTES) });
  }
  return { firsts, hasReplays: (flags & HAS_REPLAYS) !== 0 };
}

/** The same as a contact. */
export function readContact(uuid: Uuid, value: Buffer): Contact {
  const contact: { -readonly [Key in keyof Contact]: Contact[Key] } = {
    uuid,
    initial: null,
    followupAt: null,
  };
  for (const event of readFirsts(uuid, value).firsts) {
    if (event.kind === 'followup') contact.followupAt = event.at;
    else contact.initial = { symbol: event.symbol, isVowel: event.isVowel, at: event.at };
  }
  return contact;
}

/** A replay, of the field and the value that the append script keeps it in. */
export function readReplay(uuid: Uuid, field: Buffer, value: Buffer): ContactEvent {
  return eventOf(value[8]!, { id: readId(field, 16), uuid, at: readInstant(value, 0) });
}
