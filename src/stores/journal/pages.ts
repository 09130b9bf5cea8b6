import { ROW_LENGTH } from '../../domain/tally-row.js';
import { decodePage, encodePage, type PageLevel, pageKey } from './page-format.js';
import type { RollupEntry } from './rollups.js';

/** Reads a page's bytes from the projection, at once; undefined where there is none. */
export type PageSource = (key: Buffer) => Buffer | undefined;

const ROW_BYTES = ROW_LENGTH * Uint32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 256;

interface Page {
  readonly rows: (Uint32Array | undefined)[];
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
  row(number: number, index: number): Uint32Array | undefined {
    return this.#page(number).rows[index];
  }

  /** A row to be changed. */
  rowForChange(number: number, index: number): Uint32Array {
    const page = this.#page(number);
    if (!page.dirty) {
      page.dirty = true;
      this.#dirtyPages += 1;
    }
    let row = page.rows[index];
    if (row === undefined) {
      row = new Uint32Array(ROW_LENGTH);
      page.rows[index] = row;
      page.bytes += ROW_BYTES;
      this.#bytes += ROW_BYTES;
    }
    return row;
  }

  /** The changed pages as they are now. They stay in memory until `written` is called. */
  takeChanges(): RollupEntry[] {
    const entries: RollupEntry[] = [];
    for (const [number, page] of this.#pages) {
      if (!page.dirty) continue;
      entries.push({ key: pageKey(this.#level, number), value: encodePage(page.rows) });
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
    const bytes = this.#source(pageKey(this.#level, number));
    const rows =
      bytes === undefined ? [] : decodePage(bytes, this.#rowsPerPage, (length) => new Uint32Array(length));
    const held = PAGE_BYTES + rows.filter((row) => row !== undefined).length * ROW_BYTES;
    const page = { rows, bytes: held, dirty: false, writing: false, used: true };
    this.#bytes += held;
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
