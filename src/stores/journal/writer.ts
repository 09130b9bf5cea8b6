import { constants, fdatasync, write } from 'node:fs';
import { type FileHandle, open, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory, writeFully } from './files.js';
import { encodeSegmentHeader, HEADER_BYTES, type SegmentHeader } from './format.js';
import type { JournalWriterOptions } from './options.js';
import { type Position, type Segment, segmentPath } from './segments.js';

const syncFile = promisify(fdatasync);
const writeFile = promisify(write);

/** The last frame that was read from a journal. */
export interface LastFrame {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Appends frames to the journal, one at a time. A frame that `append` has resolved for is durable; one that
 * it has rejected is not there, and never will be read.
 */
export class JournalWriter {
  readonly #directory: string;
  readonly #salt: number;
  readonly #options: JournalWriterOptions;
  #previousEnd: number;
  #handle: FileHandle;
  #end: Position;
  /** What the file holds behind `#end` is not known, or must not be read: go on in a new segment. */
  #uncertain = false;

  private constructor(
    directory: string,
    header: SegmentHeader,
    handle: FileHandle,
    end: Position,
    options: JournalWriterOptions,
  ) {
    this.#directory = directory;
    this.#salt = header.salt;
    this.#previousEnd = header.previousEnd;
    this.#handle = handle;
    this.#end = end;
    this.#options = options;
  }

  /** Begins a journal in an empty directory. */
  static async create(
    directory: string,
    salt: number,
    options: JournalWriterOptions,
  ): Promise<JournalWriter> {
    const header = { firstSequence: 0, previousEnd: 0, salt, salvaged: false };
    const handle = await createSegment(directory, header, options);
    return new JournalWriter(
      directory,
      header,
      handle,
      { sequence: 0, segment: 0, offset: HEADER_BYTES },
      options,
    );
  }

  /** Goes on at the end of a journal; what stands behind it in the file is cut off. */
  static async resume(
    segment: Segment,
    end: Position,
    options: JournalWriterOptions,
    lastFrame?: LastFrame,
  ): Promise<JournalWriter> {
    const handle = await open(segment.path, constants.O_RDWR | syncFlag(options));
    try {
      // Had the sync of the last frame failed before a crash, it could be read here from the system's cache
      // without being on the disk. Written again, it is.
      if (lastFrame !== undefined && lastFrame.offset + lastFrame.bytes.length === end.offset) {
        await writeFully(handle, lastFrame.bytes, lastFrame.offset);
      }
      await handle.truncate(end.offset);
      await handle.sync();
    } catch (error) {
      await handle.close();
      throw error;
    }
    const writer = new JournalWriter(dirname(segment.path), segment.header, handle, end, options);
    // The sequence numbers of a salvaged segment have gaps; new frames go where they may not.
    if (segment.header.salvaged) await writer.#roll();
    return writer;
  }

  get end(): Position {
    return this.#end;
  }

  get salt(): number {
    return this.#salt;
  }

  /** Writes a sealed frame of `count` events and waits until it is durable. */
  async append(frame: Buffer, count: number): Promise<void> {
    const full =
      this.#end.offset + frame.length > this.#options.segmentBytes && this.#end.offset > HEADER_BYTES;
    if (this.#uncertain || full) await this.#roll();
    const { fd } = this.#handle;
    try {
      const { bytesWritten } = await writeFile(fd, frame, 0, frame.length, this.#end.offset);
      if (bytesWritten < frame.length) {
        await writeFully(this.#handle, frame.subarray(bytesWritten), this.#end.offset + bytesWritten);
      }
      if (this.#options.separateSync === 1) await syncFile(fd);
    } catch (error) {
      // After a failed sync the system may hold the pages for clean though they never reached the disk: no
      // later sync of this file proves anything about them.
      this.#uncertain = true;
      // What is refused must not be found by a start after a crash.
      await this.#handle.truncate(this.#end.offset).catch(() => {});
      throw error;
    }
    const { sequence, segment, offset } = this.#end;
    this.#end = { sequence: sequence + count, segment, offset: offset + frame.length };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Begins the next segment. Its header says where this one ends, whatever stands behind that. */
  async #roll(): Promise<void> {
    const { sequence, segment, offset } = this.#end;
    const old = this.#handle;
    // Where the new segment fails to become durable it may be there all the same, and its header says that
    // this one ends here: nothing may be written here any more.
    this.#uncertain = true;
    // Where nothing was acknowledged in this segment, the new one takes its name and its place.
    const replaces = sequence === segment;
    const previousEnd = replaces ? this.#previousEnd : offset;
    const header = { firstSequence: sequence, previousEnd, salt: this.#salt, salvaged: false };
    this.#handle = await createSegment(this.#directory, header, this.#options);
    this.#previousEnd = previousEnd;
    this.#end = { sequence, segment: sequence, offset: HEADER_BYTES };
    await old.close().catch(() => {});
    if (this.#uncertain && !replaces)
      await truncate(segmentPath(this.#directory, segment), offset).catch(() => {});
    this.#uncertain = false;
  }
}

/** Writes a segment's header under another name first: the segment is there with its header, or not at all. */
async function createSegment(
  directory: string,
  header: SegmentHeader,
  options: JournalWriterOptions,
): Promise<FileHandle> {
  const path = segmentPath(directory, header.firstSequence);
  const draft = `${path}.new`;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | syncFlag(options);
  const handle = await open(draft, flags);
  try {
    await writeFully(handle, encodeSegmentHeader(header), 0);
    await handle.sync();
    await rename(draft, path);
    await syncDirectory(directory);
    return handle;
  } catch (error) {
    await handle.close();
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

function syncFlag({ separateSync }: JournalWriterOptions): number {
  return separateSync === 1 ? 0 : constants.O_DSYNC;
}
