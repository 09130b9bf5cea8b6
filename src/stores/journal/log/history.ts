import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { readFully } from '../files.js';
import { FRAME_BYTES_MAX, type Frame, readFrame } from './format.js';
import type { Position, Segment } from './segments.js';

/**
 * A place in one history of the journal. A journal that was restored from a backup and went on has the same
 * salt and the same places, but other frames.
 */
export interface HistoryPoint extends Position {
  /** That of its segment; empty at the very beginning. */
  readonly lineage: string;
  /** The frame that ends there; null at the very beginning. */
  readonly frame: { readonly offset: number; readonly checksum: number } | null;
  /** What the checksums of all frames of its segment come to, up to there. */
  readonly chain: number;
}

/** The place before all events of any journal. */
export const BEGINNING: HistoryPoint = {
  sequence: 0,
  segment: 0,
  offset: 0,
  lineage: '',
  frame: null,
  chain: 0,
};

/** The place where a frame of a segment ends, given what the frames before it come to. */
export function pointAfter(
  segment: Segment,
  { sequence, count, offset, bytes }: Frame,
  chain: number,
): HistoryPoint {
  return {
    sequence: sequence + count,
    segment: segment.header.firstSequence,
    offset: offset + bytes.length,
    lineage: segment.lineage,
    frame: { offset, checksum: bytes.readUInt32LE(0) },
    chain: chainOf(chain, bytes),
  };
}

/** What the checksums of frames come to with one frame more. */
export function chainOf(chain: number, frame: Buffer): number {
  return crc32(frame.subarray(0, 4), chain);
}

/** The last frame before a place of this journal; undefined where the place is of another history. */
export async function frameBefore(
  segments: readonly Segment[],
  point: HistoryPoint,
): Promise<Frame | undefined> {
  const segment = segments.find(({ header }) => header.firstSequence === point.segment);
  if (segment === undefined || segment.lineage !== point.lineage || point.frame === null) return undefined;
  const { offset, checksum } = point.frame;
  const bytes = Buffer.alloc(Math.min(Math.max(point.offset - offset, 0), FRAME_BYTES_MAX));
  const handle = await open(segment.path, 'r');
  try {
    const length = await readFully(handle, bytes, offset);
    const reading = readFrame(bytes.subarray(0, length), 0, offset, segment.header.salt);
    if (reading.status !== 'whole') return undefined;
    const { frame } = reading;
    const isSame =
      frame.bytes.readUInt32LE(0) === checksum &&
      frame.bytes.length === bytes.length &&
      frame.sequence + frame.count === point.sequence;
    return isSame ? frame : undefined;
  } finally {
    await handle.close();
  }
}
