import type { ContactEvent } from '../../domain/contact.js';
import { parseSymbol, parseUuid } from '../../domain/contact.js';
import { DAY, HOUR, type Instant, MINUTE, parseInstant, SECOND } from '../../domain/time.js';
import { fieldsOfFollowup, fieldsOfInitial, RowIds } from '../row-ids.js';
import { LINE_BYTES_MAX } from './lines.js';

/** One value of a row as its format gives it; a text format may give an empty text for null. */
export type Cell = string | number | boolean | null | undefined;

/** Why a row is no event. */
export interface Fault {
  /** In the same words for each row of the kind. */
  readonly reason: string;
  /** What stands in this one. */
  readonly value?: string;
}

/** A row that cannot be taken, with the number of its line or row. */
export interface BadRow extends Fault {
  readonly place: number;
}

export const LINE_TOO_LONG: Fault = { reason: `the line is longer than ${LINE_BYTES_MAX} bytes` };

const DATE_UNREADABLE = 'the date cannot be read: write YYYY-MM-DD HH:MM:SS.ffffff in UTC, from 1700 to 2249';

/** Reads the rows of one file, in their order, as events. */
export class RowReader {
  #day = '';
  #midnight: Instant = 0;
  readonly #ids = new RowIds();

  /** The event of a row, or the reason why it is none. */
  read(uuid: Cell, symbol: Cell, isVowel: Cell, url: Cell, date: Cell, replay: Cell): ContactEvent | Fault {
    if (isMissing(uuid)) return { reason: 'the uuid is missing' };
    const contact = typeof uuid === 'string' ? parseUuid(uuid) : undefined;
    if (contact === undefined) return { reason: 'the uuid is not a UUID', value: show(uuid) };
    if (isMissing(date)) return { reason: 'the date is missing' };
    const at = typeof date === 'string' ? this.#instantOf(date) : undefined;
    if (at === undefined) return { reason: DATE_UNREADABLE, value: show(date) };
    const replayed = isMissing(replay) ? false : truthOf(replay);
    if (replayed === undefined) {
      return { reason: 'the replay mark is neither true nor false', value: show(replay) };
    }
    if (url === 'initial') {
      if (isMissing(symbol)) return { reason: 'the symbol is missing' };
      const letter = typeof symbol === 'string' ? parseSymbol(symbol) : undefined;
      if (letter === undefined) {
        return { reason: 'the symbol is not one letter a to z', value: show(symbol) };
      }
      if (isMissing(isVowel)) return { reason: 'is_vowel is missing' };
      const guess = truthOf(isVowel);
      if (guess === undefined) {
        return { reason: 'is_vowel is neither True nor False', value: show(isVowel) };
      }
      const fields = fieldsOfInitial(letter, guess, replayed);
      const id = this.#ids.of(contact, at, fields);
      return { kind: 'initial', id, uuid: contact, symbol: letter, isVowel: guess, at, replay: replayed };
    }
    if (url === 'followup') {
      if (!isMissing(symbol)) {
        return { reason: 'a followup has no symbol, but the row has one', value: show(symbol) };
      }
      if (!isMissing(isVowel)) {
        return { reason: 'a followup has no is_vowel, but the row has one', value: show(isVowel) };
      }
      const id = this.#ids.of(contact, at, fieldsOfFollowup(replayed));
      return { kind: 'followup', id, uuid: contact, at, replay: replayed };
    }
    return isMissing(url)
      ? { reason: 'the url is missing' }
      : { reason: 'the url is neither initial nor followup', value: show(url) };
  }

  /** `parseInstant`, with the day of the row before at hand: rows mostly share it. */
  #instantOf(text: string): Instant | undefined {
    if (text.length === 26 && text.startsWith(this.#day) && this.#day !== '') {
      const hour = twoDigits(text, 11);
      const minute = twoDigits(text, 14);
      const second = twoDigits(text, 17);
      const fraction = twoDigits(text, 20) * 10_000 + twoDigits(text, 22) * 100 + twoDigits(text, 24);
      const isForm =
        text.charCodeAt(10) === 32 &&
        text.charCodeAt(13) === 58 &&
        text.charCodeAt(16) === 58 &&
        text.charCodeAt(19) === 46;
      // NaN, where a digit is none, fails these comparisons too.
      if (isForm && hour < 24 && minute < 60 && second < 60 && fraction >= 0) {
        return this.#midnight + hour * HOUR + minute * MINUTE + second * SECOND + fraction;
      }
    }
    const at = parseInstant(text);
    if (at !== undefined) {
      this.#day = text.slice(0, 10);
      this.#midnight = Math.floor(at / DAY) * DAY;
    }
    return at;
  }
}

/** A value in quotes, cut to a length that a line of a terminal bears. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : String(JSON.stringify(value));
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}

function isMissing(cell: Cell): cell is null | undefined | '' {
  return cell === null || cell === undefined || cell === '';
}

/** The original writes the texts True and False, and for `y` now and then the integers 0 and 1. */
function truthOf(cell: Cell): boolean | undefined {
  switch (cell) {
    case 'True':
    case 'true':
    case 'TRUE':
    case '1':
    case 1:
    case true:
      return true;
    case 'False':
    case 'false':
    case 'FALSE':
    case '0':
    case 0:
    case false:
      return false;
    default:
      return undefined;
  }
}

function twoDigits(text: string, index: number): number {
  const tens = text.charCodeAt(index) - 48;
  const ones = text.charCodeAt(index + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
