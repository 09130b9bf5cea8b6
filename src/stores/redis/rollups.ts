import { type ContactSymbol, SYMBOLS } from '../../domain/contact.js';
import type { SplitTally } from '../../domain/tally.js';
import { mergeCell, ROW_LENGTH, splitOfRow } from '../../domain/tally-row.js';
import {
  coverRange,
  HOUR,
  INSTANT_MAX,
  INSTANT_MIN,
  type Instant,
  MINUTE,
  type Range,
} from '../../domain/time.js';
import type { Argument } from './executor.js';
import { dayOf, midnightOf } from './records.js';

// The rows as scripts/append.lua writes them: minutes in a hash an hour, hours in a hash a day, days and
// runs of eight days in a hash a block of 64 days, and the blocks, and the sum of all, in one hash.

const DAYS_A_RUN = 8;
const DAYS_A_BLOCK = 64;
const FINE_BYTES = 17;
const COARSE_BYTES = 25;
const TWO_TO_32 = 4_294_967_296;

/** Rows to be read, of each partition alike. */
export class Question {
  readonly #hashes = new Map<string, string[]>();
  /** Where the instants of each row count from; null where they are whole instants. */
  readonly #bases: { readonly hash: string; readonly base: Instant | null }[] = [];

  add(hash: string, field: string, base: Instant | null): void {
    const fields = this.#hashes.get(hash);
    if (fields === undefined) this.#hashes.set(hash, [field]);
    else fields.push(field);
    this.#bases.push({ hash, base });
  }

  get isEmpty(): boolean {
    return this.#bases.length === 0;
  }

  arguments(): Argument[] {
    return [...this.#hashes].flatMap(([hash, fields]) => [hash, fields.length, ...fields]);
  }

  /** Merges the replies of all partitions; one row a symbol, `a` to `z`. */
  answer(replies: readonly unknown[]): SplitTally[] {
    const row = this.#merge(replies as readonly Buffer[]);
    return SYMBOLS.map((symbol) => splitOfRow(row, symbol, 0));
  }

  answerOf(replies: readonly unknown[], symbol: ContactSymbol): SplitTally {
    return splitOfRow(this.#merge(replies as readonly Buffer[]), symbol, 0);
  }

  #merge(replies: readonly Buffer[]): Float64Array {
    const bases = this.#inOrderOfReply();
    const sum = new Float64Array(ROW_LENGTH);
    for (const reply of replies) {
      for (let at = 0; at < reply.length; ) {
        const base = bases[reply.readUInt32BE(at)]!;
        const end = at + 6 + reply.readUInt16BE(at + 4);
        if (base === null) mergeCoarse(sum, reply, at + 6, end);
        else mergeFine(sum, reply, at + 6, end, base);
        at = end;
      }
    }
    return sum;
  }

  /** The rows of one hash are asked for together. */
  #inOrderOfReply(): (Instant | null)[] {
    return [...this.#hashes.keys()].flatMap((hash) =>
      this.#bases.filter((row) => row.hash === hash).map((row) => row.base),
    );
  }
}

function mergeFine(sum: Float64Array, bytes: Buffer, from: number, to: number, base: Instant): void {
  for (let at = from; at < to; at += FINE_BYTES) {
    const earliest = base + bytes.readUInt32BE(at + 9);
    const latest = base + bytes.readUInt32BE(at + 13);
    mergeCell(sum, bytes[at]!, bytes.readUInt32BE(at + 1), bytes.readUInt32BE(at + 5), earliest, latest);
  }
}

function mergeCoarse(sum: Float64Array, bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += COARSE_BYTES) {
    const earliest = readInstant(bytes, at + 9);
    const latest = readInstant(bytes, at + 17);
    mergeCell(sum, bytes[at]!, bytes.readUInt32BE(at + 1), bytes.readUInt32BE(at + 5), earliest, latest);
  }
}

function readInstant(bytes: Buffer, at: number): Instant {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}

/** The one row of all contacts. */
export function questionOfAll(): Question {
  const question = new Question();
  question.add('x', 'all', null);
  return question;
}

/** The fewest rows that make up a range. */
export function questionOf(range: Range): Question {
  const lower = Math.max(range.lower, INSTANT_MIN);
  const upper = Math.min(range.upper, INSTANT_MAX);
  if (lower <= INSTANT_MIN && upper >= INSTANT_MAX) return questionOfAll();
  const question = new Question();
  if (lower >= upper) return question;
  for (const run of coverRange({ lower, upper })) {
    if (run.bucket === 'minute') addMinutes(question, run);
    else if (run.bucket === 'hour') addHours(question, run);
    else addDays(question, dayOf(run.lower), dayOf(run.upper));
  }
  return question;
}

function addMinutes(question: Question, { lower, upper }: Range): void {
  for (let at = lower; at < upper; at += MINUTE) {
    const hour = Math.floor(at / HOUR) - Math.floor(midnightOf(0) / HOUR);
    question.add(`m:${hour}`, String(Math.floor((at - Math.floor(at / HOUR) * HOUR) / MINUTE)), at);
  }
}

function addHours(question: Question, { lower, upper }: Range): void {
  for (let at = lower; at < upper; at += HOUR) {
    const day = dayOf(at);
    question.add(`h:${day}`, String((at - midnightOf(day)) / HOUR), at);
  }
}

/** Whole days, by blocks and runs where they fit. */
function addDays(question: Question, lower: number, upper: number): void {
  for (let day = lower; day < upper; ) {
    const block = Math.floor(day / DAYS_A_BLOCK);
    if (day % DAYS_A_BLOCK === 0 && day + DAYS_A_BLOCK <= upper) {
      question.add('x', String(block), null);
      day += DAYS_A_BLOCK;
    } else if (day % DAYS_A_RUN === 0 && day + DAYS_A_RUN <= upper) {
      question.add(`d:${block}`, `w${(day % DAYS_A_BLOCK) / DAYS_A_RUN}`, null);
      day += DAYS_A_RUN;
    } else {
      question.add(`d:${block}`, String(day % DAYS_A_BLOCK), null);
      day += 1;
    }
  }
}
