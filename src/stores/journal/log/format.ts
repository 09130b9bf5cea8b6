import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type EventColumns, eventColumns } from '../../../contract/event-columns.js';
import { type ContactEvent, type EventId, SYMBOLS, symbolIndex, type Uuid } from '../../../domain/contact.js';
import type { Instant } from '../../../domain/time.js';
import { copyPart } from '../files.js';

// The format of a journal segment, version 1, is described byte by byte in docs/journal-format.md.
// All integers are little-endian.

export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 36;
export const FRAME_HEADER_BYTES = 14;
export const RECORD_BYTES = 32;
export const RECORD_UUID_AT = 16;
/** Events in one frame. A frame is written by one call and is valid as a whole or not at all. */
export const FRAME_EVENTS_MAX = 4096;
export const FRAME_BYTES_MAX = FRAME_HEADER_BYTES + FRAME_EVENTS_MAX * RECORD_BYTES;

const SEGMENT_MAGIC = Buffer.from('TALLYJNL', 'latin1');
const FRAME_MAGIC = 0x5442;
const FRAME_MAGIC_BYTES = Buffer.from([0x42, 0x54]);
const SALVAGED = 1;
const MARKS = 2 ** 15;
const TWO_32 = 2 ** 32;
const TWO_48 = 2 ** 48;

/** What the first bytes of a segment say. */
export interface SegmentHeader {
  /** The number of events in all segments before this one. */
  readonly firstSequence: number;
  /** Where the valid bytes of the segment before this one end; 0 in the first segment. */
  readonly previousEnd: number;
  /** Chosen at random: bytes of another segment, or sent by a client, cannot pass for a frame of this one. */
  readonly salt: number;
  /** Written by a salvage: the sequence numbers of its frames may have gaps, and the file ends where it ends. */
  readonly salvaged: boolean;
  /** Drawn for each segment: it tells histories that went apart from one another in those that follow, too. */
  readonly mark: number;
}

export function drawMark(): number {
  return randomInt(MARKS);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  SEGMENT_MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(FORMAT_VERSION, 8);
  bytes.writeUInt16LE((header.salvaged ? SALVAGED : 0) + 2 * header.mark, 10);
  bytes.writeUInt32LE(header.salt, 12);
  bytes.writeBigUInt64LE(BigInt(header.firstSequence), 16);
  bytes.writeBigUInt64LE(BigInt(header.previousEnd), 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** What the header of a segment and those of all before it come to, given what those before come to. */
export function lineageOf(previous: string, header: SegmentHeader): string {
  return createHash('sha256').update(previous).update(encodeSegmentHeader(header)).digest('hex').slice(0, 32);
}

export type HeaderReading =
  | { readonly ok: true; readonly header: SegmentHeader }
  | { readonly ok: false; readonly reason: string; readonly otherVersion: boolean };

/** Reads a segment header; says why where the bytes are not one. */
export function decodeSegmentHeader(bytes: Buffer): HeaderReading {
  const bad = (reason: string, otherVersion = false): HeaderReading => ({ ok: false, reason, otherVersion });
  if (bytes.length < HEADER_BYTES) return bad('the segment header is cut short');
  if (!bytes.subarray(0, 8).equals(SEGMENT_MAGIC))
    return bad('the file does not begin as a journal segment does');
  if (crc32(bytes.subarray(0, 32)) !== bytes.readUInt32LE(32))
    return bad('the checksum of the segment header is wrong');
  const version = bytes.readUInt16LE(8);
  if (version !== FORMAT_VERSION)
    return bad(`the segment has format version ${version}, not ${FORMAT_VERSION}`, true);
  return {
    ok: true,
    header: {
      salvaged: (bytes.readUInt16LE(10) & SALVAGED) !== 0,
      mark: bytes.readUInt16LE(10) >> 1,
      salt: bytes.readUInt32LE(12),
      firstSequence: Number(bytes.readBigUInt64LE(16)),
      previousEnd: Number(bytes.readBigUInt64LE(24)),
    },
  };
}

/** A run of events that was written at once. */
export interface Frame {
  /** The sequence number of its first event. */
  readonly sequence: number;
  readonly count: number;
  /** The whole frame, and in it `count` records of `RECORD_BYTES`: views, valid until more is read. */
  readonly bytes: Buffer;
  readonly records: Buffer;
  /** Where the frame begins in its segment. */
  readonly offset: number;
}

/** Fills in the header of a frame whose records stand at `FRAME_HEADER_BYTES` and after. */
export function sealFrame(bytes: Buffer, count: number, sequence: number, salt: number): Buffer {
  const end = FRAME_HEADER_BYTES + count * RECORD_BYTES;
  bytes.writeUInt16LE(FRAME_MAGIC, 4);
  bytes.writeUInt16LE(count, 6);
  bytes.writeUIntLE(sequence % TWO_48, 8, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(4, end), salt), 0);
  return bytes.subarray(0, end);
}

export type FrameReading =
  | { readonly status: 'whole'; readonly frame: Frame }
  /** The bytes end before the frame does. */
  | { readonly status: 'short'; readonly bytesWanted: number }
  | { readonly status: 'bad'; readonly reason: string };

/** Reads the frame at `at` of `bytes`; `base` is the offset of `bytes` in the segment. */
export function readFrame(bytes: Buffer, at: number, base: number, salt: number): FrameReading {
  if (bytes.length - at < FRAME_HEADER_BYTES) return { status: 'short', bytesWanted: FRAME_HEADER_BYTES };
  const count = bytes.readUInt16LE(at + 6);
  if (bytes.readUInt16LE(at + 4) !== FRAME_MAGIC || count === 0 || count > FRAME_EVENTS_MAX) {
    return { status: 'bad', reason: 'no frame begins here' };
  }
  const length = FRAME_HEADER_BYTES + count * RECORD_BYTES;
  if (bytes.length - at < length) return { status: 'short', bytesWanted: length };
  if (crc32(bytes.subarray(at + 4, at + length), salt) !== bytes.readUInt32LE(at)) {
    return { status: 'bad', reason: 'the checksum of the frame is wrong' };
  }
  return {
    status: 'whole',
    frame: {
      sequence: bytes.readUIntLE(at + 8, 6),
      count,
      bytes: bytes.subarray(at, at + length),
      records: bytes.subarray(at + FRAME_HEADER_BYTES, at + length),
      offset: base + at,
    },
  };
}

/** The first whole frame in `bytes` at or after `from` whose sequence is at least `sequenceMin`. */
export function findFrame(
  bytes: Buffer,
  from: number,
  base: number,
  salt: number,
  sequenceMin: number,
): Frame | undefined {
  for (
    let hit = bytes.indexOf(FRAME_MAGIC_BYTES, from + 4);
    hit !== -1;
    hit = bytes.indexOf(FRAME_MAGIC_BYTES, hit + 1)
  ) {
    const reading = readFrame(bytes, hit - 4, base, salt);
    if (reading.status === 'whole' && reading.frame.sequence >= sequenceMin) return reading.frame;
  }
  return undefined;
}

const FOLLOWUP = 0;
const SYMBOL_BITS = 0x1f;
const VOWEL_BIT = 0x20;
const REPLAY_BIT = 0x40;

/** Writes one event as a record. */
export function writeRecord(bytes: Buffer, at: number, event: ContactEvent): void {
  let flags = event.replay ? REPLAY_BIT : 0;
  if (event.kind === 'initial') flags |= (symbolIndex(event.symbol) + 1) | (event.isVowel ? VOWEL_BIT : 0);
  bytes[at] = flags;
  writeEventId(bytes, at + 1, event.id);
  writeInstant(bytes, at + 8, event.at);
  writeUuid(bytes, at + RECORD_UUID_AT, event.uuid);
}

/** Makes a record one of a replay, which has the guess that its contact was given the first time. */
export function markReplay(bytes: Buffer, at: number, isVowel: boolean): void {
  bytes[at] = (bytes[at]! & SYMBOL_BITS) | REPLAY_BIT | (isVowel ? VOWEL_BIT : 0);
}

/** Makes a record one of a replay, which keeps the guess that it has. */
export function setReplay(bytes: Buffer, at: number): void {
  bytes[at]! |= REPLAY_BIT;
}

/** Reads one record back as the event it was. */
export function readRecord(bytes: Buffer, at: number): ContactEvent {
  const flags = bytes[at]!;
  const base = {
    id: readEventId(bytes, at + 1),
    uuid: readUuid(bytes, at + RECORD_UUID_AT),
    at: readInstant(bytes, at + 8),
    replay: (flags & REPLAY_BIT) !== 0,
  };
  const symbol = flags & SYMBOL_BITS;
  if (symbol === FOLLOWUP) return { kind: 'followup', ...base };
  return { kind: 'initial', ...base, symbol: SYMBOLS[symbol - 1]!, isVowel: (flags & VOWEL_BIT) !== 0 };
}

/** Reads the records that stand at `places`, counted in records, by column. */
export function readColumns(bytes: Buffer, places: Uint32Array): EventColumns {
  const columns = eventColumns(places.length);
  for (let i = 0; i < places.length; i += 1) {
    const at = places[i]! * RECORD_BYTES;
    const flags = bytes[at]!;
    const symbol = flags & SYMBOL_BITS;
    if (symbol === FOLLOWUP) columns.kinds[i] = 1;
    else columns.symbols[i] = symbol - 1;
    columns.vowels[i] = flags & VOWEL_BIT ? 1 : 0;
    columns.replays[i] = flags & REPLAY_BIT ? 1 : 0;
    columns.instants[i] = BigInt(readInstant(bytes, at + 8));
    copyPart(bytes, at + RECORD_UUID_AT, at + RECORD_BYTES, columns.uuids, 16 * i);
  }
  return columns;
}

/** Only the instant of a record: for sorting. */
export function readRecordInstant(bytes: Buffer, at: number): Instant {
  return readInstant(bytes, at + 8);
}

export function writeEventId(bytes: Buffer, at: number, id: EventId): void {
  const high = Math.floor(id / TWO_32);
  bytes.writeUInt32LE(id - high * TWO_32, at);
  bytes[at + 4] = high & 0xff;
  bytes[at + 5] = (high >>> 8) & 0xff;
  bytes[at + 6] = (high >>> 16) & 0xff;
}

export function readEventId(bytes: Buffer, at: number): EventId {
  return bytes.readUInt32LE(at) + TWO_32 * (bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16));
}

export function writeInstant(bytes: Buffer, at: number, instant: Instant): void {
  const high = Math.floor(instant / TWO_32);
  bytes.writeUInt32LE(instant - high * TWO_32, at);
  bytes.writeInt32LE(high, at + 4);
}

export function readInstant(bytes: Buffer, at: number): Instant {
  return bytes.readUInt32LE(at) + TWO_32 * bytes.readInt32LE(at + 4);
}

// The value of each hexadecimal digit, by its character code.
const NIBBLE = new Uint8Array(128);
for (let i = 0; i < 16; i += 1) NIBBLE[i.toString(16).charCodeAt(0)] = i;
const DIGIT = Buffer.from('0123456789abcdef', 'latin1');
// Where each byte's two digits stand in the 8-4-4-4-12 form.
const DIGITS_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
// A text is put together here: to cut one and to join the parts takes twice as long.
const UUID_TEXT = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');

export function writeUuid(bytes: Buffer, at: number, uuid: Uuid): void {
  for (let i = 0; i < 16; i += 1) {
    const digit = DIGITS_AT[i]!;
    bytes[at + i] = (NIBBLE[uuid.charCodeAt(digit)]! << 4) | NIBBLE[uuid.charCodeAt(digit + 1)]!;
  }
}

export function readUuid(bytes: Buffer, at: number): Uuid {
  for (let i = 0; i < 16; i += 1) {
    const byte = bytes[at + i]!;
    const digit = DIGITS_AT[i]!;
    UUID_TEXT[digit] = DIGIT[byte >>> 4]!;
    UUID_TEXT[digit + 1] = DIGIT[byte & 15]!;
  }
  return UUID_TEXT.toString('latin1');
}
