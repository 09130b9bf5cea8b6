import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a process has taken so far, all of its threads together, and the processes that it started. */
export interface Consumption {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly residentPeakBytes: number;
}

/**
 * Reads what a process and those that it started have taken from /proc; null where there is none, which is
 * everywhere but on Linux. Memory that they share is counted for each.
 */
export async function consumptionOf(pid: number): Promise<Consumption | null> {
  try {
    const [stat, status, children] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      childrenOf(pid),
    ]);
    const own = readConsumption(stat, status);
    const theirs = await Promise.all(children.map(consumptionOf));
    return theirs.reduce<Consumption>((sum, each) => (each === null ? sum : added(sum, each)), own);
  } catch {
    return null;
  }
}

/** The processes that any of its threads started, and that have not ended. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

export function added(first: Consumption, second: Consumption): Consumption {
  return {
    cpuSeconds: first.cpuSeconds + second.cpuSeconds,
    residentBytes: first.residentBytes + second.residentBytes,
    residentPeakBytes: first.residentPeakBytes + second.residentPeakBytes,
  };
}

/** Reads the two files as Linux writes them. */
export function readConsumption(stat: string, status: string): Consumption {
  // The name of the program comes second, in brackets, and may have brackets and spaces of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Its own, and those of children that have ended.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return {
    cpuSeconds: ticks / TICKS_A_SECOND,
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
