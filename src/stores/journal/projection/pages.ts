import { GrowingRow } from '../../../domain/growing-row.js';
import type { Instant } from '../../../domain/time.js';
import { type PageLevel, pageKey } from './keys.js';
import { decodePage, encodePage, mergePage } from './page-format.js';

/** Reads a page's bytes from the projection, at once; undefined where there is none. */
export type PageSource = (key: Buffer) => Buffer | undefined;

/** A row or a page as it was when it was taken. It is encoded when it is asked for: many take long. */
export interface RollupEntry {
  readonly key: Buffer;
  value(): Buffer;
}

/** What a page takes in memory besides its bytes or rows. */
const PAGE_BYTES = 256;
const SLOT_BYTES = 8;
/** Pages that are looked at for one to let go: more come with each page that is read. */
const LOOKS_MAX = 8;
const NO_BYTES = Buffer.alloc(0);

interface Page {
  /** As the projection has it; not looked at where there are rows. */
  stored: Buffer;
  /** There from its first change on. */
  rows: (GrowingRow | undefined)[] | undefined;
  /** What it took in memory when it was read, changed for the first time, or last written. */
  bytes: number;
  /** Has changes that no write has taken yet. */
  dirty: boolean;
  /** Its changes are being written: what the projection has of it may be old. */
  writing: boolean;
  /** What is written of it, as long as its rows still are that and it is not encoded. */
  taken: TakenPage | undefined;
  /** Asked for since it was last looked at. */
  used: boolean;
}

/**
 * Pages of roll-up rows in memory. A page that is only read stays the bytes that it is in the projection,
 * and is summed from them: archives have many pages, and rows as objects would be most of the memory and of
 * the garbage. Those without unwritten changes are let go when there are too many.
 */
export class PageCache {
  readonly #level: PageLevel;
  readonly #rowsPerPage: number;
  readonly #source: PageSource;
  readonly #bytesMax: number;
  /** In the order in which they are looked at next. */
  readonly #pages = new Map<number, Page>();
  #bytes = 0;
  /** Those that have changes that no write has taken yet, and those that are being written. */
  readonly #dirty = new Map<number, Page>();
  #writing: [number, Page][] = [];

  constructor(level: PageLevel, rowsPerPage: number, source: PageSource, bytesMax: number) {
    this.#level = level;
    this.#rowsPerPage = rowsPerPage;
    this.#source = source;
    this.#bytesMax = bytesMax;
  }

  get dirtyPages(): number {
    return this.#dirty.size;
  }

  /**
   * Merges the rows from `first` up to but not including `end` of a page into a sum of instants since 1970.
   * The page's first row is based at `base`, and each next `length` later.
   */
  mergeInto(
    sum: Float64Array,
    number: number,
    first: number,
    end: number,
    base: Instant,
    length: number,
  ): void {
    const { rows, stored } = this.#page(number);
    if (rows !== undefined) {
      for (let index = first; index < end; index += 1) rows[index]?.mergeInto(sum, base + index * length);
      return;
    }
    mergePage(sum, stored, { first, end, base, length });
  }

  /** Whether a page has such a row; it is as for a change in memory then. */
  has(number: number, index: number, isNew: boolean): boolean {
    return this.#rows(number, isNew)[index] !== undefined;
  }

  /** A row to be changed. `isNew`: the projection is known to have no such page. */
  rowForChange(number: number, index: number, isNew: boolean): GrowingRow {
    const rows = this.#rows(number, isNew);
    const page = this.#pages.get(number)!;
    page.taken?.value();
    if (!page.dirty) {
      page.dirty = true;
      this.#dirty.set(number, page);
    }
    return rowOf(rows, index);
  }

  /** The changed pages as they are now. They stay in memory until `written` is called. */
  takeChanges(): RollupEntry[] {
    const entries: RollupEntry[] = [];
    for (const [number, page] of this.#dirty) {
      page.taken = new TakenPage(pageKey(this.#level, number), page);
      entries.push(page.taken);
      this.#hold(page, bytesOf(page.rows!));
      page.dirty = false;
      page.writing = true;
    }
    this.#writing = [...this.#dirty];
    this.#dirty.clear();
    return entries;
  }

  written(succeeded: boolean): void {
    for (const [number, page] of this.#writing) {
      page.writing = false;
      page.taken = undefined;
      if (succeeded || page.dirty) continue;
      page.dirty = true;
      this.#dirty.set(number, page);
    }
    this.#letGo(this.#writing.length * LOOKS_MAX);
    this.#writing = [];
  }

  #page(number: number, isNew = false): Page {
    const known = this.#pages.get(number);
    if (known !== undefined) {
      known.used = true;
      return known;
    }
    const stored = (isNew ? undefined : this.#source(pageKey(this.#level, number))) ?? NO_BYTES;
    const page = {
      stored,
      rows: undefined,
      bytes: 0,
      dirty: false,
      writing: false,
      taken: undefined,
      used: true,
    };
    this.#hold(page, PAGE_BYTES + stored.length);
    this.#letGo(LOOKS_MAX);
    this.#pages.set(number, page);
    return page;
  }

  #rows(number: number, isNew: boolean): (GrowingRow | undefined)[] {
    const page = this.#page(number, isNew);
    page.rows ??= this.#decode(page);
    return page.rows;
  }

  #decode(page: Page): (GrowingRow | undefined)[] {
    const rows: (GrowingRow | undefined)[] = new Array(this.#rowsPerPage).fill(undefined);
    decodePage(page.stored, this.#rowsPerPage, (index, cell, count, followups, earliest, latest) => {
      rowOf(rows, index).merge(cell, count, followups, earliest, latest);
    });
    page.stored = NO_BYTES;
    this.#hold(page, bytesOf(rows));
    return rows;
  }

  #hold(page: Page, bytes: number): void {
    this.#bytes += bytes - page.bytes;
    page.bytes = bytes;
  }

  /** Second chance: a page that was used since it was last looked at stays once more. */
  #letGo(looksMax: number): void {
    let looks = 0;
    for (const [number, page] of this.#pages) {
      if (this.#bytes <= this.#bytesMax || looks >= looksMax) break;
      looks += 1;
      this.#pages.delete(number);
      if (page.dirty || page.writing || page.used) {
        page.used = false;
        this.#pages.set(number, page);
      } else this.#bytes -= page.bytes;
    }
  }
}

/** A page with its rows as they were taken: it is encoded when they are about to change, at the latest. */
class TakenPage implements RollupEntry {
  readonly key: Buffer;
  readonly #page: Page;
  #bytes: Buffer | undefined;

  constructor(key: Buffer, page: Page) {
    this.key = key;
    this.#page = page;
  }

  value(): Buffer {
    if (this.#bytes === undefined) {
      this.#bytes = encodePage(this.#page.rows!);
      this.#page.taken = undefined;
    }
    return this.#bytes;
  }
}

function rowOf(rows: (GrowingRow | undefined)[], index: number): GrowingRow {
  let row = rows[index];
  if (row === undefined) {
    row = new GrowingRow();
    rows[index] = row;
  }
  return row;
}

function bytesOf(rows: readonly (GrowingRow | undefined)[]): number {
  let bytes = PAGE_BYTES + rows.length * SLOT_BYTES;
  for (const row of rows) if (row !== undefined) bytes += row.bytes;
  return bytes;
}
