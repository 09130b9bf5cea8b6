import { cp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dice } from '../../../../src/contract/conformance/dice.js';

export const REGIONS = ['head', 'middle', 'end'] as const;

export interface StoredFile {
  /** Below the directory of the store. */
  readonly path: string;
  readonly bytes: number;
}

/** A bit of a file. */
export interface Bit {
  readonly path: string;
  readonly offset: number;
  readonly bit: number;
  readonly region: (typeof REGIONS)[number];
}

/** What is the truth, or is kept of it; all else follows from it. */
const TRUTH = /^(journal|damaged)(\/|$)/;
const EDGE_BYTES = 256;

/** The files of a store, in order: those of the journal, or those beside it. */
export async function filesOf(directory: string, where: 'journal' | 'beside'): Promise<StoredFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((path) => TRUTH.test(path) === (where === 'journal'))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(join(directory, path))).size })));
}

/** Files of one kind differ in their numbers. */
export function kindOf(path: string): string {
  return path.replace(/\d+/g, 'N');
}

/**
 * Chooses a bit: half of the trials go through the kinds of file and their regions, so that each is hit;
 * the others hit each bit alike.
 */
export function chooseBit(files: readonly StoredFile[], trial: number, dice: Dice): Bit {
  const filled = files.filter(({ bytes }) => bytes > 0);
  const bit = dice.below(8);
  if (trial % 2 === 0) {
    const kinds = [...new Set(filled.map(({ path }) => kindOf(path)))];
    const turn = trial / 2;
    const file = dice.pick(filled.filter(({ path }) => kindOf(path) === kinds[turn % kinds.length]));
    const region = REGIONS[Math.floor(turn / kinds.length) % REGIONS.length]!;
    const edge = Math.min(EDGE_BYTES, Math.ceil(file.bytes / 3));
    const spans = {
      head: [0, edge],
      middle: [edge, file.bytes - edge],
      end: [file.bytes - edge, file.bytes],
    };
    const [from, to] = spans[region] as [number, number];
    return { path: file.path, offset: from + dice.below(Math.max(1, to - from)), bit, region };
  }
  let offset = dice.below(filled.reduce((sum, { bytes }) => sum + bytes, 0));
  const file = filled.find(({ bytes }) => {
    if (offset < bytes) return true;
    offset -= bytes;
    return false;
  })!;
  const edge = Math.min(EDGE_BYTES, Math.ceil(file.bytes / 3));
  const region = offset < edge ? 'head' : offset >= file.bytes - edge ? 'end' : 'middle';
  return { path: file.path, offset, bit, region };
}

/** The lowest bits of the digits at the heads of the files beside the journal: turned, they are digits still. */
export async function digitsOf(directory: string): Promise<Bit[]> {
  const digits: Bit[] = [];
  for (const { path } of await filesOf(directory, 'beside')) {
    const head = (await readFile(join(directory, path))).subarray(0, 2 * EDGE_BYTES).toString('latin1');
    for (const { index } of head.matchAll(/\d/g))
      digits.push({ path, offset: index, bit: 0, region: 'head' });
  }
  return digits;
}

/** Turns one bit, where the file is still there and has it. */
export async function flipBit(directory: string, { path, offset, bit }: Bit): Promise<void> {
  const handle = await open(join(directory, path), 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    const byte = Buffer.alloc(1);
    const { bytesRead } = await handle.read(byte, 0, 1, offset);
    byte[0]! ^= 1 << bit;
    if (bytesRead === 1) await handle.write(byte, 0, 1, offset);
  } finally {
    await handle.close();
  }
}

/** Copies a directory to a place where nothing is. */
export async function copyDirectory(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}
