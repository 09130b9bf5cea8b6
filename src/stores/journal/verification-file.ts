import { readFile, rm } from 'node:fs/promises';
import type { Verification } from '../../contract/data-interface.js';
import { parseVerification, printVerification } from '../../contract/verification-text.js';
import { replaceFile } from './files.js';

/** Reads the last verification; null where there was none, or the file is not what `writeVerification` wrote. */
export async function readVerification(path: string): Promise<Verification | null> {
  try {
    return parseVerification(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes a verification in the place of the last one: whole, or not at all. */
export async function writeVerification(path: string, verification: Verification): Promise<void> {
  await replaceFile(path, `${printVerification(verification)}\n`);
}

/** Forgets the last verification: what it was about is no longer there. */
export async function removeVerification(path: string): Promise<void> {
  await rm(path, { force: true });
}
