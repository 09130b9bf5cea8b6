import { join } from 'node:path';
import type { HistoryPoint } from '../log/history.js';
import { readSealed, writeSealed } from '../sealed-file.js';
import type { RunInfo } from './format.js';

/** Where in which journal the projection stands, and the counts that nothing else holds. */
export interface Checkpoint {
  /** The salt of the journal that it follows from. */
  readonly journal: number;
  readonly position: HistoryPoint;
  readonly unmatched: number;
}

/** What the projection is: the runs that it is made of. */
export interface Manifest extends Checkpoint {
  /** The newest first. */
  readonly runs: readonly RunInfo[];
  /** No run had this number yet. */
  readonly nextNumber: number;
}

const KIND = 'projection';
const FORMAT = 2;
export const MANIFEST_NAME = 'manifest';

export function runName(number: number): string {
  return `${String(number).padStart(8, '0')}.run`;
}

/** Reads the manifest of a projection; undefined where it is missing, damaged, or of another format. */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const sealed = await readSealed(join(directory, MANIFEST_NAME), KIND);
  const manifest = sealed as (Manifest & { readonly format: number }) | null | undefined;
  return manifest?.format === FORMAT ? manifest : undefined;
}

export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeSealed(join(directory, MANIFEST_NAME), KIND, { format: FORMAT, ...manifest });
}
