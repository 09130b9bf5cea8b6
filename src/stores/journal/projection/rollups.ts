import type { ContactSymbol } from '../../../domain/contact.js';
import { SYMBOLS } from '../../../domain/contact.js';
import type { GrowingRow } from '../../../domain/growing-row.js';
import type { SplitTally } from '../../../domain/tally.js';
import {
  addContact,
  addFollowup,
  mergeCell,
  mergeRow,
  ROW_LENGTH,
  splitOfRow,
  visitCells,
} from '../../../domain/tally-row.js';
import {
  type BucketRun,
  bucketStart,
  coverRange,
  DAY,
  HOUR,
  type Instant,
  MINUTE,
  type Range,
} from '../../../domain/time.js';
import { PREFIX, pageKey, pageNumber } from './keys.js';
import { decodePage, encodePage, type WrittenRow } from './page-format.js';
import { PageCache, type PageSource, type RollupEntry } from './pages.js';
import { TALLY_CHANGE, type TallyChanges } from './tally-changes.js';

interface RowsOfMinute {
  readonly minute: GrowingRow;
  readonly hour: GrowingRow;
  readonly day: Float64Array;
  readonly block: Float64Array;
}

/**
 * The roll-ups: one row of tallies a minute, an hour, a day, and one of all time. Days and the total stay in
 * memory; hours and minutes are in pages (a day of hours, an hour of minutes) that come and go.
 */
export class Rollups {
  readonly total = new Float64Array(ROW_LENGTH);
  readonly #days = new Map<number, Float64Array>();
  /** The sum of each `BLOCK_DAYS` days; follows from the days. */
  readonly #blocks = new Map<number, Float64Array>();
  readonly #dirtyDays = new Set<number>();
  readonly #hours: PageCache;
  readonly #minutes: PageCache;

  constructor(source: PageSource, pageBytesMax: number) {
    this.#hours = new PageCache('hours', 24, source, pageBytesMax / 4);
    this.#minutes = new PageCache('minutes', 60, source, (pageBytesMax * 3) / 4);
  }

  /** Puts a day back that was read from the projection. */
  restoreDay(day: number, page: Buffer): void {
    const row = new Float64Array(ROW_LENGTH);
    decodePage(page, 1, (_, ...cell) => mergeCell(row, ...cell));
    this.#days.set(day, row);
    mergeRow(this.total, row, day * DAY);
    const block = Math.floor(day / BLOCK_DAYS);
    mergeRow(rowIn(this.#blocks, block), row, (day - block * BLOCK_DAYS) * DAY);
  }

  /**
   * Makes sure that `apply` will find its rows in memory; throws where they cannot be read. They stay there
   * until the changes are next taken.
   */
  prepare({ at, count }: TallyChanges): void {
    for (let i = 0; i < count; i += 1) this.#rowsFor(at[i]!);
  }

  /** Applies changes that were prepared. */
  apply({ at, cell, kind, count }: TallyChanges): void {
    for (let i = 0; i < count; i += 1) {
      if (kind[i] === TALLY_CHANGE.followup) this.#addFollowup(at[i]!, cell[i]!);
      else this.#addContact(at[i]!, cell[i]!, kind[i] === TALLY_CHANGE.contact ? 0 : 1);
    }
  }

  #addContact(at: Instant, cell: number, followups: 0 | 1): void {
    const rows = this.#rowsFor(at);
    addContact(this.total, cell, at, followups);
    addContact(rows.block, cell, at - bucketStart(at, BLOCK_DAYS * DAY), followups);
    addContact(rows.day, cell, at - bucketStart(at, DAY), followups);
    rows.hour.addContact(cell, at - bucketStart(at, HOUR), followups);
    rows.minute.addContact(cell, at - bucketStart(at, MINUTE), followups);
  }

  #addFollowup(at: Instant, cell: number): void {
    const rows = this.#rowsFor(at);
    addFollowup(this.total, cell);
    addFollowup(rows.block, cell);
    addFollowup(rows.day, cell);
    rows.hour.addFollowup(cell);
    rows.minute.addFollowup(cell);
  }

  /** The rows of the minute that was changed last: most changes come in time order. */
  #last: { minute: number; rows: RowsOfMinute } | undefined;

  #rowsFor(at: Instant): RowsOfMinute {
    const minute = Math.floor(at / MINUTE);
    if (this.#last?.minute === minute) return this.#last.rows;
    const day = Math.floor(at / DAY);
    const hour = Math.floor(at / HOUR);
    // Where a row of a longer time is not there, no page of its shorter ones is, and none need be looked for.
    const isNewDay = !this.#days.has(day);
    const isNewHour = !this.#hours.has(day, hour - day * 24, isNewDay);
    const rows = {
      hour: this.#hours.rowForChange(day, hour - day * 24, isNewDay),
      minute: this.#minutes.rowForChange(hour, minute - hour * 60, isNewHour),
      day: this.#dayForChange(day),
      block: rowIn(this.#blocks, Math.floor(day / BLOCK_DAYS)),
    };
    this.#last = { minute, rows };
    return rows;
  }

  #dayForChange(number: number): Float64Array {
    this.#dirtyDays.add(number);
    return rowIn(this.#days, number);
  }

  tallyOfSymbol(symbol: ContactSymbol): SplitTally {
    return splitOfRow(this.total, symbol, 0);
  }

  talliesOfRange(range: Range): SplitTally[] {
    const sum = new Float64Array(ROW_LENGTH);
    for (const run of coverRange(range)) this.#addRun(sum, run);
    return SYMBOLS.map((symbol) => splitOfRow(sum, symbol, 0));
  }

  /** Pages that hold changes that the projection does not have yet. */
  get dirtyPages(): number {
    return this.#hours.dirtyPages + this.#minutes.dirtyPages;
  }

  /** Everything that changed since the last call, as it is now, to be written. Call `written` afterwards. */
  takeChanges(): RollupEntry[] {
    const days = [...this.#dirtyDays].map((day) => {
      const row = this.#days.get(day)!.slice();
      return { key: pageKey('days', day), value: () => encodePage([writtenRow(row)]) };
    });
    this.#dirtyDays.clear();
    // Its pages are no longer marked as changed.
    this.#last = undefined;
    return [...days, ...this.#hours.takeChanges(), ...this.#minutes.takeChanges()];
  }

  /** The changes last taken are in the projection, or (`false`) could not be written and stay to be. */
  written(succeeded: boolean, entries: readonly RollupEntry[]): void {
    this.#hours.written(succeeded);
    this.#minutes.written(succeeded);
    if (succeeded) return;
    for (const { key } of entries) if (key[0] === PREFIX.days) this.#dirtyDays.add(pageNumber(key));
  }

  #addRun(sum: Float64Array, { bucket, lower, upper }: BucketRun): void {
    if (bucket === 'day') {
      this.#addDays(sum, lower / DAY, upper / DAY);
      return;
    }
    const [pages, length, perPage] =
      bucket === 'hour' ? [this.#hours, HOUR, 24] : [this.#minutes, MINUTE, 60];
    const end = upper / length;
    for (let number = lower / length; number < end; ) {
      const page = Math.floor(number / perPage);
      const first = page * perPage;
      const last = Math.min(end, first + perPage);
      // A day without contacts has no pages below it.
      if (this.#days.has(Math.floor((number * length) / DAY))) {
        pages.mergeInto(sum, page, number - first, last - first, first * length, length);
      }
      number = last;
    }
  }

  #addDays(sum: Float64Array, first: number, end: number): void {
    const [firstBlock, endBlock] = [Math.ceil(first / BLOCK_DAYS), Math.floor(end / BLOCK_DAYS)];
    if (firstBlock >= endBlock) {
      mergeRows(sum, this.#days, first, end, DAY);
      return;
    }
    mergeRows(sum, this.#days, first, firstBlock * BLOCK_DAYS, DAY);
    mergeRows(sum, this.#blocks, firstBlock, endBlock, BLOCK_DAYS * DAY);
    mergeRows(sum, this.#days, endBlock * BLOCK_DAYS, end, DAY);
  }
}

/** Sums of so many days are kept in memory, so that ten years are some hundred rows and not thousands. */
const BLOCK_DAYS = 32;

/** Merges the rows of some numbers, each of a time of that length. */
function mergeRows(
  sum: Float64Array,
  rows: ReadonlyMap<number, Float64Array>,
  first: number,
  end: number,
  length: number,
): void {
  // All years that can be have far more numbers than there are rows.
  if (end - first > rows.size) {
    for (const [number, row] of rows)
      if (first <= number && number < end) mergeRow(sum, row, number * length);
    return;
  }
  for (let number = first; number < end; number += 1) {
    const row = rows.get(number);
    if (row !== undefined) mergeRow(sum, row, number * length);
  }
}

function rowIn(rows: Map<number, Float64Array>, number: number): Float64Array {
  let row = rows.get(number);
  if (row === undefined) {
    row = new Float64Array(ROW_LENGTH);
    rows.set(number, row);
  }
  return row;
}

function writtenRow(row: Float64Array): WrittenRow {
  let cellCount = 0;
  visitCells(row, () => {
    cellCount += 1;
  });
  return { cellCount, visit: (see) => visitCells(row, see) };
}
