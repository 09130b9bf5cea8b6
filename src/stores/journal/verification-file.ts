import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verification } from '../../contract/data-interface.js';
import { frameBefore, type HistoryPoint } from './history.js';
import { readSealed, writeSealed } from './sealed-file.js';
import type { Segment } from './segments.js';

/** Where the last verification is kept, below the directory of the store. */
export function verificationPath(directory: string): string {
  return join(directory, 'verification.json');
}

interface Sealed {
  readonly verification: Verification;
  /** What was verified: the events before it. */
  readonly history: HistoryPoint;
}

/** Reads the last verification; null where there was none, or the file is not what `writeVerification` wrote. */
export async function readVerification(path: string): Promise<Verification | null> {
  const sealed = (await readSealed(path)) as Sealed | undefined;
  return sealed?.verification ?? null;
}

/** Writes a verification in the place of the last one: whole, or not at all. */
export async function writeVerification(
  path: string,
  verification: Verification,
  history: HistoryPoint,
): Promise<void> {
  const sealed: Sealed = { verification, history };
  await writeSealed(path, sealed);
}

/** Forgets a verification of what is not in this journal: it was restored from a backup, or salvaged. */
export async function removeForeignVerification(path: string, segments: readonly Segment[]): Promise<void> {
  const sealed = (await readSealed(path)) as Sealed | undefined;
  const isOwn =
    sealed !== undefined &&
    (sealed.history.frame === null || (await frameBefore(segments, sealed.history)) !== undefined);
  if (!isOwn) await rm(path, { force: true });
}
