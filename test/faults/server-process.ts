import { type ServerProcess, spawnServer } from '../../src/faults/server-process.js';
import { atEnd } from '../at-end.js';

export type { ServerProcess } from '../../src/faults/server-process.js';

/**
 * Starts `tallyboard serve` on a free port and waits until it is ready; it ends with the tests at the latest.
 * `wrapper`: a command to start it with; `flags`: further ones, which win.
 */
export function startServerProcess(
  store: string,
  wrapper: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return spawnServer(store, {
    wrapper,
    flags,
    environment: cleanEnvironment(),
    onSpawn(group) {
      atEnd(() => {
        try {
          process.kill(-group, 'SIGKILL');
        } catch {
          // It has ended.
        }
      });
    },
  });
}

/** The environment without what was set for the test run. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TALLYBOARD_|VITEST|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}
