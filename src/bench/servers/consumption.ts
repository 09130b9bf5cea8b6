import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a process has taken so far, all of its threads together. */
export interface Consumption {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly residentPeakBytes: number;
}

/** Reads what a process has taken from /proc; null where there is none, which is everywhere but on Linux. */
export async function consumptionOf(pid: number): Promise<Consumption | null> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    return readConsumption(stat, status);
  } catch {
    return null;
  }
}

/** Reads the two files as Linux writes them. */
export function readConsumption(stat: string, status: string): Consumption {
  // The name of the program comes second, in brackets, and may have brackets and spaces of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuSeconds: (userTicks + systemTicks) / TICKS_A_SECOND,
    residentBytes: kilobytes(status, 'VmRSS') * 1024,
    residentPeakBytes: kilobytes(status, 'VmHWM') * 1024,
  };
}

/** The space that the files of a folder take on the disk, by its entries; `''` is the sum. */
export async function diskBytes(folder: string): Promise<Record<string, number>> {
  const bytes: Record<string, number> = { '': 0 };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const size = entry.isDirectory()
      ? (await diskBytes(path))['']!
      : (await lstat(path)).blocks * BLOCK_BYTES;
    bytes[entry.name] = size;
    bytes['']! += size;
  }
  return bytes;
}

/** In what Linux counts processor time for its readers, whatever the kernel's own clock is. */
const TICKS_A_SECOND = 100;
/** What stat(2) counts in, whatever the blocks of the file system are. */
const BLOCK_BYTES = 512;

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
