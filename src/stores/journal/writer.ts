import { constants, fdatasync, write } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory, writeFully } from './files.js';
import { encodeSegmentHeader, HEADER_BYTES, lineageOf, type SegmentHeader } from './format.js';
import { BEGINNING, chainOf, type HistoryPoint } from './history.js';
import type { JournalWriterOptions } from './options.js';
import { type Segment, segmentPath } from './segments.js';
import { ZerosAhead } from './zeros-ahead.js';

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
  /** That of the segment before this one. */
  #previousLineage: string;
  #file: SegmentFile;
  #end: HistoryPoint;
  /** What the file holds behind `#end` is not known, or must not be read: go on in a new segment. */
  #uncertain = false;

  private constructor(
    directory: string,
    header: SegmentHeader,
    previousLineage: string,
    file: SegmentFile,
    end: HistoryPoint,
    options: JournalWriterOptions,
  ) {
    this.#directory = directory;
    this.#salt = header.salt;
    this.#previousEnd = header.previousEnd;
    this.#previousLineage = previousLineage;
    this.#file = file;
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
    const file = await createSegment(directory, header, options);
    const lineage = lineageOf('', header);
    const end = { ...BEGINNING, offset: HEADER_BYTES, lineage };
    return new JournalWriter(directory, header, '', file, end, options);
  }

  /** Goes on at the end of a journal; what stands behind it in the file is cut off. */
  static async resume(
    segments: readonly Segment[],
    end: HistoryPoint,
    options: JournalWriterOptions,
    lastFrame?: LastFrame,
  ): Promise<JournalWriter> {
    const segment = segments.at(-1)!;
    const handle = await open(segment.path, constants.O_RDWR | syncFlag(options));
    let zeros: ZerosAhead;
    try {
      // Had the sync of the last frame failed before a crash, it could be read here from the system's cache
      // without being on the disk. Written again, it is.
      if (lastFrame !== undefined && lastFrame.offset + lastFrame.bytes.length === end.offset) {
        await writeFully(handle, lastFrame.bytes, lastFrame.offset);
      }
      await handle.truncate(end.offset);
      await handle.sync();
      // A salvaged segment ends where its file ends.
      const limit = segment.header.salvaged ? 0 : options.segmentBytes;
      zeros = await ZerosAhead.open(segment.path, end.offset, { aheadBytes: options.aheadBytes, limit });
    } catch (error) {
      await handle.close();
      throw error;
    }
    const writer = new JournalWriter(
      dirname(segment.path),
      segment.header,
      segments.at(-2)?.lineage ?? '',
      { handle, zeros },
      end,
      options,
    );
    // The sequence numbers of a salvaged segment have gaps; new frames go where they may not.
    if (segment.header.salvaged) {
      try {
        await writer.#roll();
      } catch (error) {
        await writer.close();
        throw error;
      }
    }
    return writer;
  }

  get end(): HistoryPoint {
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
    const { handle, zeros } = this.#file;
    const { fd } = handle;
    const frameEnd = this.#end.offset + frame.length;
    const clear = zeros.before(frameEnd);
    if (clear !== undefined) await clear;
    try {
      const { bytesWritten } = await writeFile(fd, frame, 0, frame.length, this.#end.offset);
      if (bytesWritten < frame.length) {
        await writeFully(handle, frame.subarray(bytesWritten), this.#end.offset + bytesWritten);
      }
      if (this.#options.separateSync === 1) await syncFile(fd);
    } catch (error) {
      // After a failed sync the system may hold the pages for clean though they never reached the disk: no
      // later sync of this file proves anything about them.
      this.#uncertain = true;
      // What is refused must not be found by a start after a crash.
      await handle.truncate(this.#end.offset).catch(() => {});
      throw error;
    }
    zeros.keepAhead(frameEnd, frame.length);
    const { sequence, segment, offset, lineage, chain } = this.#end;
    const checksum = frame.readUInt32LE(0);
    this.#end = {
      sequence: sequence + count,
      segment,
      offset: frameEnd,
      lineage,
      frame: { offset, checksum },
      chain: chainOf(chain, frame),
    };
  }

  async close(): Promise<void> {
    const { handle, zeros } = this.#file;
    await zeros.close();
    // Zeros that were not used; where they stay, the next start cuts them off.
    await handle.truncate(this.#end.offset).catch(() => {});
    await handle.close();
  }

  /** Begins the next segment. Its header says where this one ends, whatever stands behind that. */
  async #roll(): Promise<void> {
    const { sequence, segment, offset, lineage } = this.#end;
    const old = this.#file;
    // Where the new segment fails to become durable it may be there all the same, and its header says that
    // this one ends here: nothing may be written here any more.
    this.#uncertain = true;
    // Where nothing was acknowledged in this segment, the new one takes its name and its place.
    const replaces = sequence === segment;
    const previousEnd = replaces ? this.#previousEnd : offset;
    const header = { firstSequence: sequence, previousEnd, salt: this.#salt, salvaged: false };
    this.#file = await createSegment(this.#directory, header, this.#options);
    this.#previousEnd = previousEnd;
    if (!replaces) this.#previousLineage = lineage;
    this.#end = {
      sequence,
      segment: sequence,
      offset: HEADER_BYTES,
      lineage: lineageOf(this.#previousLineage, header),
      frame: null,
      chain: 0,
    };
    await old.zeros.close().catch(() => {});
    // What stands behind its end is void, or zeros.
    if (!replaces) await old.handle.truncate(offset).catch(() => {});
    await old.handle.close().catch(() => {});
    this.#uncertain = false;
  }
}

/** The last segment, as it is written. */
interface SegmentFile {
  readonly handle: FileHandle;
  readonly zeros: ZerosAhead;
}

/** Writes a segment's header under another name first: the segment is there with its header, or not at all. */
async function createSegment(
  directory: string,
  header: SegmentHeader,
  options: JournalWriterOptions,
): Promise<SegmentFile> {
  const path = segmentPath(directory, header.firstSequence);
  const draft = `${path}.new`;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | syncFlag(options);
  const handle = await open(draft, flags);
  let zeros: ZerosAhead | undefined;
  try {
    await writeFully(handle, encodeSegmentHeader(header), 0);
    await handle.sync();
    const { aheadBytes, segmentBytes: limit } = options;
    zeros = await ZerosAhead.open(draft, HEADER_BYTES, { aheadBytes, limit });
    await rename(draft, path);
    await syncDirectory(directory);
    return { handle, zeros };
  } catch (error) {
    await zeros?.close();
    await handle.close();
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

function syncFlag({ separateSync }: JournalWriterOptions): number {
  return separateSync === 1 ? 0 : constants.O_DSYNC;
}
