import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Consumption, consumptionOf } from './consumption.js';
import { ended, type Workspace, within } from './workspace.js';

/** A server in a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly port: number;
  /** From the start of the process until it said that it takes requests. */
  readonly startSeconds: number;
  consumption(): Promise<Consumption | null>;
  /** Waits until the server has done what it had put off: a checkpoint, a compaction. */
  settle(): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** The command that serves a store, with the build that stands in `root`. */
export function serveCommand(root: string, storeUrl: string): string[] {
  const main = join(root, 'bin', 'tallyboard.js');
  const where = ['--host', '127.0.0.1', '--port', '0'];
  // A proof in the middle of a measurement would be measured.
  return [process.execPath, main, 'serve', '--store', storeUrl, ...where, '--verify-every', 'off'];
}

/** The command that runs a module of the bench as a server. */
export function benchCommand(module: string, ...parameters: readonly string[]): string[] {
  return [process.execPath, join(import.meta.dirname, module), ...parameters];
}

/** Starts a server, reads its address from what it logs, and waits for `/readyz` unless told otherwise. */
export async function startServer(
  workspace: Workspace,
  command: readonly string[],
  { awaitReady = true }: { awaitReady?: boolean } = {},
): Promise<ServerProcess> {
  const started = performance.now();
  const child = workspace.spawn(command, { stdio: ['ignore', 'ignore', 'pipe'] });
  const lastLines: string[] = [];
  const end = ended(child);
  // The failure of a start is told below; a later one by whoever talks to the server.
  end.catch(() => {});
  const failed = end.then(
    (how) => Promise.reject(new Error(`the server ended (${how}): ${lastLines.join(' ')}`)),
    (error: unknown) => Promise.reject(new Error('the server did not start', { cause: error })),
  );
  failed.catch(() => {});
  const address = new Promise<number>((resolve) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > LOG_LINES_KEPT) lastLines.shift();
      const port = ADDRESS.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  const port = await within(Promise.race([address, failed]), START_SECONDS_MAX, 'the start of the server');
  if (awaitReady) {
    const ready = Promise.race([untilReady(port), failed]);
    await within(ready, OPEN_SECONDS_MAX, 'the opening of the store');
  }
  const startSeconds = (performance.now() - started) / 1000;
  const pid = child.pid!;

  async function settle(): Promise<void> {
    let last = await consumptionOf(pid);
    for (let quiet = 0, looks = 0; quiet < 2 && looks < SETTLE_LOOKS_MAX; looks += 1) {
      await sleep(SETTLE_MILLISECONDS);
      const now = await consumptionOf(pid);
      if (last === null || now === null) return;
      quiet = now.cpuSeconds - last.cpuSeconds < QUIET_CPU_SECONDS ? quiet + 1 : 0;
      last = now;
    }
  }

  return {
    port,
    startSeconds,
    settle,
    consumption: () => consumptionOf(pid),
    async stop() {
      child.kill('SIGTERM');
      const how = await within(end, STOP_SECONDS_MAX, 'the end of the server');
      // A bare server has nothing to finish, and ends by the signal itself.
      if (how !== 0 && how !== 'SIGTERM') {
        throw new Error(`the server ended with ${how}: ${lastLines.join(' ')}`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await within(end, STOP_SECONDS_MAX, 'the end of the server');
    },
  };
}

const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;
const LOG_LINES_KEPT = 5;
const START_SECONDS_MAX = 100;
const OPEN_SECONDS_MAX = 300;
const STOP_SECONDS_MAX = 120;
const READY_POLL_MILLISECONDS = 5;
const SETTLE_MILLISECONDS = 100;
const SETTLE_LOOKS_MAX = 50;
/** A tick of the processor time that the system counts in. */
const QUIET_CPU_SECONDS = 0.015;

async function untilReady(port: number): Promise<void> {
  while (!(await isReady(port))) await sleep(READY_POLL_MILLISECONDS);
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}
