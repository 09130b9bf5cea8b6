import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { breath } from '../../../contract/breath.js';
import { TallyboardError } from '../../../contract/errors.js';
import { readFully } from '../files.js';
import {
  decodeSegmentHeader,
  FRAME_BYTES_MAX,
  type Frame,
  findFrame,
  HEADER_BYTES,
  lineageOf,
  readFrame,
  type SegmentHeader,
} from './format.js';

const SEGMENT_NAME = /^(\d{16})\.journal$/;
const CHUNK_BYTES = 1 << 20;

/** A file of the journal whose header has been read. */
export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  /** What its header and those of all before it come to. */
  readonly lineage: string;
}

/** A place between two events: `sequence` events stand before it. */
export interface Position {
  readonly sequence: number;
  /** The first sequence of the segment, which is its name. */
  readonly segment: number;
  readonly offset: number;
}

export function segmentPath(directory: string, firstSequence: number): string {
  return join(directory, `${String(firstSequence).padStart(16, '0')}.journal`);
}

/** The paths of all segments, the oldest first. */
export async function segmentPaths(directory: string): Promise<{ path: string; firstSequence: number }[]> {
  const names = await readdir(directory);
  return names
    .flatMap((name) => {
      const match = SEGMENT_NAME.exec(name);
      return match === null ? [] : [{ path: join(directory, name), firstSequence: Number(match[1]) }];
    })
    .sort((first, second) => first.firstSequence - second.firstSequence);
}

/**
 * All segments with their headers, the oldest first. Rejects where a header cannot be read, the first segment
 * is missing, or one is shorter than the next one says.
 */
export async function listSegments(directory: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  let previousBytes = 0;
  for (const { path, firstSequence } of await segmentPaths(directory)) {
    const reading = await readSegmentHeader(path);
    if (reading.ok && reading.header.firstSequence === firstSequence) {
      const previous = segments.at(-1);
      if (previous === undefined && firstSequence !== 0) {
        throw damaged(path, 0, `the ${firstSequence} events before it are missing`);
      }
      if (previous !== undefined && !previous.header.salvaged && previousBytes < reading.header.previousEnd) {
        throw damaged(previous.path, previousBytes, 'the segment is cut short, or one after it is missing');
      }
      const lineage = lineageOf(previous?.lineage ?? '', reading.header);
      segments.push({ path, header: reading.header, lineage });
      previousBytes = (await stat(path)).size;
      continue;
    }
    if (!reading.ok && reading.otherVersion) {
      throw new TallyboardError(
        'STORE_FORMAT',
        `${path}: ${reading.reason}: open it with the release that wrote it`,
      );
    }
    throw damaged(path, 0, reading.ok ? 'the file has the name of another segment' : reading.reason);
  }
  return segments;
}

export async function readSegmentHeader(path: string): Promise<ReturnType<typeof decodeSegmentHeader>> {
  const handle = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    return decodeSegmentHeader(bytes.subarray(0, await readFully(handle, bytes, 0)));
  } finally {
    await handle.close();
  }
}

/** Whole frames that stand one after the other in a segment. They are valid until the next are asked for. */
export interface FrameRun {
  readonly segment: Segment;
  readonly frames: readonly Frame[];
  /** Where the last of them ends. */
  readonly end: Position;
}

/** Where the journal ends, and what stands behind its last whole frame. */
export interface JournalEnd {
  readonly position: Position;
  /** Bytes of a frame that was never acknowledged: its write was cut short. */
  readonly tornBytes: number;
  readonly tornReason: string;
}

/**
 * Reads whole frames from a position on (`undefined`: from the first segment's start). Returns where the
 * journal ends; rejects with `STORE_DAMAGED` where a frame that others follow is not whole.
 *
 * Frames are written one at a time, each after the one before it was synced, so a frame that is not whole
 * was never acknowledged exactly when no whole frame follows it.
 */
export async function* scanJournal(
  segments: readonly Segment[],
  from?: Position,
): AsyncGenerator<FrameRun, JournalEnd> {
  const first =
    from === undefined ? 0 : segments.findIndex((segment) => segment.header.firstSequence === from.segment);
  if (first === -1) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      `the segment of event ${from?.sequence} is missing from the journal`,
    );
  }
  let end: JournalEnd | undefined;
  for (let i = first; i < segments.length; i += 1) {
    const segment = segments[i]!;
    const next = segments[i + 1];
    const expected = end?.position.sequence ?? from?.sequence ?? 0;
    const { firstSequence } = segment.header;
    if (i > first && !follows(firstSequence, expected, segments[i - 1]!.header.salvaged)) {
      throw damaged(
        segment.path,
        0,
        `it begins with event ${firstSequence}, but the segment before it ends at ${expected}`,
      );
    }
    const start =
      i === first && from !== undefined
        ? from
        : {
            sequence: segment.header.firstSequence,
            segment: segment.header.firstSequence,
            offset: HEADER_BYTES,
          };
    // A salvaged segment was written at once and ends where its file ends; what the next segment's header
    // says is where the damaged one ended.
    const validEnd = next === undefined || segment.header.salvaged ? undefined : next.header.previousEnd;
    end = yield* scanSegment(segment, start, validEnd, next !== undefined);
  }
  return end!;
}

async function* scanSegment(
  segment: Segment,
  start: Position,
  validEnd: number | undefined,
  sealed: boolean,
): AsyncGenerator<FrameRun, JournalEnd> {
  const handle = await open(segment.path, 'r');
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES + FRAME_BYTES_MAX);
  try {
    let { sequence, offset } = start;
    for (;;) {
      const limit =
        validEnd === undefined ? buffer.length : Math.min(buffer.length, Math.max(0, validEnd - offset));
      const bytes = buffer.subarray(0, await readFully(handle, buffer.subarray(0, limit), offset));
      const frames: Frame[] = [];
      let at = 0;
      let reason = '';
      let misplaced = false;
      while (at < bytes.length) {
        // Frames of one event are many in a chunk.
        const pause = breath();
        if (pause !== undefined) await pause;
        const reading = readFrame(bytes, at, offset, segment.header.salt);
        if (reading.status !== 'whole') {
          reason = reading.status === 'bad' ? reading.reason : 'the frame is cut short';
          break;
        }
        if (!follows(reading.frame.sequence, sequence, segment.header.salvaged)) {
          reason = `the frame has the sequence number ${reading.frame.sequence}, not ${sequence}`;
          misplaced = true;
          break;
        }
        frames.push(reading.frame);
        sequence = reading.frame.sequence + reading.frame.count;
        at += reading.frame.bytes.length;
      }
      offset += at;
      const position = { sequence, segment: segment.header.firstSequence, offset };
      if (frames.length > 0) {
        yield { segment, frames, end: position };
        continue;
      }
      if (bytes.length === 0 && (validEnd === undefined || offset === validEnd)) {
        return { position, tornBytes: 0, tornReason: '' };
      }
      if (sealed) throw damaged(segment.path, offset, reason || 'the segment is cut short');
      const rest = await readRest(segment.path, offset);
      // A reader without the lock may have come between two writes of a live server: look again.
      if (!misplaced && readFrame(rest, 0, offset, segment.header.salt).status === 'whole') continue;
      const later = findFrame(rest, 1, offset, segment.header.salt, sequence);
      if (later !== undefined) {
        throw damaged(segment.path, offset, `${reason}, but a whole frame follows at byte ${later.offset}`);
      }
      return { position, tornBytes: lengthBeforeZeros(rest), tornReason: reason };
    }
  } finally {
    if (spareBuffers.length < SPARE_BUFFERS_MAX) spareBuffers.push(buffer);
    await handle.close();
  }
}

/** A reading in time order opens thousands of scans, one after the other: each has the buffer of the last. */
const spareBuffers: Buffer[] = [];
const SPARE_BUFFERS_MAX = 2;

/** How many bytes stand before the zeros at the end: there are zeros where the writer prepared for frames. */
export function lengthBeforeZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}

/** Everything of a segment from an offset on; no more than the size of a segment. */
export async function readRest(path: string, offset: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const rest = Buffer.allocUnsafe(Math.max(0, (await handle.stat()).size - offset));
    return rest.subarray(0, await readFully(handle, rest, offset));
  } finally {
    await handle.close();
  }
}

function follows(sequence: number, expected: number, gapsAllowed: boolean): boolean {
  return gapsAllowed ? sequence >= expected : sequence === expected;
}

export function damaged(path: string, offset: number, reason: string): TallyboardError {
  return new TallyboardError(
    'STORE_DAMAGED',
    `${path} is damaged at byte ${offset}: ${reason}. Restore the file from a backup, or start once with --salvage, which keeps every whole frame, sets the damaged file aside and says what was lost`,
  );
}

/** Throws `STORE_DAMAGED` where a reading of the journal ended before what was acknowledged. */
export function requireEnd(segments: readonly Segment[], readTo: number, until: Position | undefined): void {
  if (until === undefined || readTo >= until.sequence) return;
  throw damaged(
    segments.at(-1)!.path,
    0,
    `it ends at event ${readTo}, but ${until.sequence} were acknowledged`,
  );
}
