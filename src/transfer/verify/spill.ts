import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import { SteadyFile } from '../../contract/steady-file.js';

export interface SpillOptions {
  /** The length of a record in 32-bit words. The first word is the key. */
  readonly recordWords: number;
  /** How many records are held in memory; beyond them sorted runs go to a temporary file. Default 1,000,000. */
  readonly recordsMax?: number;
  /** The memory for reading all runs at the same time. Default 32 MiB. */
  readonly mergeBytesMax?: number;
  /** Where the temporary file is made. Default: the system's folder for such files. */
  readonly folder?: string;
}

interface Run {
  /** The place of its first and behind its last record in the file, counted in records. */
  next: number;
  readonly end: number;
  records: Uint32Array;
  index: number;
  loaded: number;
}

/**
 * Sorts fixed-length records by their first word, as many as the disk holds, in memory that does not grow
 * with their number. Records with the same key come out in the order in which they went in.
 */
export class Spill {
  readonly recordWords: number;
  readonly #recordsMax: number;
  readonly #mergeBytesMax: number;
  readonly #parent: string;
  readonly #runs: { readonly start: number; readonly end: number }[] = [];
  #records: Uint32Array;
  #count = 0;
  #spilled = 0;
  #folder: string | undefined;
  #file: SteadyFile | undefined;

  constructor(options: SpillOptions) {
    this.recordWords = options.recordWords;
    this.#recordsMax = options.recordsMax ?? 1_000_000;
    this.#mergeBytesMax = options.mergeBytesMax ?? 32 * 1024 * 1024;
    this.#parent = options.folder ?? tmpdir();
    this.#records = new Uint32Array(Math.min(this.#recordsMax, 1024) * this.recordWords);
  }

  /** How many records went in. */
  get size(): number {
    return this.#spilled + this.#count;
  }

  /** Whether memory was not enough. */
  get isSpilled(): boolean {
    return this.#runs.length > 0;
  }

  /** Takes a record of `recordWords` words. Where it answers with a promise, the next must wait for it. */
  add(record: Uint32Array): Promise<void> | undefined {
    const start = this.#count * this.recordWords;
    if (start === this.#records.length) this.#grow();
    this.#records.set(record, start);
    this.#count += 1;
    return this.#count >= this.#recordsMax ? this.#spillRun() : undefined;
  }

  /** All records by ascending key, some at a time. The array is used again for the next ones. */
  async *sorted(): AsyncGenerator<Uint32Array> {
    if (!this.isSpilled) {
      if (this.#count > 0) yield this.#sortHeld();
      return;
    }
    if (this.#count > 0) await this.#spillRun();
    this.#records = new Uint32Array(0);
    yield* this.#merge();
  }

  /** Removes the temporary file. Harmless when called twice. */
  async close(): Promise<void> {
    // Where the disk is full or broken, that it cannot be emptied in steps is not what is to be said.
    await this.#file?.empty().catch(() => {});
    await this.#file?.handle.close();
    this.#file = undefined;
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.min(this.#records.length * 2, this.#recordsMax * this.recordWords));
    larger.set(this.#records);
    this.#records = larger;
  }

  /** The records in memory in order. The engine's own sort of whole numbers needs no comparing function. */
  #sortHeld(): Uint32Array {
    const { recordWords } = this;
    const order = new BigUint64Array(this.#count);
    const halves = new Uint32Array(order.buffer);
    const [low, high] = IS_LITTLE_ENDIAN ? [0, 1] : [1, 0];
    for (let i = 0; i < this.#count; i += 1) {
      halves[2 * i + low!] = i;
      halves[2 * i + high!] = this.#records[i * recordWords]!;
    }
    order.sort();
    const sorted = new Uint32Array(this.#count * recordWords);
    for (let i = 0; i < this.#count; i += 1) {
      const from = halves[2 * i + low!]! * recordWords;
      const to = i * recordWords;
      for (let word = 0; word < recordWords; word += 1) sorted[to + word] = this.#records[from + word]!;
    }
    return sorted;
  }

  async #spillRun(): Promise<void> {
    try {
      await this.#writeRun();
    } catch (error) {
      throw new TallyboardError(
        'OUTPUT_LOST',
        `temporary files could not be written in '${this.#parent}': make room there, or name another folder with TMPDIR`,
        { cause: error },
      );
    }
  }

  async #writeRun(): Promise<void> {
    if (this.#file === undefined) {
      this.#folder = await mkdtemp(join(this.#parent, 'tallyboard-spill-'));
      this.#file = new SteadyFile(await open(join(this.#folder, 'runs'), 'wx+', 0o600));
      // While it is open it needs no name: so whatever ends the process leaves nothing behind. Windows wants one.
      await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
    }
    await this.#file.write(Buffer.from(this.#sortHeld().buffer));
    this.#runs.push({ start: this.#spilled, end: this.#spilled + this.#count });
    this.#spilled += this.#count;
    this.#count = 0;
  }

  async *#merge(): AsyncGenerator<Uint32Array> {
    const { recordWords } = this;
    const loadRecords = Math.max(
      16,
      Math.floor(this.#mergeBytesMax / (this.#runs.length + 1) / recordWords / 4),
    );
    const runs = this.#runs.map(
      ({ start, end }): Run => ({
        next: start,
        end,
        records: new Uint32Array(Math.min(loadRecords, end - start) * recordWords),
        index: 0,
        loaded: 0,
      }),
    );
    for (const run of runs) await this.#load(run);
    const heap = new RunHeap(runs, recordWords);
    const output = new Uint32Array(loadRecords * recordWords);
    let filled = 0;
    for (let run = heap.least(); run !== undefined; run = heap.least()) {
      const from = run.index * recordWords;
      for (let word = 0; word < recordWords; word += 1) output[filled + word] = run.records[from + word]!;
      filled += recordWords;
      run.index += 1;
      if (run.index === run.loaded) await this.#load(run);
      heap.advance();
      if (filled < output.length) continue;
      yield output;
      filled = 0;
    }
    if (filled > 0) yield output.subarray(0, filled);
  }

  async #load(run: Run): Promise<void> {
    const { recordWords } = this;
    const count = Math.min(run.records.length / recordWords, run.end - run.next);
    const bytes = Buffer.from(run.records.buffer, 0, count * recordWords * 4);
    const position = run.next * recordWords * 4;
    for (let read = 0; read < bytes.length; ) {
      const { bytesRead } = await this.#file!.handle.read(bytes, read, bytes.length - read, position + read);
      if (bytesRead === 0) throw new Error('a temporary file was cut off while it was in use');
      read += bytesRead;
    }
    run.next += count;
    run.index = 0;
    run.loaded = count;
  }
}

/** Which run has the least key next; of equal keys the earlier run, so the order of arrival is kept. */
class RunHeap {
  readonly #runs: readonly Run[];
  readonly #recordWords: number;
  readonly #heap: number[];

  constructor(runs: readonly Run[], recordWords: number) {
    this.#runs = runs;
    this.#recordWords = recordWords;
    this.#heap = runs.map((_, index) => index);
    for (let i = this.#heap.length >> 1; i >= 0; i -= 1) this.#sink(i);
  }

  least(): Run | undefined {
    return this.#heap.length === 0 ? undefined : this.#runs[this.#heap[0]!];
  }

  /** Puts the run at the top, which has moved on or is empty, where it belongs now. */
  advance(): void {
    if (this.least()!.loaded === 0) {
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    for (let parent = start; ; ) {
      const left = 2 * parent + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && this.#isBefore(heap[right]!, heap[left]!) ? right : left;
      if (!this.#isBefore(heap[child]!, heap[parent]!)) return;
      [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
      parent = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const keyA = this.#keyOf(a);
    const keyB = this.#keyOf(b);
    return keyA < keyB || (keyA === keyB && a < b);
  }

  #keyOf(index: number): number {
    const run = this.#runs[index]!;
    return run.records[run.index * this.#recordWords]!;
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
