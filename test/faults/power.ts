import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Acknowledged, startLoad } from '../../src/faults/load.js';
import { atEnd } from '../at-end.js';
import { findLosses, verify } from './check.js';
import { expectProved, RESTLESS } from './killing.js';
import { startServerProcess } from './server-process.js';
import { tryRun } from './small-disk.js';

// A power cut without a machine to switch off: the file system is told to shut down without writing its log,
// so that all that was not synced is gone, data and metadata alike.

const IMAGE_BYTES = 320 << 20;

/** A disk of its own, of which the power can be cut. */
export class Disk {
  readonly #work = mkdtempSync(join(tmpdir(), 'tallyboard-power-'));
  readonly #mountPoint = join(this.#work, 'mount');

  /** Why there is none here; undefined where there is. */
  readonly missing: string | undefined;

  constructor() {
    atEnd(() => {
      tryRun('umount', '-f', this.#mountPoint);
      tryRun('umount', '-f', this.#work);
      rmSync(this.#work, { recursive: true, force: true });
    });
    this.missing = this.#prepare();
    if (this.missing !== undefined && process.env.REQUIRE_ENGINES === '1')
      throw new Error(`power cuts cannot be tested: ${this.missing}`);
  }

  /** Cuts the power of servers under load, each with a store of its own; answers how many contacts they had. */
  async losesNothing(cuts: number): Promise<number> {
    let contacts = 0;
    for (let cut = 0; cut < cuts; cut += 1) {
      const { store, folder, acknowledged, label } = await this.#cutPower(`cut-${cut}`, []);
      expect(acknowledged.length, label).toBeGreaterThan(0);
      expect(await findLosses(store, acknowledged), label).toEqual([]);
      if (cut % 5 === 0) await expectProved(store, acknowledged, label);
      else expect(await verify(store), label).toBeUndefined();
      rmSync(folder, { recursive: true });
      contacts += acknowledged.length;
    }
    return contacts;
  }

  /** The same with syncs that do nothing: answers how many acknowledged contacts are lost. */
  async losesUnsynced(cuts: number): Promise<number> {
    let lost = 0;
    for (let cut = 0; cut < cuts; cut += 1) {
      const { store, acknowledged } = await this.#cutPower(`control-${cut}`, ['eatmydata']);
      lost += await findLosses(store, acknowledged).then(
        (losses) => losses.length,
        () => acknowledged.length,
      );
    }
    return lost;
  }

  /** Runs the server under load on the disk, cuts the power, and mounts the disk again. */
  async #cutPower(name: string, wrapper: readonly string[]) {
    this.#mount();
    const folder = join(this.#mountPoint, name);
    const store = `journal:${folder}?${RESTLESS}`;
    const milliseconds = Math.round(200 + Math.random() * 300);
    const server = await startServerProcess(store, wrapper);
    const load = startLoad(server.url);
    await load.begun();
    await pause(milliseconds);
    const acknowledged: Acknowledged[] = load.snapshot();
    run('xfs_io', '-x', '-c', 'shutdown', this.#mountPoint);
    await server.end('SIGKILL');
    await load.stop();
    await this.#unmount();
    this.#mount();
    return { store, folder, acknowledged, label: `${name}, ${milliseconds} ms after its first answer` };
  }

  #mount(): void {
    if (tryRun('mountpoint', '-q', this.#mountPoint)) return;
    run('mount', '-o', 'loop', join(this.#work, 'disk.img'), this.#mountPoint);
  }

  /** Whoever looks at the disks of the machine may hold this one for a moment. */
  async #unmount(): Promise<void> {
    for (let waited = 0; waited < 60_000 && !tryRun('umount', this.#mountPoint); waited += 100)
      await pause(100);
    expect(tryRun('mountpoint', '-q', this.#mountPoint)).toBe(false);
  }

  #prepare(): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
    for (const command of ['mkfs.xfs', 'xfs_io', 'eatmydata']) {
      if (!tryRun('which', command)) return `install the packages xfsprogs and eatmydata (no ${command})`;
    }
    mkdirSync(this.#mountPoint, { recursive: true });
    const image = join(this.#work, 'disk.img');
    writeFileSync(image, '');
    truncateSync(image, IMAGE_BYTES);
    // Who makes a mount namespace meanwhile, as `ip netns exec` does, gets a copy of every mount: were it not
    // unmounted with ours, the next mount would be of the same file system, which is shut down.
    const isShared =
      tryRun('mount', '--bind', this.#work, this.#work) && tryRun('mount', '--make-shared', this.#work);
    const mounted =
      isShared && tryRun('mkfs.xfs', '-q', image) && tryRun('mount', '-o', 'loop', image, this.#mountPoint);
    return mounted ? undefined : 'no loop device can be mounted here';
  }
}

function run(command: string, ...parameters: string[]): void {
  execFileSync(command, parameters, { stdio: 'pipe' });
}
