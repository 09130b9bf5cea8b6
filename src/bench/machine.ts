import { readFile, realpath, statfs } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What a run was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** The file system and the device of the data. */
  readonly disk: string;
  /** Whether the data lie in memory, where an fsync costs nothing. */
  readonly diskInMemory: boolean;
  readonly diskFreeBytes: number;
  /** How many processes wanted to run in the minute before; above 0.5 the figures are disturbed. */
  readonly loadBefore: number;
}

export async function describeMachine(dataFolder: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(dataFolder);
  const mount = await mountOf(dataFolder);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    disk: mount === undefined ? 'unknown' : `${mount.fileSystem} on ${mount.device}`,
    diskInMemory: mount?.fileSystem === 'tmpfs' || mount?.fileSystem === 'ramfs',
    diskFreeBytes: bavail * bsize,
    loadBefore: loadavg()[0]!,
  };
}

export interface Mount {
  readonly device: string;
  readonly fileSystem: string;
}

/** The mount that a path lies on, of the lines of /proc/self/mountinfo. */
export function findMount(mountinfo: string, path: string): Mount | undefined {
  let found: (Mount & { readonly point: string }) | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const point = before?.split(' ')[4];
    const [fileSystem, device] = after?.split(' ') ?? [];
    if (point === undefined || fileSystem === undefined || device === undefined) continue;
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of two mounts at the same point, the later one is seen.
    if (isAbove && point.length >= (found?.point.length ?? 0)) found = { point, device, fileSystem };
  }
  return found === undefined ? undefined : { device: found.device, fileSystem: found.fileSystem };
}

async function mountOf(folder: string): Promise<Mount | undefined> {
  try {
    return findMount(await readFile('/proc/self/mountinfo', 'utf8'), await realpath(folder));
  } catch {
    return undefined;
  }
}
