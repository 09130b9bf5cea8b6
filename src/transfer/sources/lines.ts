import type { FileHandle } from 'node:fs/promises';

/** Whole lines of a text file. */
export interface LineChunk {
  /** Without their line ends; undefined for a line longer than LINE_BYTES_MAX. */
  readonly lines: readonly (string | undefined)[];
  /** The number of the first of them, counted from 1. */
  readonly firstLine: number;
  /** How many bytes of the file have been read. */
  readonly position: number;
}

export const LINE_BYTES_MAX = 65_536;
const READ_BYTES = 262_144;
const LINE_FEED = 10;

/** The lines of the first `size` bytes of a file, in chunks; memory does not grow with a line's length. */
export async function* readLines(handle: FileHandle, size: number): AsyncGenerator<LineChunk> {
  const buffer = Buffer.allocUnsafe(READ_BYTES + LINE_BYTES_MAX + 1);
  // The part of a line that waits for the rest of it lies in buffer[0, held).
  let held = 0;
  let isTooLong = false;
  let position = 0;
  let firstLine = 1;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, held, Math.min(READ_BYTES, size - position), position);
    position += bytesRead;
    const isEnd = bytesRead === 0 || position >= size;
    const end = held + bytesRead;
    const lines: (string | undefined)[] = [];
    let start = 0;
    if (isTooLong) {
      const lineEnd = buffer.indexOf(LINE_FEED);
      const isOver = lineEnd >= 0 && lineEnd < end;
      if (isOver || isEnd) lines.push(undefined);
      start = isOver ? lineEnd + 1 : end;
      isTooLong = !isOver;
    }
    const lastEnd = end === 0 ? -1 : buffer.lastIndexOf(LINE_FEED, end - 1);
    if (lastEnd >= start) {
      pushLines(buffer.toString('utf8', start, lastEnd), lines);
      start = lastEnd + 1;
    }
    if (isEnd && start < end) {
      pushLines(buffer.toString('utf8', start, end), lines);
      start = end;
    }
    held = end - start;
    if (held > LINE_BYTES_MAX) {
      isTooLong = true;
      held = 0;
    } else if (held > 0) buffer.copyWithin(0, start, end);
    if (firstLine === 1 && lines[0]?.startsWith('\uFEFF')) lines[0] = lines[0].slice(1);
    if (lines.length > 0) {
      yield { lines, firstLine, position };
      firstLine += lines.length;
    }
    if (isEnd) return;
  }
}

function pushLines(text: string, lines: (string | undefined)[]): void {
  for (const line of text.split('\n')) {
    if (line.length > LINE_BYTES_MAX) lines.push(undefined);
    else lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
