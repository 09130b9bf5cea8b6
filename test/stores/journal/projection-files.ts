import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rowEnd, rowKey, rowValue } from '../../../src/stores/journal/runs/format.js';
import { KeyHash } from '../../../src/stores/journal/runs/key-filter.js';
import { readManifest, runName, writeManifest } from '../../../src/stores/journal/runs/manifest.js';
import { Run } from '../../../src/stores/journal/runs/run.js';
import { RunWriter } from '../../../src/stores/journal/runs/run-writer.js';

/** The rows of a projection, to be changed. */
export class Rows {
  readonly #values = new Map<string, Buffer>();

  static async of(runs: readonly Run[]): Promise<Rows> {
    const rows = new Rows();
    for (const run of runs) {
      const blocks = await run.blocks(0, Number.POSITIVE_INFINITY);
      for (const block of blocks) {
        for (let at = 0; at < block.length; at = rowEnd(block, at)) {
          rows.#values.set(rowKey(block, at).toString('hex'), Buffer.from(rowValue(block, at)));
        }
      }
    }
    return rows;
  }

  get(key: Buffer): Buffer {
    return this.#values.get(key.toString('hex'))!;
  }

  add(key: Buffer, value: Buffer): void {
    this.#values.set(key.toString('hex'), value);
  }

  delete(key: Buffer): void {
    this.#values.delete(key.toString('hex'));
  }

  /** Cuts the last byte off the first value whose key begins with a byte. */
  cut(prefix: number): void {
    const [key, value] = [...this].find(([{ 0: first }]) => first === prefix)!;
    this.#values.set(key.toString('hex'), value.subarray(0, -1));
  }

  *[Symbol.iterator](): Generator<[Buffer, Buffer]> {
    for (const key of [...this.#values.keys()].sort()) {
      yield [Buffer.from(key, 'hex'), this.#values.get(key)!];
    }
  }
}

/** The runs of a closed store, the oldest first. */
export async function runFiles(directory: string): Promise<string[]> {
  const projection = join(directory, 'projection');
  const names = (await readdir(projection)).filter((name) => name.endsWith('.run'));
  return names.sort().map((name) => join(projection, name));
}

/** Changes rows of the projection of a closed store, with all checksums as they should be then. */
export async function changeProjection(directory: string, change: (rows: Rows) => unknown): Promise<void> {
  const projection = join(directory, 'projection');
  const manifest = (await readManifest(projection))!;
  const pathOf = (number: number) => join(projection, runName(number));
  const runs = [];
  for (const info of manifest.runs.toReversed()) runs.push(await Run.open(pathOf(info.number), info, 0));
  const rows = await Rows.of(runs);
  for (const run of runs) await run.release();
  change(rows);
  const { nextNumber: number } = manifest;
  const hash = new KeyHash(manifest.journal);
  const writer = await RunWriter.create({ path: pathOf(number), number, rowsMax: [...rows].length, hash });
  for (const [key, value] of rows) writer.put(key, value);
  await writeManifest(projection, { ...manifest, runs: [await writer.finish()], nextNumber: number + 1 });
  for (const { number: old } of manifest.runs) await rm(pathOf(old));
}
