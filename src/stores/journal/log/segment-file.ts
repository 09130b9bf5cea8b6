import { randomUUID } from 'node:crypto';
import { constants, existsSync, linkSync, renameSync, unlinkSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { TallyboardError } from '../../../contract/errors.js';
import { writeFully } from '../files.js';
import { type FileIdentity, identityOf } from '../lock.js';
import type { JournalWriterOptions } from '../options.js';
import { ZerosAhead } from './zeros-ahead.js';

/** The last segment, as it is written. */
export interface SegmentFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  readonly zeros: ZerosAhead;
}

interface Placing {
  /** A file of this name is there, and is to go. */
  readonly replaces: boolean;
  /** Throws where the journal is another's. */
  assertOwn(): void;
}

/**
 * Writes the first bytes of a segment under another name: the segment is there with its header, or not at
 * all. Its name is not durable yet.
 */
export async function createSegment(
  path: string,
  bytes: Buffer,
  options: JournalWriterOptions,
  { replaces, assertOwn }: Placing,
): Promise<SegmentFile> {
  // Another process may be about to begin the same segment.
  const draft = `${path}.${randomUUID()}.new`;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | syncFlag(options);
  const handle = await open(draft, flags);
  let zeros: ZerosAhead | undefined;
  try {
    await writeFully(handle, bytes, 0);
    await handle.sync();
    const { aheadBytes, segmentBytes: limit } = options;
    zeros = await ZerosAhead.open(draft, bytes.length, { aheadBytes, limit });
    const identity = await identityOf(handle);
    // From here on at once: nobody else must come between the look and the deed, and no look of the writer's
    // must find its own segment before it knows of it.
    assertOwn();
    if (replaces) renameSync(draft, path);
    else placeNew(draft, path);
    return { path, handle, identity, zeros };
  } catch (error) {
    await zeros?.close();
    await handle.close();
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/** Gives a file its name, unless another has that. */
function placeNew(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || existsSync(path)) {
      throw new TallyboardError(
        'STORE_LOCKED',
        `${path} was begun by another process: stop it, and see that one alone has the directory; then start again`,
        { cause: error },
      );
    }
    // Not every file system has links.
    if (code === 'ENOENT') throw error;
    renameSync(draft, path);
    return;
  }
  try {
    unlinkSync(draft);
  } catch {
    // The next start removes it.
  }
}

function syncFlag({ separateSync }: JournalWriterOptions): number {
  return separateSync === 1 ? 0 : constants.O_DSYNC;
}
