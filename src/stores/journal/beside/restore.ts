import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TallyboardError } from '../../../contract/errors.js';
import type { BackupCounts, Log } from '../../../contract/store.js';
import { copyDocuments, DOCUMENTS_NAME } from '../documents-file.js';
import { makeDirectory, syncDirectory } from '../files.js';
import { DirectoryLock, isOfLock } from '../lock.js';
import { journalDirectory } from '../log/recovery.js';
import { type BackupList, copyStart, LIST_NAME, readList, requireApart } from './backup-files.js';

/** Where files are until all of them are there and right. */
const DRAFT = 'restoring';
/** What an interrupted restore leaves. */
const OWN_NAMES: readonly string[] = [DRAFT, DOCUMENTS_NAME, `${DOCUMENTS_NAME}.new`];

/**
 * Puts the journal of a backup into a directory in which there is nothing, under its lock. What is derived is made
 * by the first start. Interrupted at any moment it leaves no journal, and can be run again.
 */
export async function restoreJournal(backup: string, directory: string, log: Log): Promise<BackupCounts> {
  requireApart(backup, directory, '--store');
  if ((await namesIn(backup)) === undefined) {
    throw new TallyboardError('CONFIG_INVALID', `there is no ${backup}: check --from`);
  }
  const list = await readList(backup);
  if (list === undefined || list.end === null) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${backup} is no backup that is complete: there is no ${LIST_NAME}, or it lists nothing. A journal that was copied by hand is put in its place by hand, as docs/operations.md says`,
    );
  }
  await requireNothing(directory);
  await makeDirectory(directory);
  const lock = await DirectoryLock.take(directory, log);
  try {
    // Another may have begun a journal before it was locked.
    await requireNothing(directory);
    await copyAll(list, journalDirectory(backup), join(directory, DRAFT));
    await copyDocuments(backup, directory);
    await rename(join(directory, DRAFT), journalDirectory(directory));
    await syncDirectory(directory);
  } catch (error) {
    await rm(join(directory, DRAFT), { recursive: true, force: true }).catch(() => {});
    await lock.discard();
    await rmdir(directory).catch(() => {});
    throw error;
  }
  await lock.release();
  const bytes = list.files.reduce((sum, file) => sum + file.bytes, 0);
  const { length: files } = list.files;
  return { files, bytes, filesCopied: files, bytesCopied: bytes, events: list.end.sequence };
}

async function copyAll({ files }: BackupList, from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await makeDirectory(to);
  for (const { name, bytes, sha256 } of files) {
    if ((await copyStart(join(from, name), join(to, name), bytes)) === sha256) continue;
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${join(from, name)} is not what the backup wrote: its checksum is another. Nothing was restored: use another backup, or put the journal in its place by hand and start once with --salvage, as docs/operations.md says`,
    );
  }
  await syncDirectory(to);
}

async function requireNothing(directory: string): Promise<void> {
  const names = (await namesIn(directory)) ?? [];
  const found = names.filter((name) => !OWN_NAMES.includes(name) && !isOfLock(name));
  if (found.length === 0) return;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${directory} has ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}, and a backup is restored where there is nothing only: name a new directory with --store, or move this one away first. Nothing was changed`,
  );
}

/** What is in a directory; undefined where there is none. */
async function namesIn(directory: string): Promise<string[] | undefined> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR') throw error;
    throw new TallyboardError('CONFIG_INVALID', `${directory} is a file, or below one: name a directory`);
  }
}
