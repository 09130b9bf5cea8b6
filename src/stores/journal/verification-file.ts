import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Verification } from '../../contract/data-interface.js';
import { parseVerification, printVerification } from '../../contract/verification-text.js';
import { syncDirectory } from './files.js';

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
  const partial = `${path}.new`;
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(`${printVerification(verification)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
  await syncDirectory(dirname(path));
}

/** Forgets the last verification: what it was about is no longer there. */
export async function removeVerification(path: string): Promise<void> {
  await rm(path, { force: true });
}
