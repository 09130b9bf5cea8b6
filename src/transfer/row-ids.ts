import { type ContactEvent, type ContactSymbol, type EventId, symbolIndex } from '../domain/contact.js';
import type { Instant } from '../domain/time.js';

/** Distinct rows of one instant that are told apart by their content; beyond it their position does. */
const ROWS_OF_INSTANT_MAX = 65_536;

/**
 * Gives ids to events that are read from rows, in their order.
 *
 * An event's id follows from the row alone: its kind, instant, replay mark, symbol and guess, and, among
 * identical rows of the same instant that follow on one another, its number. So a file that is imported
 * again hands on the same ids, and a store logs nothing twice.
 */
export class RowIds {
  #instant: Instant = Number.NaN;
  #rowsOfInstant = 0;
  #firstOfInstant = '';
  readonly #seenOfInstant = new Map<string, number>();

  /** `fields`: what of a row is neither its uuid nor its instant, as a number. */
  of(uuid: string, at: Instant, fields: number): EventId {
    if (at !== this.#instant) {
      this.#instant = at;
      this.#rowsOfInstant = 1;
      this.#firstOfInstant = uuid + fields;
      return eventIdOf(at, fields, 0);
    }
    const row = uuid + fields;
    if (this.#rowsOfInstant === 1) {
      this.#seenOfInstant.clear();
      this.#seenOfInstant.set(this.#firstOfInstant, 1);
    }
    this.#rowsOfInstant += 1;
    const seen = this.#seenOfInstant.get(row);
    if (seen === undefined && this.#seenOfInstant.size >= ROWS_OF_INSTANT_MAX) {
      return eventIdOf(at, fields, this.#rowsOfInstant);
    }
    this.#seenOfInstant.set(row, (seen ?? 0) + 1);
    return eventIdOf(at, fields, seen ?? 0);
  }

  /** The event with the id that it has among those that were handed over before it. */
  renamed(event: ContactEvent): ContactEvent {
    const id = this.of(event.uuid, event.at, fieldsOf(event));
    return id === event.id ? event : { ...event, id };
  }
}

export function fieldsOfInitial(symbol: ContactSymbol, isVowel: boolean, replay: boolean): number {
  return 4 + symbolIndex(symbol) * 8 + (isVowel ? 2 : 0) + (replay ? 1 : 0);
}

export function fieldsOfFollowup(replay: boolean): number {
  return replay ? 1 : 0;
}

/** Of two events with the same uuid and instant: the same number where their rows are the same. */
export function fieldsOf(event: ContactEvent): number {
  return event.kind === 'initial'
    ? fieldsOfInitial(event.symbol, event.isVowel, event.replay)
    : fieldsOfFollowup(event.replay);
}

/** A hash of 53 bits: it must tell apart the events of one contact only. */
function eventIdOf(at: Instant, fields: number, ordinal: number): EventId {
  const low = at >>> 0;
  const high = Math.floor(at / 4_294_967_296) | 0;
  const first = scramble(
    scramble(scramble(low ^ 0x9e3779b9) ^ high) ^ (fields + Math.imul(ordinal, 0x10001)),
  );
  const second = scramble(
    scramble(scramble(high ^ 0x85ebca6b) ^ fields) ^ (low + Math.imul(ordinal, 0x1003f)),
  );
  return (first >>> 0) * 0x200000 + (second >>> 11);
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the result. */
function scramble(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
