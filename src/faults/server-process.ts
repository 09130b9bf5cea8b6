import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The built program. */
export const MAIN = new URL('../../bin/tallyboard.js', import.meta.url).pathname;

/** To end what hangs: a store that folds a log, or a machine with much other work, takes its time. */
const READY_MILLISECONDS_MAX = 240_000;

/** A server in a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines that it logged so far, as the objects that they are. */
  readonly log: readonly Record<string, unknown>[];
  /** Sends a signal and waits for the end; answers with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface SpawnOptions {
  /** A command to start it with. */
  readonly wrapper?: readonly string[];
  /** Further ones, which win. */
  readonly flags?: readonly string[];
  /** Default: an empty one. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Is told the number of its group. */
  readonly onSpawn?: (group: number) => void;
}

/** Starts `tallyboard serve` on a free port and waits until it is ready. It ends when `end` is called. */
export async function spawnServer(
  store: string,
  { wrapper = [], flags = [], environment = {}, onSpawn = () => {} }: SpawnOptions = {},
): Promise<ServerProcess> {
  const command = [...wrapper, process.execPath, MAIN, 'serve', '--store', store, '--port', '0', ...flags];
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
    detached: true,
  });
  if (child.pid !== undefined) onSpawn(child.pid);
  const log: Record<string, unknown>[] = [];
  const lines = createInterface({ input: child.stderr! });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = readLine(line);
      log.push(entry);
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    void ended.then((how) => reject(new Error(`the server ended (${how}): ${JSON.stringify(log)}`)));
  });
  for (const deadline = performance.now() + READY_MILLISECONDS_MAX; !(await isReady(url)); ) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || performance.now() > deadline) throw new Error(`not ready: ${JSON.stringify(log)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    url,
    child,
    log,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_MILLISECONDS_MAX) }).then(
    (response) => response.ok,
    () => false,
  );
}

function readLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
}
