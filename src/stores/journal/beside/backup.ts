import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TallyboardError } from '../../../contract/errors.js';
import type { Backup, BackupCounts } from '../../../contract/store.js';
import { copyDocuments, DOCUMENTS_NAME } from '../documents-file.js';
import { makeDirectory, syncDirectory } from '../files.js';
import { encodeSegmentHeader, HEADER_BYTES } from '../log/format.js';
import { frameBefore, type HistoryPoint, pointAfter } from '../log/history.js';
import { journalDirectory } from '../log/recovery.js';
import { listSegments, readSegmentHeader, type Segment, scanJournal, segmentPaths } from '../log/segments.js';
import type { JournalOptions } from '../options.js';
import {
  type BackupFile,
  type BackupList,
  copyStart,
  digestStart,
  LIST_NAME,
  readList,
  requireApart,
  writeList,
} from './backup-files.js';
import { requireJournal } from './reader.js';
import { JournalView } from './view.js';

/** What a backup's directory has; `.new` is there while one is written. */
const OWN_NAMES: ReadonlySet<string> = new Set(
  ['journal', LIST_NAME, DOCUMENTS_NAME].flatMap((name) => [name, `${name}.new`]),
);

/** How many bytes of a segment are the journal's: what stands behind them is void, or zeros. */
interface Part {
  readonly segment: Segment;
  readonly name: string;
  readonly bytes: number;
}

/** Makes a backup of a journal in a directory, or brings the one that is there up to date. */
export async function backUpJournal(
  source: string,
  directory: string,
  options: JournalOptions,
): Promise<Backup> {
  requireApart(source, directory, '--to');
  const view = new JournalView(source, options);
  // Before anything is copied, so that the copy has all that it answers. A projection that is not in order is no
  // reason to have no backup.
  const [opened] = await Promise.allSettled([view.open()]);
  try {
    const counts = await copySegments(source, directory);
    return {
      ...counts,
      async openView() {
        if (opened.status === 'rejected') throw opened.reason;
        try {
          await view.readFrom(directory);
        } catch (error) {
          await view.close();
          throw error;
        }
        return view;
      },
    };
  } catch (error) {
    await view.close();
    throw error;
  }
}

/**
 * Copies segments while a server may write: all whole frames that are there
 * when it looks. Segments that are complete never change, so those that the backup has are only compared with their
 * checksums. Interrupted at any moment, the backup is what it was before, and can be run again.
 */
async function copySegments(source: string, directory: string): Promise<BackupCounts> {
  await requireJournal(source);
  const { parts, end } = await survey(journalDirectory(source));
  const before = await requirePlace(source, directory, parts);
  const target = journalDirectory(directory);
  await makeDirectory(target);
  const files: BackupFile[] = [];
  const counts = { filesCopied: 0, bytesCopied: 0 };
  for (const { segment, name, bytes } of parts) {
    const path = join(target, name);
    const had = before.files.find((file) => file.name === name && file.bytes === bytes);
    if (had !== undefined && (await digestStart(path, bytes).catch(() => undefined)) === had.sha256) {
      files.push(had);
      continue;
    }
    const sha256 = await copyStart(segment.path, path, bytes);
    if ((await digestStart(path, bytes)) !== sha256) {
      throw new TallyboardError(
        'STORE_DAMAGED',
        `${path} does not read as it was written: check the disk of ${directory}, and run the backup again`,
      );
    }
    files.push({ name, bytes, sha256 });
    counts.filesCopied += 1;
    counts.bytesCopied += bytes;
  }
  await syncDirectory(target);
  await writeList(directory, { end, files });
  // Last: where they are damaged, that is told, and the events are safe.
  await copyDocuments(source, directory);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { files: files.length, bytes, ...counts, events: end.sequence };
}

/** What there is to copy, and the place in the history where that ends. */
async function survey(journal: string): Promise<{ parts: Part[]; end: HistoryPoint }> {
  for (;;) {
    const segments = await listSegments(journal);
    const last = segments.at(-1);
    if (last === undefined) {
      throw new TallyboardError('STORE_UNAVAILABLE', `${journal} is empty: there is nothing to back up`);
    }
    const end = await endOf(segments, last);
    // A segment that was begun meanwhile says where this one ends, whatever was read behind that.
    if ((await listSegments(journal)).at(-1)!.path !== last.path) continue;
    const parts: Part[] = [];
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1]?.header.previousEnd ?? end.offset;
      const bytes = segment.header.salvaged && segment !== last ? (await stat(segment.path)).size : next;
      parts.push({ segment, name: basename(segment.path), bytes });
    }
    return { parts, end };
  }
}

async function endOf(segments: readonly Segment[], last: Segment): Promise<HistoryPoint> {
  const { firstSequence: sequence } = last.header;
  let end: HistoryPoint = {
    ...{ sequence, segment: sequence, offset: HEADER_BYTES },
    ...{ lineage: last.lineage, frame: null, chain: 0 },
  };
  const start = { sequence, segment: sequence, offset: HEADER_BYTES };
  for await (const { segment, frames } of scanJournal(segments, start)) {
    for (const frame of frames) end = pointAfter(segment, frame, end.chain);
  }
  return end;
}

/** What a directory has already. Rejects where it has anything that is not an earlier state of this journal. */
async function requirePlace(source: string, directory: string, parts: readonly Part[]): Promise<BackupList> {
  const list = await readList(directory);
  const refuse = (why: string) =>
    new TallyboardError('CONFIG_INVALID', `${directory} ${why}: name another directory with --to`);
  if (list === undefined) {
    const names = await readdir(directory).catch(nothingThere);
    if (names.length > 0) throw refuse('has something else than a backup');
    await makeDirectory(directory);
    const empty = { end: null, files: [] };
    await writeList(directory, empty);
    return empty;
  }
  const others = (await readdir(directory)).filter((name) => !OWN_NAMES.has(name));
  if (others.length > 0)
    throw refuse(`has ${others.join(', ')} beside a backup, as where a server was started on it`);
  const segments = parts.map(({ segment }) => segment);
  const hasAll = list.end === null || (await isWithin(segments, list.end));
  for (const { path } of await segmentPaths(journalDirectory(directory)).catch(nothingThere)) {
    const own = parts.find(({ name }) => name === basename(path))?.segment;
    const reading = await readSegmentHeader(path);
    const isSame =
      own !== undefined &&
      reading.ok &&
      encodeSegmentHeader(reading.header).equals(encodeSegmentHeader(own.header));
    if (!isSame || !hasAll) {
      throw refuse(
        `has events that ${source} does not have, or not so: it is the backup of another journal, or of a later state of this one, and was left as it is`,
      );
    }
  }
  return list;
}

/** Whether a place is one in the history of these segments. */
async function isWithin(segments: readonly Segment[], point: HistoryPoint): Promise<boolean> {
  if (point.frame !== null) return (await frameBefore(segments, point)) !== undefined;
  return segments.some(({ lineage }) => lineage === point.lineage);
}

function nothingThere(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
