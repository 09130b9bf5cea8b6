import type { KeyHash } from './key-filter.js';
import type { Row, Run } from './run.js';

/** The runs that are there at a time, and their answers. Never changed, but replaced by what comes next. */
export class RunSet {
  /** The newest first: of a key that several have, its row is the one that holds. */
  readonly runs: readonly Run[];
  readonly #hash: KeyHash;

  constructor(runs: readonly Run[], hash: KeyHash) {
    this.runs = runs;
    this.#hash = hash;
  }

  with(runs: readonly Run[]): RunSet {
    return new RunSet(runs, this.#hash);
  }

  /** What the filters of the runs take in memory. */
  get filterBytes(): number {
    return this.runs.reduce((sum, { filter }) => sum + (filter?.byteLength ?? 0), 0);
  }

  /** False where the key of a hash certainly has no row. */
  mayHave(hashes: Uint32Array, place: number): boolean {
    const first = hashes[place]!;
    const second = hashes[place + 1]!;
    for (const run of this.runs) if (run.mayHave(first, second)) return true;
    return false;
  }

  /** Reads one value at once. */
  get(key: Buffer): Buffer | undefined {
    const [first, second] = this.#hashOf(key);
    for (const run of this.runs) {
      const value = run.mayHave(first, second) ? run.findSync(key) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#held(() => Promise.all(keys.map((key) => this.#find(key))));
  }

  /** All keys that begin with a byte, and their values. */
  async entries(prefix: number): Promise<Iterable<Row>> {
    const entries = new Map<string, Row>();
    for await (const rows of this.rowsWith(prefix)) {
      for (const [key, value] of rows) {
        const name = key.toString('latin1');
        // A copy, for the bytes around it would be kept as well.
        if (!entries.has(name)) entries.set(name, [Buffer.from(key), Buffer.from(value)]);
      }
    }
    return entries.values();
  }

  /** The rows whose keys begin with a byte, some at a time, as each run has them: the first of a key is the one that holds. */
  async *rowsWith(prefix: number): AsyncGenerator<Row[]> {
    for (const run of this.runs) run.hold();
    try {
      for (const run of this.runs) yield* run.rowsWith(prefix);
    } finally {
      await this.release();
    }
  }

  async release(): Promise<void> {
    for (const run of this.runs) await run.release();
  }

  /** Keeps the files open meanwhile, for merges take runs away. */
  async #held<T>(read: () => Promise<T>): Promise<T> {
    for (const run of this.runs) run.hold();
    try {
      return await read();
    } finally {
      await this.release();
    }
  }

  async #find(key: Buffer): Promise<Buffer | undefined> {
    const [first, second] = this.#hashOf(key);
    for (const run of this.runs) {
      const value = run.mayHave(first, second) ? await run.find(key) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #hashOf(key: Buffer): [number, number] {
    const hashes = new Uint32Array(2);
    this.#hash.key(key, 0, key.length, hashes, 0);
    return [hashes[0]!, hashes[1]!];
  }
}
