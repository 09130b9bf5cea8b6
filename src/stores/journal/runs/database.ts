import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import { makeDirectory } from '../files.js';
import type { Hold } from '../lock.js';
import { asFault, ProjectionFault } from '../projection/projection-fault.js';
import type { RunInfo } from './format.js';
import { KeyHash } from './key-filter.js';
import { type Checkpoint, MANIFEST_NAME, readManifest, runName, writeManifest } from './manifest.js';
import { Mergers } from './mergers.js';
import { type Row, Run } from './run.js';
import { RunSet } from './run-set.js';
import { RunWriter } from './run-writer.js';
import { dueRuns } from './tiers.js';

/** Replaced as a whole by what a new manifest says. */
interface State {
  readonly checkpoint: Checkpoint | undefined;
  readonly set: RunSet;
}

export interface DatabaseOptions {
  /** The filters of runs in memory; a run whose filter finds no room is looked into for each key. */
  readonly filterBytesMax: number;
}

export interface DatabaseContext {
  readonly log: Log;
  readonly hold: Hold;
  /** Told of damage that was found while runs were merged. */
  onFault(fault: ProjectionFault): void;
}

const MERGES_MAX = 2;
/** With more runs than these merges do not keep up. */
const RUNS_MANY = 24;
/** With so many runs a checkpoint waits until some are merged. */
const RUNS_MAX = 64;

/**
 * The keys and values of the projection, in sealed runs: each checkpoint is a run of its own, and runs are
 * merged behind. A manifest names them, and the history that they follow from.
 */
export class Database {
  readonly #path: string;
  readonly #hash: KeyHash;
  readonly #journal: number;
  readonly #options: DatabaseOptions;
  readonly #context: DatabaseContext;
  readonly #mergers = new Mergers();
  readonly #merging = new Map<Promise<void>, ReadonlySet<Run>>();
  #mergeFailure: unknown;
  #closing = false;
  #state: State;
  #nextNumber = 1;
  /** One manifest is written at a time. */
  #lastCommit: Promise<void> = Promise.resolve();

  private constructor(path: string, journal: number, options: DatabaseOptions, context: DatabaseContext) {
    this.#path = path;
    this.#journal = journal;
    this.#hash = new KeyHash(journal);
    this.#state = { checkpoint: undefined, set: new RunSet([], this.#hash) };
    this.#options = options;
    this.#context = context;
  }

  /**
   * Opens the runs of a journal. Throws a `ProjectionFault` where anything of them is damaged, or is that of
   * another journal or format: they are to be made again in an empty directory.
   */
  static async open(
    path: string,
    journal: number,
    options: DatabaseOptions,
    context: DatabaseContext,
  ): Promise<Database> {
    const database = new Database(path, journal, options, context);
    try {
      await makeDirectory(path);
      const names = await readdir(path);
      if (names.length > 0) await database.#open(names);
      return database;
    } catch (error) {
      await database.close();
      throw database.#asFault(error);
    }
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#state.checkpoint;
  }

  /** False where the contact of a hash is certainly not in it. */
  mayHave(hashes: Uint32Array, place: number): boolean {
    return this.#state.set.mayHave(hashes, place);
  }

  /** Reads one value at once. */
  get(key: Buffer): Buffer | undefined {
    try {
      return this.#state.set.get(key);
    } catch (error) {
      throw this.#asFault(error);
    }
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#state.set.getMany(keys).catch((error) => Promise.reject(this.#asFault(error)));
  }

  /** All keys that begin with a byte, and their values. */
  entries(prefix: number): Promise<Iterable<Row>> {
    return this.#state.set.entries(prefix).catch((error) => Promise.reject(this.#asFault(error)));
  }

  /** The same some at a time, in no order: the first of a key is the one that holds. */
  async *rowsWith(prefix: number): AsyncGenerator<Row[]> {
    try {
      yield* this.#state.set.rowsWith(prefix);
    } catch (error) {
      throw this.#asFault(error);
    }
  }

  /**
   * Writes what `fill` puts, in the order of its keys and at most so many rows, and the checkpoint; all of it
   * or nothing. Waits until it is durable.
   */
  async write(
    checkpoint: Checkpoint,
    rowsMax: number,
    fill: (writer: RunWriter) => Promise<void>,
  ): Promise<void> {
    if (rowsMax === 0) {
      if (checkpoint.position.sequence === this.#state.checkpoint?.position.sequence) return;
      await this.#commit(({ set }) => ({ checkpoint, set }));
      return;
    }
    await this.#roomForRun();
    const number = this.#takeNumber();
    const writer = await RunWriter.create({ path: this.#pathOf(number), number, rowsMax, hash: this.#hash });
    let run: Run | undefined;
    try {
      await fill(writer);
      const written = await this.#openRun(await writer.finish());
      run = written;
      await this.#commit(({ set }) => ({ checkpoint, set: set.with([written, ...set.runs]) }));
    } catch (error) {
      await run?.release();
      await writer.abandon();
      throw error;
    }
    this.#mergeIfDue();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#mergers.close();
    await Promise.all(this.#merging.keys());
    await this.#lastCommit;
    await this.#state.set.release();
    this.#state = { checkpoint: undefined, set: this.#state.set.with([]) };
  }

  async #open(names: readonly string[]): Promise<void> {
    const manifest = await readManifest(this.#path);
    if (manifest === undefined)
      throw new ProjectionFault('its manifest is missing, damaged, or of another format');
    const { journal, position, unmatched, nextNumber } = manifest;
    if (journal !== this.#journal) throw new ProjectionFault('it follows from another journal');
    this.#nextNumber = nextNumber;
    for (const info of manifest.runs) {
      const run = await this.#openRun(info);
      const { set } = this.#state;
      this.#state = {
        checkpoint: { journal, position, unmatched },
        set: set.with([...set.runs, run]),
      };
    }
    const kept = new Set([MANIFEST_NAME, ...manifest.runs.map(({ number }) => runName(number))]);
    for (const name of names) {
      if (!kept.has(name)) await rm(join(this.#path, name), { recursive: true, force: true });
    }
  }

  #openRun(info: RunInfo): Promise<Run> {
    const { filterBytesMax } = this.#options;
    return Run.open(this.#pathOf(info.number), info, filterBytesMax - this.#state.set.filterBytes);
  }

  #commit(change: (state: State) => State): Promise<void> {
    const commit = async () => {
      const state = change(this.#state);
      this.#context.hold.assertHeld();
      await writeManifest(this.#path, {
        ...state.checkpoint!,
        runs: state.set.runs.map(({ info }) => info),
        nextNumber: this.#nextNumber,
      });
      this.#state = state;
    };
    const committed = this.#lastCommit.then(commit);
    this.#lastCommit = committed.catch(() => {});
    return committed;
  }

  async #roomForRun(): Promise<void> {
    while (this.#state.set.runs.length >= RUNS_MAX) {
      this.#mergeIfDue();
      if (this.#merging.size === 0) return;
      await Promise.race(this.#merging.keys());
      if (this.#mergeFailure !== undefined) throw this.#mergeFailure;
    }
  }

  #mergeIfDue(): void {
    this.#mergers.hurry(this.#state.set.runs.length > RUNS_MANY);
    if (this.#closing || this.#merging.size >= MERGES_MAX) return;
    const busy = [...this.#merging.values()];
    const inputs = dueRuns(this.#state.set.runs, (run) => busy.some((runs) => runs.has(run)));
    if (inputs.length === 0) return;
    const merging: Promise<void> = this.#merge(inputs).then(
      () => {
        this.#merging.delete(merging);
        this.#mergeFailure = undefined;
        this.#mergeIfDue();
      },
      (error: unknown) => {
        this.#merging.delete(merging);
        this.#mergeFailed(error);
      },
    );
    this.#merging.set(merging, new Set(inputs));
  }

  async #merge(inputs: readonly Run[]): Promise<void> {
    const number = this.#takeNumber();
    const path = this.#pathOf(number);
    const info = await this.#mergers.merge({
      inputs: inputs.toReversed().map((run) => ({ path: this.#pathOf(run.info.number), info: run.info })),
      path,
      number,
      salt: this.#journal,
    });
    const merged = await this.#openRun(info);
    try {
      await this.#commit(({ checkpoint, set }) => {
        const at = set.runs.indexOf(inputs[0]!);
        return { checkpoint, set: set.with(set.runs.toSpliced(at, inputs.length, merged)) };
      });
    } catch (error) {
      await merged.release();
      await rm(path, { force: true });
      throw error;
    }
    for (const run of inputs) {
      await run.release();
      // What stays is removed at the next start.
      await rm(this.#pathOf(run.info.number), { force: true }).catch(() => {});
    }
  }

  #mergeFailed(error: unknown): void {
    if (this.#closing) return;
    const fault = this.#asFault(error);
    if (fault instanceof ProjectionFault) this.#context.onFault(fault);
    else if (this.#mergeFailure === undefined) {
      this.#context.log.warn(
        { reason: describe(error) },
        'runs of the projection could not be merged: it is tried again after the next checkpoint',
      );
    }
    this.#mergeFailure = fault;
  }

  #takeNumber(): number {
    this.#context.hold.assertHeld();
    this.#nextNumber += 1;
    return this.#nextNumber - 1;
  }

  #pathOf(number: number): string {
    return join(this.#path, runName(number));
  }

  #asFault(error: unknown): Error {
    return asFault(error, this.#path);
  }
}
