import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../../contract/data-interface.js';
import { makeDirectory, syncDirectory } from './files.js';
import {
  encodeSegmentHeader,
  type Frame,
  findFrame,
  HEADER_BYTES,
  readFrame,
  type SegmentHeader,
} from './format.js';
import { readRest, readSegmentHeader, segmentPaths } from './segments.js';

/**
 * Reads every segment and writes those anew that are damaged in the middle, with the frames that are whole.
 * The damaged files are kept in `damagedDirectory`. A torn end is left to be cut off as always.
 */
export async function salvage(journal: string, damagedDirectory: string, log: Log): Promise<void> {
  const paths = await segmentPaths(journal);
  const readings = await Promise.all(paths.map(({ path }) => readSegmentHeader(path)));
  const headers = readings.map((reading) => (reading.ok ? reading.header : undefined));
  // All segments of a journal have the same salt, so one whose own header is gone can still be read.
  const salt = headers.find((header) => header !== undefined)?.salt;
  let previousEnd = 0;
  for (const [i, { path, firstSequence }] of paths.entries()) {
    const own = headers[i];
    const next = paths[i + 1];
    const bytes = await readRest(path, 0);
    const validEnd = own?.salvaged ? bytes.length : (headers[i + 1]?.previousEnd ?? bytes.length);
    const frames = wholeFrames(
      bytes.subarray(0, validEnd),
      own?.salt ?? salt ?? 0,
      firstSequence,
      next?.firstSequence,
    );
    const kept = frames.reduce((sum, frame) => sum + frame.count, 0);
    const lastSequence = frames.reduce((_, frame) => frame.sequence + frame.count, firstSequence);
    const expected = next === undefined ? lastSequence - firstSequence : next.firstSequence - firstSequence;
    const last = frames.at(-1);
    const end = last === undefined ? HEADER_BYTES : last.offset + last.bytes.length;
    const intact = own !== undefined && (own.salvaged ? end === bytes.length : kept === expected);
    const previous = previousEnd;
    previousEnd = end;
    if (intact) continue;
    await replaceSegment(path, damagedDirectory, frames, {
      firstSequence,
      previousEnd: own?.previousEnd ?? previous,
      salt: salt ?? 0,
      salvaged: true,
    });
    log.warn(
      { segment: path, kept, lost: expected - kept, original: join(damagedDirectory, basename(path)) },
      'salvaged a damaged segment: every whole frame was kept',
    );
  }
}

function wholeFrames(
  bytes: Buffer,
  salt: number,
  firstSequence: number,
  endSequence = Number.POSITIVE_INFINITY,
): Frame[] {
  const frames: Frame[] = [];
  let sequence = firstSequence;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const reading = readFrame(bytes, at, 0, salt);
    const whole = reading.status === 'whole' && reading.frame.sequence >= sequence;
    const frame = whole ? reading.frame : findFrame(bytes, at + 1, 0, salt, sequence);
    if (frame === undefined || frame.sequence >= endSequence) break;
    frames.push(frame);
    sequence = frame.sequence + frame.count;
    at = frame.offset + frame.bytes.length;
  }
  return frames;
}

async function replaceSegment(
  path: string,
  damagedDirectory: string,
  frames: readonly Frame[],
  header: SegmentHeader,
): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w');
  try {
    await handle.writeFile(
      Buffer.concat([encodeSegmentHeader(header), ...frames.map((frame) => frame.bytes)]),
    );
    await handle.sync();
  } finally {
    await handle.close();
  }
  await makeDirectory(damagedDirectory);
  await rename(path, join(damagedDirectory, basename(path)));
  await rename(draft, path);
  for (const directory of [damagedDirectory, dirname(path), dirname(damagedDirectory)])
    await syncDirectory(directory);
}
