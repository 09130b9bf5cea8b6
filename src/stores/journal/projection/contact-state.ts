import {
  type Contact,
  type ContactEvent,
  type EventId,
  SYMBOLS,
  symbolIndex,
  type Uuid,
} from '../../../domain/contact.js';
import type { Instant } from '../../../domain/time.js';
import { readEventId, readInstant, readUuid, writeEventId, writeInstant } from '../log/format.js';
import { KEY_UUID_AT } from './keys.js';

/** What the store knows of a contact. */
export interface ContactState {
  /** 1 for `a` … 26 for `z`; 0 while there is no initial. */
  symbol: number;
  isVowel: boolean;
  initialId: EventId;
  initialAt: Instant;
  hasFollowup: boolean;
  followupId: EventId;
  followupAt: Instant;
  /** Replays of it were logged; their event ids are kept apart. */
  hasReplays: boolean;
}

export function newContact(): ContactState {
  return {
    symbol: 0,
    isVowel: false,
    initialId: 0,
    initialAt: 0,
    hasFollowup: false,
    followupId: 0,
    followupAt: 0,
    hasReplays: false,
  };
}

/** Sets what an event that is not a replay says of its contact. */
export function takeFirst(state: ContactState, event: ContactEvent): void {
  if (event.kind === 'initial') {
    state.symbol = symbolIndex(event.symbol) + 1;
    state.isVowel = event.isVowel;
    state.initialId = event.id;
    state.initialAt = event.at;
  } else {
    state.hasFollowup = true;
    state.followupId = event.id;
    state.followupAt = event.at;
  }
}

export function symbolOf(state: ContactState): string {
  return SYMBOLS[state.symbol - 1]!;
}

export function contactOf(uuid: Uuid, state: ContactState): Contact {
  return {
    uuid,
    initial:
      state.symbol === 0 ? null : { symbol: symbolOf(state), isVowel: state.isVowel, at: state.initialAt },
    followupAt: state.hasFollowup ? state.followupAt : null,
  };
}

/** The contact of a row of the projection. */
export function contactOfRow([key, value]: readonly [Buffer, Buffer]): Contact {
  return contactOf(readUuid(key, KEY_UUID_AT), decodeContact(value));
}

// Values in the projection; described in docs/journal-format.md.

const SYMBOL_BITS = 0x1f;
const VOWEL_BIT = 0x20;
const FOLLOWUP_BIT = 0x40;
const REPLAYS_BIT = 0x80;
const MOMENT_BYTES = 15;
export const EMPTY_VALUE = Buffer.alloc(0);

export function encodeContact(state: ContactState): Buffer {
  const hasInitial = state.symbol !== 0;
  const value = Buffer.allocUnsafe(
    1 + (hasInitial ? MOMENT_BYTES : 0) + (state.hasFollowup ? MOMENT_BYTES : 0),
  );
  value[0] =
    state.symbol |
    (state.isVowel ? VOWEL_BIT : 0) |
    (state.hasFollowup ? FOLLOWUP_BIT : 0) |
    (state.hasReplays ? REPLAYS_BIT : 0);
  let at = 1;
  if (hasInitial) {
    writeEventId(value, at, state.initialId);
    writeInstant(value, at + 7, state.initialAt);
    at += MOMENT_BYTES;
  }
  if (state.hasFollowup) {
    writeEventId(value, at, state.followupId);
    writeInstant(value, at + 7, state.followupAt);
  }
  return value;
}

export function decodeContact(value: Buffer): ContactState {
  const state = newContact();
  const flags = value[0]!;
  state.symbol = flags & SYMBOL_BITS;
  state.isVowel = (flags & VOWEL_BIT) !== 0;
  state.hasFollowup = (flags & FOLLOWUP_BIT) !== 0;
  state.hasReplays = (flags & REPLAYS_BIT) !== 0;
  let at = 1;
  if (state.symbol !== 0) {
    state.initialId = readEventId(value, at);
    state.initialAt = readInstant(value, at + 7);
    at += MOMENT_BYTES;
  }
  if (state.hasFollowup) {
    state.followupId = readEventId(value, at);
    state.followupAt = readInstant(value, at + 7);
  }
  return state;
}
