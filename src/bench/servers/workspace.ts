import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { within as inTime } from '../../contract/within.js';

/**
 * What a run leaves behind if nobody looks after it: a folder of data and child processes. Both end with the
 * run, however it ends.
 */
export class Workspace {
  readonly directory: string;
  readonly #children = new Set<ChildProcess>();
  readonly #groups = new Set<ChildProcess>();
  readonly #engines: string | undefined;
  #folders = 0;

  /** `engines`: those from elsewhere, as `addEngines` reads them, for all children. */
  constructor(parent: string, engines?: string) {
    this.#engines = engines;
    this.directory = mkdtempSync(join(parent, 'tallyboard-bench-'));
    // A server of an engine that does not run as root must come through.
    chmodSync(this.directory, 0o711);
  }

  /** A module of the bench, by its path in there, as a process of its own, spoken with by messages. */
  fork(module: string): ChildProcess {
    return this.#keep(
      fork(join(import.meta.dirname, '..', module), this.#engines === undefined ? [] : [this.#engines], {
        env: CLEAN_ENVIRONMENT,
        execArgv: [],
        serialization: 'advanced',
      }),
    );
  }

  /** A command, without the environment: what is set there for other uses must not change the figures. */
  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    const env = this.#engines === undefined ? CLEAN_ENVIRONMENT : { TALLYBOARD_ENGINE: this.#engines };
    return this.#keep(spawn(command[0]!, command.slice(1), { env, ...options }));
  }

  async freshFolder(name: string): Promise<string> {
    this.#folders += 1;
    const folder = join(this.directory, `${this.#folders}-${name.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}`);
    await mkdir(folder);
    return folder;
  }

  async remove(folder: string): Promise<void> {
    await rm(folder, REMOVAL);
  }

  /** Ends every child at once and removes the folder; harmless when called again, and in a signal handler. */
  dispose(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const child of this.#groups) endGroup(child);
    rmSync(this.directory, REMOVAL);
  }

  /** Has a child that was started detached end with the run, and with it all that it started. */
  keepGroup(child: ChildProcess): ChildProcess {
    this.#groups.add(child);
    return child;
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    // The one who waits for the child hears of its end; without a listener a failed start would end the run.
    child.on('error', () => this.#children.delete(child));
    return child;
  }
}

/** Rejects when `promise` takes longer than it may; the reason names what was waited for. */
export function within<T>(promise: Promise<T>, seconds: number, what: string): Promise<T> {
  return inTime(promise, seconds * 1000, () => new Error(`${what} took longer than ${seconds} s`));
}

/** Resolves when a child has ended: its exit code, or the signal that ended it. */
export function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else if (child.signalCode !== null) resolve(child.signalCode);
    else {
      child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
      child.once('error', reject);
    }
  });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** A child that is being killed may still write while its folder is removed. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const;

const CLEAN_ENVIRONMENT: NodeJS.ProcessEnv = {};
