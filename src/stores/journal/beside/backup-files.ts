import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { TallyboardError } from '../../../contract/errors.js';
import { SteadyFile } from '../../../contract/steady-file.js';
import { readFully } from '../files.js';
import type { HistoryPoint } from '../log/history.js';
import { readSealed, writeSealed } from '../sealed-file.js';

/** A file of a backup: so many bytes of a segment, from its beginning on. */
export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a backup has. Its files may have grown behind that, where a later one was interrupted. */
export interface BackupList {
  /** The place in the journal's history up to which it has all; null before the first one is through. */
  readonly end: HistoryPoint | null;
  readonly files: readonly BackupFile[];
}

const KIND = 'backup';
const FORMAT = 1;
const CHUNK_BYTES = 1 << 20;
export const LIST_NAME = 'backup.json';

/** Rejects where one directory lies in the other: what becomes of one would become of both. */
export function requireApart(from: string, to: string, flag: string): void {
  if (!isWithin(from, to) && !isWithin(to, from)) return;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `a store and its backup are in directories apart, and one of ${from} and ${to} lies in the other: name another directory with ${flag}`,
  );
}

function isWithin(outer: string, inner: string): boolean {
  const path = relative(resolve(outer), resolve(inner));
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/** What `writeList` wrote in a directory; undefined where it wrote nothing. Rejects where it cannot be read. */
export async function readList(directory: string): Promise<BackupList | undefined> {
  const path = join(directory, LIST_NAME);
  const list = (await readSealed(path, KIND)) as (BackupList & { format: number }) | null | undefined;
  if (list === undefined || list?.format === FORMAT) return list;
  throw new TallyboardError(
    list === null ? 'STORE_DAMAGED' : 'STORE_FORMAT',
    `${path} is ${list === null ? 'damaged' : 'of another release'}: make a new backup in another directory; its journal can still be restored by hand, as docs/operations.md says`,
  );
}

export async function writeList(directory: string, list: BackupList): Promise<void> {
  await writeSealed(join(directory, LIST_NAME), KIND, { format: FORMAT, ...list });
}

/**
 * Copies the first bytes of a file, durably and whole or not at all, and answers with their SHA-256. The name is
 * durable once the directory is synced.
 */
export async function copyStart(from: string, to: string, bytes: number): Promise<string> {
  const draft = `${to}.new`;
  const target = await open(draft, 'w');
  let sha256: string;
  try {
    const file = new SteadyFile(target);
    sha256 = await digestStart(from, bytes, (chunk) => file.write(chunk));
    await target.sync();
  } finally {
    await target.close();
  }
  await rename(draft, to);
  return sha256;
}

/** The SHA-256 of the first bytes of a file, each chunk of which may be taken. Rejects where it has fewer. */
export async function digestStart(
  path: string,
  bytes: number,
  take?: (chunk: Buffer) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(bytes, CHUNK_BYTES));
  const source = await open(path, 'r');
  try {
    for (let at = 0; at < bytes; ) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, bytes - at));
      if ((await readFully(source, wanted, at)) < wanted.length) {
        throw new TallyboardError('STORE_DAMAGED', `${path} is cut short: it must have ${bytes} bytes`);
      }
      hash.update(wanted);
      await take?.(wanted);
      at += wanted.length;
    }
  } finally {
    await source.close();
  }
  return hash.digest('hex');
}
