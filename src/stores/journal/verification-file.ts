import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verification } from '../../contract/store-page.js';
import { parseVerification, printVerification } from '../../contract/verification-text.js';
import { frameBefore, type HistoryPoint } from './log/history.js';
import type { Segment } from './log/segments.js';
import { readSealed, writeSealed } from './sealed-file.js';

const KIND = 'verification';

/** Where the last verification is kept, below the directory of the store. */
export function verificationPath(directory: string): string {
  return join(directory, 'verification.json');
}

/** A verification as it is printed, and what was verified: the events before a place. */
interface Sealed {
  readonly history: HistoryPoint;
}

/** Reads the last verification; null where there was none, or the file is not what `writeVerification` wrote. */
export async function readVerification(path: string): Promise<Verification | null> {
  return parseVerification(JSON.stringify((await readSealed(path, KIND)) ?? null));
}

/** Writes a verification in the place of the last one: whole, or not at all. */
export async function writeVerification(
  path: string,
  verification: Verification,
  history: HistoryPoint,
): Promise<void> {
  const value = { ...JSON.parse(printVerification(verification)), history };
  await writeSealed(path, KIND, value).catch((error: NodeJS.ErrnoException) => {
    // One that ended at the same moment has put the draft of both in its place: what it has is as good.
    if (error.code !== 'ENOENT' || error.syscall !== 'rename') throw error;
  });
}

/** Forgets a verification that is damaged, or of what is not in this journal any more. */
export async function removeForeignVerification(path: string, segments: readonly Segment[]): Promise<void> {
  const sealed = (await readSealed(path, KIND)) as Sealed | null | undefined;
  const isOwn =
    sealed != null &&
    (sealed.history.frame === null || (await frameBefore(segments, sealed.history)) !== undefined);
  if (!isOwn) await rm(path, { recursive: true, force: true });
}
