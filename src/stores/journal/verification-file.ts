import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Verification } from '../../contract/data-interface.js';
import { formatInstant, parseInstant } from '../../domain/time.js';
import { syncDirectory } from './files.js';

/** Reads the last verification; null where there was none, or the file is not what `writeVerification` wrote. */
export async function readVerification(path: string): Promise<Verification | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { at, events, contacts, differences } = JSON.parse(text) as Record<string, unknown>;
    const instant = parseInstant(String(at));
    const counts = [events, contacts, differences];
    if (instant === undefined || !counts.every(Number.isSafeInteger)) return null;
    return { at: instant, events, contacts, differences } as Verification;
  } catch {
    // Nobody writes half of it but a disk that is failing; what it said can be found out again.
    return null;
  }
}

/** Writes a verification in the place of the last one: whole, or not at all. */
export async function writeVerification(path: string, verification: Verification): Promise<void> {
  const partial = `${path}.new`;
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(
      `${JSON.stringify({ ...verification, at: formatInstant(verification.at) }, null, 2)}\n`,
    );
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
