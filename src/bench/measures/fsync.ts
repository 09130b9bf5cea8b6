import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Times one fdatasync after another, each of 4 KB appended to a file, in milliseconds. */
export function timeFsyncs(folder: string, count: number): number[] {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  try {
    const page = Buffer.alloc(PAGE_BYTES, 1);
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) {
      writeSync(file, page);
      const started = performance.now();
      fdatasyncSync(file);
      times.push(performance.now() - started);
    }
    return times;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

const PAGE_BYTES = 4096;
