import type { Instant } from './time.js';

/** A contact's name: 8-4-4-4-12 hexadecimal digits, in lower case. */
export type Uuid = string;

/** One letter `a`–`z`. */
export type ContactSymbol = string;

/**
 * The server's name for one accepted request: a non-negative safe integer, unique among the events of its
 * contact. Where a key over all events is wanted, take the pair of uuid and event id.
 */
export type EventId = number;

export const SYMBOLS: readonly ContactSymbol[] = Object.freeze([...'abcdefghijklmnopqrstuvwxyz']);

/** The request that opens a contact, with the guess that it was given. */
export interface InitialEvent {
  readonly kind: 'initial';
  readonly id: EventId;
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol;
  readonly isVowel: boolean;
  readonly at: Instant;
  /**
   * Known to be a replay: true on an event read back or moved from another store. A store keeps such an
   * event as a replay even when the event that it repeats has not come yet.
   */
  readonly replay: boolean;
}

/** The request by which a client goes on. */
export interface FollowupEvent {
  readonly kind: 'followup';
  readonly id: EventId;
  readonly uuid: Uuid;
  readonly at: Instant;
  /** As for an initial. */
  readonly replay: boolean;
}

/** One accepted request: the raw data. */
export type ContactEvent = InitialEvent | FollowupEvent;

/** What is known of one contact. A followup that came first has no initial yet. */
export interface Contact {
  readonly uuid: Uuid;
  readonly initial: {
    readonly symbol: ContactSymbol;
    readonly isVowel: boolean;
    readonly at: Instant;
  } | null;
  readonly followupAt: Instant | null;
}

const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a uuid without regard to case; undefined where the text is not one. */
export function parseUuid(text: string): Uuid | undefined {
  if (UUID_FORM.test(text)) return text;
  const lower = text.toLowerCase();
  return UUID_FORM.test(lower) ? lower : undefined;
}

/** Reads a symbol; undefined where the text is anything but one lower-case letter `a`–`z`. */
export function parseSymbol(text: string): ContactSymbol | undefined {
  return text.length === 1 && text >= 'a' && text <= 'z' ? text : undefined;
}

/** 0 for `a` … 25 for `z`: the place of a symbol's row in every list of tallies. */
export function symbolIndex(symbol: ContactSymbol): number {
  return symbol.charCodeAt(0) - 97;
}
