import { constants, fdatasync, write } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { TallyboardError } from '../../../contract/errors.js';
import { readFully, syncDirectory, writeFully } from '../files.js';
import { type Hold, identityOf, type OpenSegment } from '../lock.js';
import type { JournalWriterOptions } from '../options.js';
import { drawMark, encodeSegmentHeader, HEADER_BYTES, lineageOf, type SegmentHeader } from './format.js';
import { BEGINNING, chainOf, type HistoryPoint } from './history.js';
import { createSegment, type SegmentFile } from './segment-file.js';
import { damaged, type Segment, segmentPath } from './segments.js';
import { ZerosAhead } from './zeros-ahead.js';

const syncFile = promisify(fdatasync);
const writeFile = promisify(write);

/**
 * A writer that is not idle looks so often whether its segment is where it was. At the lock, which another has
 * to take first, it looks after every frame: each look costs some microseconds.
 */
const LOOK_MILLISECONDS = 100;

/** What a start takes along at most of a last segment that was closed, lest every start makes one more file. */
const TAKEN_ALONG_BYTES_MAX = 1 << 20;

/** The last frame that was read from a journal. */
export interface LastFrame {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Appends frames to the journal, one at a time. A frame that `append` has resolved for is durable; one that
 * it has rejected is not there, and never will be read, unless it rejects with `STORE_UNCERTAIN`.
 *
 * The lock can be taken away from a process that writes. So no writer writes into a file that another one
 * had open, and each looks whether the lock is its own still when a frame is durable, before it answers for
 * it. Who has the lock next reads the end of the journal after that: what was acknowledged is
 * there, and what is written behind that end counts for nobody.
 */
export class JournalWriter {
  readonly #directory: string;
  readonly #salt: number;
  readonly #options: JournalWriterOptions;
  readonly #hold: Hold;
  #previousEnd: number;
  #mark: number;
  /** That of the segment before this one. */
  #previousLineage: string;
  #file: SegmentFile;
  #end: HistoryPoint;
  /** What the file holds behind `#end` is not known, or must not be read: go on in a new segment. */
  #uncertain = false;
  /** When it was seen last that the segment is this writer's. */
  #seenOwn = performance.now();

  private constructor(
    { salt, previousEnd, mark }: SegmentHeader,
    previousLineage: string,
    file: SegmentFile,
    end: HistoryPoint,
    options: JournalWriterOptions,
    hold: Hold,
  ) {
    this.#directory = dirname(file.path);
    this.#salt = salt;
    this.#previousEnd = previousEnd;
    this.#mark = mark;
    this.#previousLineage = previousLineage;
    this.#file = file;
    this.#end = end;
    this.#options = options;
    this.#hold = hold;
  }

  /** Begins a journal in an empty directory. */
  static async create(
    directory: string,
    salt: number,
    options: JournalWriterOptions,
    hold: Hold,
  ): Promise<JournalWriter> {
    const header = { firstSequence: 0, previousEnd: 0, salt, salvaged: false, mark: drawMark() };
    const end = { ...BEGINNING, offset: HEADER_BYTES, lineage: lineageOf('', header) };
    const file = await createSegment(segmentPath(directory, 0), encodeSegmentHeader(header), options, {
      replaces: false,
      assertOwn: () => hold.assertHeld(),
    });
    const writer = new JournalWriter(header, '', file, end, options, hold);
    try {
      await syncDirectory(directory);
    } catch (error) {
      await writer.close();
      throw error;
    }
    return writer;
  }

  /**
   * Goes on at the end of a journal, in a file of its own: whoever wrote the last one may still be there,
   * with a write under way. Where that one ends with its last frame it was closed, as a rule, and what it has
   * is taken along if it is not much. Else the next segment is begun, which nobody can do twice.
   */
  static async resume(
    segments: readonly Segment[],
    end: HistoryPoint,
    options: JournalWriterOptions,
    hold: Hold,
    lastFrame?: LastFrame,
  ): Promise<JournalWriter> {
    const { path, header } = segments.at(-1)!;
    const handle = await open(path, constants.O_RDWR);
    let file: SegmentFile;
    let isClosed: boolean;
    try {
      // Had the sync of the last frame failed before a crash, it could be read here from the system's cache
      // without being on the disk. Written again, it is.
      if (lastFrame !== undefined && lastFrame.offset + lastFrame.bytes.length === end.offset) {
        await writeFully(handle, lastFrame.bytes, lastFrame.offset);
      }
      await handle.sync();
      isClosed = (await handle.stat()).size === end.offset;
      const zeros = await ZerosAhead.open(path, end.offset, { aheadBytes: 0, limit: 0 });
      file = { path, handle, identity: await identityOf(handle), zeros };
    } catch (error) {
      await handle.close();
      throw error;
    }
    const previousLineage = segments.at(-2)?.lineage ?? '';
    const writer = new JournalWriter(header, previousLineage, file, end, options, hold);
    writer.#uncertain = true;
    try {
      // The sequence numbers of a salvaged segment have gaps; new frames go where they may not.
      await writer.#roll(isClosed && end.offset <= TAKEN_ALONG_BYTES_MAX && !header.salvaged);
    } catch (error) {
      // On a full disk what is known can be asked all the same; the first event tries again, and says so.
      if (!(error instanceof TallyboardError)) return writer;
      await writer.close();
      throw error;
    }
    return writer;
  }

  get end(): HistoryPoint {
    return this.#end;
  }

  get salt(): number {
    return this.#salt;
  }

  /** Throws `STORE_LOCKED` where the lock or the segment is not this writer's any more. */
  assertOwn(): void {
    const { path, identity } = this.#file;
    const { sequence, offset: bytesMin } = this.#end;
    const successor = segmentPath(this.#directory, sequence);
    this.#look({ path, identity, bytesMin, successor });
    this.#seenOwn = performance.now();
  }

  /** Writes a sealed frame of `count` events and waits until it is durable. */
  async append(frame: Buffer, count: number): Promise<void> {
    if (this.#uncertain || performance.now() - this.#seenOwn >= LOOK_MILLISECONDS) this.assertOwn();
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
      // What is refused must not be found by a start after a crash. What another has found must stay.
      this.#confirmHeld();
      await handle.truncate(this.#end.offset).catch(() => {});
      this.#confirmHeld();
      throw error;
    }
    this.#confirmHeld();
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
    try {
      this.assertOwn();
      // Zeros that were not used.
      await handle.truncate(this.#end.offset);
    } catch {
      // Where they stay, nothing is read behind the end.
    }
    await handle.close();
  }

  #look(segment?: OpenSegment): void {
    try {
      this.#hold.assertHeld(segment);
    } catch (error) {
      this.#uncertain = true;
      throw error;
    }
  }

  /** Throws `STORE_UNCERTAIN` where another may have read what was just written, or may never read it. */
  #confirmHeld(): void {
    try {
      this.#look();
    } catch (cause) {
      throw new TallyboardError(
        'STORE_UNCERTAIN',
        `whether the events were stored is not known, because the journal in ${this.#directory} is not this server's any more: send them again, to the server that has it; nothing is counted twice`,
        { cause },
      );
    }
  }

  /**
   * Begins the next segment, whose header says where this one ends, whatever stands behind that. Where this
   * one has no events, or with `takesAlong`, the new one has all of it and takes its name and its place.
   */
  async #roll(takesAlong = false): Promise<void> {
    const { sequence, segment, offset, lineage, frame, chain } = this.#end;
    const old = this.#file;
    // Where the new segment fails to become durable it may be there all the same, and its header says that
    // this one ends here: nothing may be written here any more.
    this.#uncertain = true;
    const replaces = takesAlong || sequence === segment;
    const firstSequence = replaces ? segment : sequence;
    const previousEnd = replaces ? this.#previousEnd : offset;
    const mark = replaces ? this.#mark : drawMark();
    const header = { firstSequence, previousEnd, salt: this.#salt, salvaged: false, mark };
    const frames = Buffer.alloc(replaces ? offset - HEADER_BYTES : 0);
    if ((await readFully(old.handle, frames, HEADER_BYTES)) < frames.length) {
      throw damaged(old.path, offset, 'the segment is cut short');
    }
    const bytes = Buffer.concat([encodeSegmentHeader(header), frames]);
    const path = segmentPath(this.#directory, firstSequence);
    const assertOwn = () => this.assertOwn();
    this.#file = await createSegment(path, bytes, this.#options, { replaces, assertOwn });
    this.#previousEnd = previousEnd;
    this.#mark = mark;
    if (!replaces) this.#previousLineage = lineage;
    this.#end = {
      sequence,
      segment: firstSequence,
      offset: bytes.length,
      lineage: lineageOf(this.#previousLineage, header),
      frame: replaces ? frame : null,
      chain: replaces ? chain : 0,
    };
    try {
      await syncDirectory(this.#directory);
      this.assertOwn();
      // What stands behind its end is void, or zeros.
      if (!replaces) await old.handle.truncate(offset).catch(() => {});
      this.#uncertain = false;
    } finally {
      await old.zeros.close().catch(() => {});
      await old.handle.close().catch(() => {});
    }
  }
}
