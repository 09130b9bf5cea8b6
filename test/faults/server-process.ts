import { atEnd } from '../at-end.js';
import { type ServerProcess, spawnServer } from './spawn-server.js';

export { cleanEnvironment, type ServerProcess } from './spawn-server.js';

/**
 * Starts `tallyboard serve` on a free port and waits until it is ready; it ends with the tests at the latest.
 * `wrapper`: a command to start it with; `flags`: further ones, which win.
 */
export function startServerProcess(
  store: string,
  wrapper: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return spawnServer(store, wrapper, flags, (group) => {
    atEnd(() => {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // It has ended.
      }
    });
  });
}
