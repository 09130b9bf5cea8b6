import { constants, copyFile, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TallyboardError } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import { makeDirectory, syncDirectory } from '../files.js';
import {
  drawMark,
  encodeSegmentHeader,
  type Frame,
  findFrame,
  HEADER_BYTES,
  readFrame,
  type SegmentHeader,
} from './format.js';
import { lengthBeforeZeros, readRest, readSegmentHeader, segmentPaths } from './segments.js';

const SALT_AT = 12;

/** The frames of a segment that are whole. */
interface Survey {
  readonly frames: readonly Frame[];
  /** Where the last of them ends. */
  readonly end: number;
  /** Whether they stand one after the other. */
  readonly unbroken: boolean;
}

/**
 * Reads every segment and writes those anew that are damaged in the middle, with the frames that are whole.
 * The damaged files are kept in `damagedDirectory`. A torn end is left to be cut off as always. Interrupted
 * at any moment, it can be run again.
 */
export async function salvage(journal: string, damagedDirectory: string, log: Log): Promise<void> {
  const paths = await segmentPaths(journal);
  const readings = await Promise.all(paths.map(({ path }) => readSegmentHeader(path)));
  const headers = readings.map((reading) => (reading.ok ? reading.header : undefined));
  // All segments of a journal have the same salt, so one whose own header is gone can still be read.
  const salts = headers.flatMap((header) => (header === undefined ? [] : [header.salt]));
  let previousEnd = 0;
  for (const [i, { path, firstSequence }] of paths.entries()) {
    const own = headers[i];
    const next = paths[i + 1]?.firstSequence;
    const bytes = await readRest(path, 0);
    const validEnd = own?.salvaged ? bytes.length : (headers[i + 1]?.previousEnd ?? bytes.length);
    const salt = own?.salt ?? findSalt(bytes, salts, path);
    const { frames, end, unbroken } = survey(bytes.subarray(0, validEnd), salt, firstSequence, next);
    const kept = frames.reduce((sum, frame) => sum + frame.count, 0);
    const last = frames.at(-1);
    const expected =
      (next ?? (last === undefined ? firstSequence : last.sequence + last.count)) - firstSequence;
    const complete = own?.salvaged ? end === bytes.length : kept === expected;
    const previous = previousEnd;
    previousEnd = end;
    if (own !== undefined && unbroken && complete) {
      const torn = lengthBeforeZeros(bytes.subarray(end, validEnd));
      if (torn > 0) {
        const original = await keep(path, damagedDirectory);
        log.warn(
          { segment: path, bytes: torn, original },
          'the end of the journal is not a whole frame, and is cut off',
        );
      }
      continue;
    }
    const header = {
      firstSequence,
      previousEnd: own?.previousEnd ?? previous,
      salt,
      salvaged: true,
      mark: drawMark(),
    };
    const original = await replaceSegment(path, damagedDirectory, frames, header);
    log.warn(
      { segment: path, kept, lost: expected - kept, original },
      next === undefined
        ? 'salvaged the last segment: every whole frame was kept; how many events came behind the last of them cannot be told'
        : 'salvaged a damaged segment: every whole frame was kept',
    );
  }
}

/**
 * The salt of a segment whose header is damaged: that of another segment, what stands in the header, or
 * that with one bit turned; whichever makes a frame whole.
 */
function findSalt(bytes: Buffer, salts: readonly number[], path: string): number {
  const written = bytes.length >= SALT_AT + 4 ? bytes.readUInt32LE(SALT_AT) : 0;
  const near = Array.from({ length: 32 }, (_, bit) => (written ^ (1 << bit)) >>> 0);
  for (const salt of [...salts, written, ...near]) {
    if (findFrame(bytes, HEADER_BYTES, 0, salt, 0) !== undefined) return salt;
  }
  if (bytes.length <= HEADER_BYTES) return salts[0] ?? written;
  throw new TallyboardError(
    'STORE_DAMAGED',
    `nothing in ${path} can be read: restore it from a backup. It was left as it is`,
  );
}

function survey(
  bytes: Buffer,
  salt: number,
  firstSequence: number,
  endSequence = Number.POSITIVE_INFINITY,
): Survey {
  const frames: Frame[] = [];
  let sequence = firstSequence;
  let end = HEADER_BYTES;
  let unbroken = true;
  while (end < bytes.length) {
    const reading = readFrame(bytes, end, 0, salt);
    const whole = reading.status === 'whole' && reading.frame.sequence >= sequence;
    const frame = whole ? reading.frame : findFrame(bytes, end + 1, 0, salt, sequence);
    if (frame === undefined || frame.sequence >= endSequence) break;
    unbroken &&= whole;
    frames.push(frame);
    sequence = frame.sequence + frame.count;
    end = frame.offset + frame.bytes.length;
  }
  return { frames, end, unbroken };
}

/** Answers with where the original is kept. At every moment the segment is there, as it was or salvaged. */
async function replaceSegment(
  path: string,
  damagedDirectory: string,
  frames: readonly Frame[],
  header: SegmentHeader,
): Promise<string> {
  const original = await keep(path, damagedDirectory);
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
  await rename(draft, path);
  await syncDirectory(dirname(path));
  return original;
}

/** Copies a damaged segment under a name that is not taken. */
async function keep(path: string, damagedDirectory: string): Promise<string> {
  await makeDirectory(damagedDirectory);
  for (let attempt = 0; ; attempt += 1) {
    const copy = join(damagedDirectory, attempt === 0 ? basename(path) : `${basename(path)}.${attempt}`);
    try {
      await copyFile(path, copy, constants.COPYFILE_EXCL);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    const handle = await open(copy, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncDirectory(damagedDirectory);
    return copy;
  }
}
