import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Mounts a small file system in memory; answers with why that cannot be done, where it cannot. */
export function mountSmallDisk(directory: string, size: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
  mkdirSync(directory, { recursive: true });
  const mounted = tryRun('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory);
  return mounted ? undefined : 'no file system can be mounted here';
}

export function unmountSmallDisk(directory: string): void {
  tryRun('umount', '-f', directory);
}

/** Writes to a file until the disk is full, so many bytes at a time: as many may be left. */
export function fillUp(path: string, blockBytes: number): void {
  const block = Buffer.alloc(blockBytes);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

export function tryRun(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
