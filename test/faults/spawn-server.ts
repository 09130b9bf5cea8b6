import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The built program. */
export const MAIN = new URL('../../bin/tallyboard.js', import.meta.url).pathname;

/** A server in a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines that it logged so far, as the objects that they are. */
  readonly log: readonly Record<string, unknown>[];
  /** Sends a signal and waits for the end; answers with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/**
 * Starts `tallyboard serve` on a free port and waits until it is ready. Nobody ends it where a test does not:
 * tests start theirs with `startServerProcess`. `onSpawn` is told the number of its group.
 */
export async function spawnServer(
  store: string,
  wrapper: readonly string[],
  flags: readonly string[],
  onSpawn: (group: number) => void = () => {},
): Promise<ServerProcess> {
  const command = [...wrapper, process.execPath, MAIN, 'serve', '--store', store, '--port', '0', ...flags];
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: cleanEnvironment(),
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
  for (let waited = 0; !(await isReady(url)); waited += 10) {
    if (child.exitCode !== null || waited > 60_000) throw new Error(`not ready: ${JSON.stringify(log)}`);
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

/** The environment without what was set for the test run. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TALLYBOARD_|VITEST|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
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
