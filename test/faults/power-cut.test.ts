import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { findLosses, findWrongReplays, verify } from './check.js';
import { startLoad } from './load.js';
import { startServerProcess } from './server-process.js';

// A power cut without a machine to switch off: the file system is told to shut down without writing its log,
// so that all that was not synced is gone, data and metadata alike.

const CUTS = 20;
const CONTROL_CUTS = 5;
const IMAGE_BYTES = 320 << 20;
const work = mkdtempSync(join(tmpdir(), 'tallyboard-power-'));
const mountPoint = join(work, 'mount');
const missing = whatIsMissing();
if (missing !== undefined && process.env.REQUIRE_ENGINES === '1')
  throw new Error(`power cuts cannot be tested: ${missing}`);

afterAll(() => {
  tryRun('umount', '-f', mountPoint);
  tryRun('umount', '-f', work);
  rmSync(work, { recursive: true, force: true });
});

describe.skipIf(missing !== undefined)(
  `power cuts${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it(`loses nothing that it acknowledged before the power is cut, ${CUTS} times`, async () => {
      for (let cut = 0; cut < CUTS; cut += 1) {
        const { store, acknowledged } = await cutPower(`cut-${cut}`, []);
        expect(acknowledged.length).toBeGreaterThan(0);
        expect(await findLosses(store, acknowledged)).toEqual([]);
        expect(await verify(store)).toBeUndefined();
        if (cut % 5 === 0) expect(await findWrongReplays(store, acknowledged)).toEqual([]);
        rmSync(join(mountPoint, `cut-${cut}`), { recursive: true });
      }
    }, 1_200_000);

    it('is a test that can fail: the same server loses events when its syncs do nothing', async () => {
      let lost = 0;
      for (let cut = 0; cut < CONTROL_CUTS; cut += 1) {
        const { store, acknowledged } = await cutPower(`control-${cut}`, ['eatmydata']);
        lost += await findLosses(store, acknowledged).then(
          (losses) => losses.length,
          () => acknowledged.length,
        );
      }
      expect(lost).toBeGreaterThan(0);
    });
  },
);

/** Runs the server under load on a disk of its own, cuts the power, and mounts the disk again. */
async function cutPower(name: string, wrapper: readonly string[]) {
  mountDisk();
  // Small segments and frequent checkpoints, so that cuts fall into rolls and checkpoints as well.
  const options = 'segment-bytes=524288&checkpoint-contacts=256&checkpoint-milliseconds=20';
  const store = `journal:${join(mountPoint, name)}?${options}`;
  const server = await startServerProcess(store, wrapper);
  const load = startLoad(server.url);
  await load.begun();
  await pause(200 + Math.random() * 300);
  const acknowledged = load.snapshot();
  run('xfs_io', '-x', '-c', 'shutdown', mountPoint);
  await server.end('SIGKILL');
  await load.stop();
  await unmountDisk();
  mountDisk();
  return { store, acknowledged };
}

function mountDisk(): void {
  if (tryRun('mountpoint', '-q', mountPoint)) return;
  run('mount', '-o', 'loop', join(work, 'disk.img'), mountPoint);
}

/** Whoever looks at the disks of the machine may hold this one for a moment. */
async function unmountDisk(): Promise<void> {
  for (let waited = 0; waited < 60_000 && !tryRun('umount', mountPoint); waited += 100) await pause(100);
  expect(tryRun('mountpoint', '-q', mountPoint)).toBe(false);
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
  for (const command of ['mkfs.xfs', 'xfs_io', 'eatmydata']) {
    if (!tryRun('which', command)) return `install the packages xfsprogs and eatmydata (no ${command})`;
  }
  mkdirSync(mountPoint, { recursive: true });
  const image = join(work, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, IMAGE_BYTES);
  // Who makes a mount namespace meanwhile, as `ip netns exec` does, gets a copy of every mount: were it not
  // unmounted with ours, the next mount would be of the same file system, which is shut down.
  const isShared = tryRun('mount', '--bind', work, work) && tryRun('mount', '--make-shared', work);
  const mounted =
    isShared && tryRun('mkfs.xfs', '-q', image) && tryRun('mount', '-o', 'loop', image, mountPoint);
  return mounted ? undefined : 'no loop device can be mounted here';
}

function run(command: string, ...parameters: string[]): void {
  execFileSync(command, parameters, { stdio: 'pipe' });
}

function tryRun(command: string, ...parameters: string[]): boolean {
  try {
    run(command, ...parameters);
    return true;
  } catch {
    return false;
  }
}
