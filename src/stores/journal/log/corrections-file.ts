import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, TallyboardError } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import { readSealed, writeSealed } from '../sealed-file.js';
import { type Corrected, Corrections } from './corrections.js';

const KIND = 'corrections';

function pathOf(directory: string): string {
  return join(directory, 'corrections');
}

/**
 * Says in the log how much of a journal is corrected, and leaves the corrections in a file for those who read
 * it without its lock, and so without its projection.
 */
export async function tellCorrections(
  directory: string,
  salt: number,
  corrections: Corrections,
  log: Log,
): Promise<void> {
  const { isEmpty, replays, leftOut } = corrections;
  if (!isEmpty) {
    log.warn(
      { replays, leftOut },
      'the journal has second first events of contacts: they count as replays, or, with another symbol or an event id that was logged before, not at all',
    );
  }
  try {
    const path = pathOf(directory);
    const isInTheWay = (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
    if (isEmpty || isInTheWay) await rm(path, { recursive: true, force: true });
    if (isEmpty) return;
    await writeSealed(path, KIND, { journal: salt, corrections: [...corrections] });
  } catch (error) {
    log.warn(
      { reason: describe(error) },
      'the corrections could not be written to a file: an export beside the server does not know of them',
    );
  }
}

/**
 * Reads what `tellCorrections` left about a journal; nothing where it left nothing, or the file is of another
 * journal. Rejects with `STORE_DAMAGED` where there is a file that is not whole.
 */
export async function readCorrections(directory: string, salt: number): Promise<Corrections> {
  const corrections = new Corrections();
  const path = pathOf(directory);
  const sealed = await readSealed(path, KIND);
  if (sealed === null) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${path} is damaged, so what of the journal counts as a replay is not known: run 'tallyboard verify', or start a server there, which makes the file again`,
    );
  }
  const read = sealed as { journal: number; corrections: Corrected[] } | undefined;
  for (const corrected of read?.journal === salt ? read.corrections : []) corrections.add(...corrected);
  return corrections;
}
