import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeMachine, findMount } from '../../src/bench/machine.js';
import { timeFsyncs } from '../../src/bench/measures/fsync.js';
import { consumptionOf, diskBytes, readConsumption } from '../../src/bench/servers/consumption.js';
import { ended, Workspace, within } from '../../src/bench/servers/workspace.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyboard-bench-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('what a process takes', () => {
  test('is read from the files of Linux, whatever the program is called', () => {
    const stat = '4711 (no de) S (x) 1 1 1 0 -1 4194560 29 0 0 0 250 75 0 0 20 0 11 0 9 1 2 3';
    const status = 'Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n';
    expect(readConsumption(stat.replace('(no de) S (x)', '(no) S de) R'), status)).toEqual({
      cpuSeconds: 3.25,
      residentBytes: 1024 * 1024,
      residentPeakBytes: 2 * 1024 * 1024,
    });
  });

  test.runIf(process.platform === 'linux')('is that of this process', async () => {
    const before = (await consumptionOf(process.pid))!;
    const cpu = process.cpuUsage();
    let microseconds = 0;
    while (microseconds < 150_000) {
      const { user, system } = process.cpuUsage(cpu);
      microseconds = user + system;
    }
    const after = (await consumptionOf(process.pid))!;
    // Counted in hundredths of a second.
    expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThan(0.1);
    expect(after.residentBytes).toBeGreaterThan(10e6);
    expect(after.residentPeakBytes).toBeGreaterThanOrEqual(after.residentBytes * 0.9);
  });

  test('is unknown of a process that is not there', async () => {
    expect(await consumptionOf(2 ** 30)).toBeNull();
  });
});

test('the bytes of a folder are those of its files, by entry', async () => {
  const store = join(folder, 'store');
  await mkdir(join(store, 'journal', 'deep'), { recursive: true });
  await writeFile(join(store, 'journal', 'deep', 'a'), Buffer.alloc(100_000, 1));
  await writeFile(join(store, 'journal', 'b'), Buffer.alloc(50_000, 1));
  await writeFile(join(store, 'c'), Buffer.alloc(10_000, 1));
  const bytes = await diskBytes(store);
  expect(Object.keys(bytes).sort()).toEqual(['', 'c', 'journal']);
  expect(bytes['']).toBe(bytes.journal! + bytes.c!);
  expect(bytes.journal).toBeGreaterThanOrEqual(150_000);
  expect(bytes.journal).toBeLessThan(200_000);
});

test('every fsync is timed, and the file is gone', () => {
  const times = timeFsyncs(folder, 5);
  expect(times).toHaveLength(5);
  for (const time of times) expect(time).toBeGreaterThan(0);
  expect(existsSync(join(folder, 'fsync-probe'))).toBe(false);
});

describe('the machine', () => {
  test('is described', async () => {
    const machine = await describeMachine(folder);
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.node).toBe(process.version);
    expect(machine.diskFreeBytes).toBeGreaterThan(0);
  });

  test('has its data on the nearest mount above', () => {
    const mounts = [
      '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      '30 22 0:25 / /tmp rw shared:1 - tmpfs tmpfs rw,size=1g',
      '31 22 8:1 / /var/lib rw master:2 - xfs /dev/sda1 rw',
      '',
    ].join('\n');
    expect(findMount(mounts, '/home/me')).toEqual({ device: '/dev/vda', fileSystem: 'ext4' });
    expect(findMount(mounts, '/tmp/a/b')).toEqual({ device: 'tmpfs', fileSystem: 'tmpfs' });
    expect(findMount(mounts, '/tmpfiles')).toEqual({ device: '/dev/vda', fileSystem: 'ext4' });
    expect(findMount(mounts, '/var/lib')).toEqual({ device: '/dev/sda1', fileSystem: 'xfs' });
    expect(findMount('', '/')).toBeUndefined();
  });
});

describe('the workspace', () => {
  test('ends its children and removes its folder, and does no harm when told again', async () => {
    const workspace = new Workspace(folder);
    const inside = await workspace.freshFolder('journal:x/y');
    expect(inside.startsWith(workspace.directory)).toBe(true);
    expect(await workspace.freshFolder('journal:x/y')).not.toBe(inside);
    const child = workspace.spawn([process.execPath, '-e', 'setInterval(() => {}, 1000)'], {});
    const group = workspace.keepGroup(spawn('sh', ['-c', 'sleep 60 & wait'], { detached: true }));
    workspace.dispose();
    expect(await within(ended(child), 60, 'the child')).toBe('SIGKILL');
    expect(await within(ended(group), 60, 'the group')).toBe('SIGKILL');
    expect(existsSync(workspace.directory)).toBe(false);
    workspace.dispose();
  });

  test('starts its children without the environment', async () => {
    const workspace = new Workspace(folder);
    try {
      const script = 'process.exit(process.env.PATH === undefined ? 3 : 4)';
      expect(await ended(workspace.spawn([process.execPath, '-e', script], {}))).toBe(3);
    } finally {
      workspace.dispose();
    }
  });

  test('waits no longer than it is told', async () => {
    await expect(within(new Promise(() => {}), 0.01, 'the thing')).rejects.toThrow(
      'the thing took longer than 0.01 s',
    );
  });
});
