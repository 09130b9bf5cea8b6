import { mergeCell, ROW_LENGTH } from '../../../domain/tally-row.js';
import {
  bucketStart,
  coverRange,
  DAY,
  HOUR,
  INSTANT_MAX,
  INSTANT_MIN,
  type Instant,
  MINUTE,
  type Range,
} from '../../../domain/time.js';
import { dayOf, midnightOf } from '../events/records.js';
import type { Argument } from '../servers/executor.js';

// The rows as scripts/append.lua writes them: minutes in a hash an hour, hours in a hash a day, days and
// runs of eight days in a hash a block of 64 days, and the blocks, and the sum of all, in one hash. The rows
// that are longer than an hour lack the hour that is under way, which is read beside them.

const DAYS_A_RUN = 8;
const DAYS_A_BLOCK = 64;
const FINE_BYTES = 17;
const COARSE_BYTES = 25;
const TWO_TO_32 = 4_294_967_296;
/** Marks a row as that of the open hour, as scripts/rows.lua says. */
const OPEN_HOUR = 2 ** 31;

/** Rows that follow on one another in a hash: `prefix` and a number from `from` to `to`. */
interface RowRun {
  readonly hash: string;
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
  /** Where the instants of the first row count from, and how far the next is; null where they are whole. */
  readonly base: Instant | null;
  readonly step: number;
}

/** Rows to be read, of each partition alike, and merged to one. */
export class Question {
  readonly #runs: RowRun[] = [];

  add(run: RowRun): void {
    this.#runs.push(run);
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  get runs(): readonly RowRun[] {
    return this.#runs;
  }

  /** The base of each row, in the order of the runs. */
  bases(): (Instant | null)[] {
    return this.#runs.flatMap(({ from, to, base, step }) =>
      Array.from({ length: to - from + 1 }, (_, i) => (base === null ? null : base + i * step)),
    );
  }
}

/**
 * What scripts/rows.lua is asked for some questions. Rows of several that follow on one another, as those of
 * a series do, are one run to it, which it reads by one command; the place of each row stays the same.
 */
export function argumentsOf(questions: readonly Question[]): Argument[] {
  const runs: { hash: string; prefix: string; from: number; to: number }[] = [];
  for (const { hash, prefix, from, to } of questions.flatMap((question) => question.runs)) {
    const last = runs.at(-1);
    if (last?.hash === hash && last.prefix === prefix && last.to + 1 === from) last.to = to;
    else runs.push({ hash, prefix, from, to });
  }
  return runs.flatMap(({ hash, prefix, from, to }) => [hash, prefix, from, to]);
}

/** How many rows are merged between two pauses. */
const ROWS_A_PIECE = 256;

/**
 * The replies of all partitions to some questions that were asked together: a row for each question. Pauses
 * now and then: many questions and partitions make many rows.
 */
export function* mergeReplies(
  questions: readonly Question[],
  replies: readonly Buffer[],
): Generator<void, Float64Array[]> {
  const rows = questions.map(() => new Float64Array(ROW_LENGTH));
  const places = questions.flatMap((question, i) =>
    question.bases().map((base) => ({ base, row: rows[i]! })),
  );
  let merged = 0;
  for (const reply of replies) {
    const openHour = hourStart(reply.readUInt32BE(0));
    for (let at = 4; at < reply.length; ) {
      const word = reply.readUInt32BE(at);
      const isOpenHour = word >= OPEN_HOUR;
      const { base, row } = places[isOpenHour ? word - OPEN_HOUR : word]!;
      const end = at + 6 + reply.readUInt16BE(at + 4);
      if (isOpenHour) mergeFine(row, reply, at + 6, end, openHour);
      else if (base === null) mergeCoarse(row, reply, at + 6, end);
      else mergeFine(row, reply, at + 6, end, base);
      at = end;
      merged += 1;
      if (merged % ROWS_A_PIECE === 0) yield;
    }
  }
  return rows;
}

function hourStart(hour: number): Instant {
  return midnightOf(0) + hour * HOUR;
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
  question.add({ hash: 'x', prefix: 'all', from: 0, to: 0, base: null, step: 0 });
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
    if (run.bucket === 'minute') addFine(question, run, 'm', HOUR, MINUTE);
    else if (run.bucket === 'hour') addFine(question, run, 'h', DAY, HOUR);
    else addDays(question, dayOf(run.lower), dayOf(run.upper));
  }
  return question;
}

/** Minutes, which lie in a hash an hour, or hours, which lie in a hash a day. */
function addFine(
  question: Question,
  { lower, upper }: Range,
  name: string,
  length: number,
  step: number,
): void {
  for (let start = bucketStart(lower, length); start < upper; start += length) {
    const from = Math.max(lower, start);
    const to = Math.min(upper, start + length) - step;
    question.add({
      hash: `${name}:${Math.round((start - midnightOf(0)) / length)}`,
      prefix: '',
      from: (from - start) / step,
      to: (to - start) / step,
      base: from,
      step,
    });
  }
}

/** Whole days, by blocks and runs of eight where they fit. */
function addDays(question: Question, lower: number, upper: number): void {
  const add = (hash: string, prefix: string, from: number, to: number) =>
    question.add({ hash, prefix, from, to, base: null, step: 0 });
  for (let day = lower; day < upper; ) {
    const block = Math.floor(day / DAYS_A_BLOCK);
    const blocks = day % DAYS_A_BLOCK === 0 ? Math.floor((upper - day) / DAYS_A_BLOCK) : 0;
    if (blocks > 0) {
      add('x', '', block, block + blocks - 1);
      day += blocks * DAYS_A_BLOCK;
      continue;
    }
    const end = Math.min(upper, (block + 1) * DAYS_A_BLOCK);
    const runs = day % DAYS_A_RUN === 0 ? Math.floor((end - day) / DAYS_A_RUN) : 0;
    const within = day % DAYS_A_BLOCK;
    if (runs > 0) {
      add(`d:${block}`, 'w', within / DAYS_A_RUN, within / DAYS_A_RUN + runs - 1);
      day += runs * DAYS_A_RUN;
      continue;
    }
    const days = Math.min(end, (Math.floor(day / DAYS_A_RUN) + 1) * DAYS_A_RUN) - day;
    add(`d:${block}`, '', within, within + days - 1);
    day += days;
  }
}
