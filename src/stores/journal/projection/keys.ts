import type { EventId, Uuid } from '../../../domain/contact.js';
import { writeEventId, writeUuid } from '../log/format.js';

// Keys of the projection; described in docs/journal-format.md. Numbers in them are big-endian, so that they sort.

/** The first byte of a key says what it is of. */
export const PREFIX = {
  contact: 0x63,
  days: 0x64,
  hours: 0x68,
  minutes: 0x6d,
  replay: 0x72,
  correction: 0x73,
} as const;

export const KEY_UUID_AT = 1;
const NUMBER_BIAS = 2 ** 31;

export function contactKey(uuid: Uuid): Buffer {
  const key = Buffer.allocUnsafe(17);
  key[0] = PREFIX.contact;
  writeUuid(key, KEY_UUID_AT, uuid);
  return key;
}

export function replayKey(uuid: Uuid, id: EventId): Buffer {
  const key = Buffer.allocUnsafe(24);
  key[0] = PREFIX.replay;
  writeUuid(key, KEY_UUID_AT, uuid);
  writeEventId(key, 17, id);
  return key;
}

export function correctionKey(sequence: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = PREFIX.correction;
  key.writeBigUInt64BE(BigInt(sequence), 1);
  return key;
}

export function correctedSequence(key: Buffer): number {
  return Number(key.readBigUInt64BE(1));
}

export type PageLevel = 'days' | 'hours' | 'minutes';

/** A day row's key has its day; a page of hours its day; a page of minutes its hour: since 1970. */
export function pageKey(level: PageLevel, number: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = PREFIX[level];
  key.writeUInt32BE(number + NUMBER_BIAS, 1);
  return key;
}

export function pageNumber(key: Buffer): number {
  return key.readUInt32BE(1) - NUMBER_BIAS;
}
