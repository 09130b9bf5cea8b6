import { GrowingRow } from '../../domain/growing-row.js';
import { decodePage, encodePage, type PageLevel, pageKey } from './page-format.js';
import type { RollupEntry } from './rollups.js';

/** Reads a page's bytes from the projection, at once; undefined where there is none. */
export type PageSource = (key: Buffer) => Buffer | undefined;

const PAGE_BYTES = 256;
const SLOT_BYTES = 8;

interface Page {
  readonly rows: (GrowingRow | undefined)[];
  /** What it took in memory when it was read, or last written. */
  bytes: number;
  /** Has changes that no write has taken yet. */
  dirty: boolean;
  /** Its changes are being written: what the projection has of it may be old. */
  writing: boolean;
  /** Asked for since the last look for pages to let go. */
  used: boolean;
}

/** Pages of roll-up rows in memory; those without unwritten changes are let go when there are too many. */
export class PageCache {
  readonly #level: PageLevel;
  readonly #rowsPerPage: number;
  readonly #source: PageSource;
  readonly #bytesMax: number;
  readonly #pages = new Map<number, Page>();
  #bytes = 0;
  /** Where it is next worth a look which pages can go: those with changes cannot. */
  #letGoAt: number;
  #dirtyPages = 0;

  constructor(level: PageLevel, rowsPerPage: number, source: PageSource, bytesMax: number) {
    this.#level = level;
    this.#rowsPerPage = rowsPerPage;
    this.#source = source;
    this.#bytesMax = bytesMax;
    this.#letGoAt = bytesMax;
  }

  get dirtyPages(): number {
    return this.#dirtyPages;
  }

  /** A row to be read; undefined where no contact is in it. */
  row(number: number, index: number): GrowingRow | undefined {
    return this.#page(number).rows[index];
  }

  /** A row to be changed. */
  rowForChange(number: number, index: number): GrowingRow {
    const page = this.#page(number);
    if (!page.dirty) {
      page.dirty = true;
      this.#dirtyPages += 1;
    }
    return rowOf(page.rows, index);
  }

  /** The changed pages as they are now. They stay in memory until `written` is called. */
  takeChanges(): RollupEntry[] {
    const entries: RollupEntry[] = [];
    for (const [number, page] of this.#pages) {
      if (!page.dirty) continue;
      entries.push({ key: pageKey(this.#level, number), value: encodePage(page.rows) });
      const bytes = bytesOf(page.rows);
      this.#bytes += bytes - page.bytes;
      page.bytes = bytes;
      page.dirty = false;
      page.writing = true;
    }
    this.#dirtyPages = 0;
    return entries;
  }

  written(succeeded: boolean): void {
    for (const page of this.#pages.values()) {
      if (!page.writing) continue;
      page.writing = false;
      if (!succeeded && !page.dirty) {
        page.dirty = true;
        this.#dirtyPages += 1;
      }
    }
    this.#letGo();
  }

  #page(number: number): Page {
    const known = this.#pages.get(number);
    if (known !== undefined) {
      known.used = true;
      return known;
    }
    const stored = this.#source(pageKey(this.#level, number));
    const rows: Page['rows'] = new Array(this.#rowsPerPage).fill(undefined);
    if (stored !== undefined) decodePage(stored, this.#rowsPerPage, (index) => rowOf(rows, index));
    const bytes = bytesOf(rows);
    const page = { rows, bytes, dirty: false, writing: false, used: true };
    this.#bytes += bytes;
    if (this.#bytes > this.#letGoAt) this.#letGo();
    this.#pages.set(number, page);
    return page;
  }

  /** Second chance: a page that was used since the last look stays once more. */
  #letGo(): void {
    for (let round = 0; round < 2; round += 1) {
      for (const [number, page] of this.#pages) {
        if (this.#bytes <= this.#bytesMax * 0.9) break;
        if (page.dirty || page.writing) continue;
        if (page.used) page.used = false;
        else {
          this.#pages.delete(number);
          this.#bytes -= page.bytes;
        }
      }
    }
    this.#letGoAt = Math.max(this.#bytesMax, this.#bytes * 1.1);
  }
}

function rowOf(rows: Page['rows'], index: number): GrowingRow {
  let row = rows[index];
  if (row === undefined) {
    row = new GrowingRow();
    rows[index] = row;
  }
  return row;
}

function bytesOf(rows: Page['rows']): number {
  let bytes = PAGE_BYTES + rows.length * SLOT_BYTES;
  for (const row of rows) if (row !== undefined) bytes += row.bytes;
  return bytes;
}
