import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { keyBytesAt, ROW_HEADER_BYTES, type RunInfo, rowEnd, rowKey } from './format.js';
import { KeyHash } from './key-filter.js';
import { Run } from './run.js';
import { RunWriter } from './run-writer.js';

/** Of each run that is merged so much is in memory. */
const READ_BYTES = 1 << 17;
/** Rows that are merged between two rests, which takes half a millisecond: whoever wants the core has it soon. */
const ROWS_A_TURN = 512;
const REST_MILLISECONDS = 1;
/** So many bytes of a key are compared as one number, which a double holds. */
const PREFIX_BYTES = 6;

export interface Input {
  readonly path: string;
  readonly info: RunInfo;
}

export interface Merge {
  /** The oldest first. */
  readonly inputs: readonly Input[];
  readonly path: string;
  readonly number: number;
  readonly salt: number;
}

/** What is asked while a merge goes on. */
export interface MergePace {
  /** Whether others wait for it: then it takes no rest. */
  isUrgent(): boolean;
  readonly signal?: AbortSignal;
}

/** Makes one run of several: of each key it has the row of the newest. Rejects where the signal is aborted before. */
export async function mergeRuns(
  { inputs, path, number, salt }: Merge,
  { isUrgent, signal }: MergePace = { isUrgent: () => true },
): Promise<RunInfo> {
  const cursors: Cursor[] = [];
  let writer: RunWriter | undefined;
  try {
    // The newest first, so that of equal keys the first that is found is the one to keep.
    for (const input of inputs.toReversed()) {
      const cursor = new Cursor(await Run.open(input.path, input.info, -1));
      cursors.push(cursor);
      await cursor.fill();
    }
    const rowsMax = inputs.reduce((sum, { info }) => sum + info.rows, 0);
    writer = await RunWriter.create({ path, number, rowsMax, hash: new KeyHash(salt) });
    for (let rows = 1; ; rows += 1) {
      const least = leastOf(cursors);
      if (least === undefined) break;
      writer.putRow(least.block, least.at);
      for (const cursor of cursors) {
        if (cursor === least || cursor.done || compare(cursor, least) !== 0) continue;
        if (!cursor.step()) await cursor.fill();
      }
      if (!least.step()) await least.fill();
      if (writer.isDue) await writer.drain();
      if (rows % ROWS_A_TURN !== 0) continue;
      await (isUrgent() ? nextTurn() : pause(REST_MILLISECONDS));
      signal?.throwIfAborted();
    }
    return await writer.finish();
  } catch (error) {
    await writer?.abandon();
    throw error;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** Goes through the rows of a run in the order of their keys. */
class Cursor {
  readonly #run: Run;
  #blocks: Buffer[] = [];
  /** The number of the next block that is not in memory. */
  #next = 0;
  block: Buffer = Buffer.alloc(0);
  at = 0;
  /** The first bytes of the key, as a number. */
  prefix = 0;
  done = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Moves to the next row; false where that is not in memory: `fill` finds it. */
  step(): boolean {
    this.at = rowEnd(this.block, this.at);
    if (this.at >= this.block.length && this.#blocks.length === 0) return false;
    this.#settle();
    return true;
  }

  /** Reads the next blocks; sets `done` where there are none. */
  async fill(): Promise<void> {
    if (this.#next >= this.#run.index.count) {
      this.done = true;
      return;
    }
    this.#blocks = (await this.#run.blocks(this.#next, READ_BYTES)).reverse();
    this.#next += this.#blocks.length;
    this.#settle();
  }

  #settle(): void {
    if (this.at >= this.block.length) {
      this.block = this.#blocks.pop()!;
      this.at = 0;
    }
    const keyAt = this.at + ROW_HEADER_BYTES;
    const length = Math.min(keyBytesAt(this.block, this.at), PREFIX_BYTES);
    this.prefix = this.block.readUIntBE(keyAt, length) * 256 ** (PREFIX_BYTES - length);
  }

  async close(): Promise<void> {
    await this.#run.release();
  }
}

function leastOf(cursors: readonly Cursor[]): Cursor | undefined {
  let least: Cursor | undefined;
  for (const cursor of cursors) {
    if (!cursor.done && (least === undefined || compare(cursor, least) < 0)) least = cursor;
  }
  return least;
}

function compare(first: Cursor, second: Cursor): number {
  if (first.prefix !== second.prefix) return first.prefix - second.prefix;
  return rowKey(first.block, first.at).compare(rowKey(second.block, second.at));
}
