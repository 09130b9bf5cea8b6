import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

export const BALLAST_BLOCK_BYTES = 64 << 10;

/**
 * Mounts a small file system in memory; answers with why that cannot be done, where it cannot. With
 * `REQUIRE_ENGINES=1` it throws there.
 */
export function mountSmallDisk(directory: string, size: string): string | undefined {
  const missing = tryToMount(directory, size);
  if (missing !== undefined && process.env.REQUIRE_ENGINES === '1')
    throw new Error(`a full disk cannot be tested: ${missing}`);
  return missing;
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

function tryToMount(directory: string, size: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
  mkdirSync(directory, { recursive: true });
  const mounted = tryRun('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory);
  return mounted ? undefined : 'no file system can be mounted here';
}
