import * as kit from '../../src/faults/check.js';
import type { Acknowledged } from '../../src/faults/load.js';
import { cleanEnvironment, startServerProcess } from './server-process.js';

export { findLosses } from '../../src/faults/check.js';

/** Runs `tallyboard verify`; answers with what it said when it found a difference. */
export function verify(store: string): Promise<string | undefined> {
  return kit.verify(store, [], cleanEnvironment());
}

/** Starts the server again and sends some initials once more: each must get its first answer. */
export async function findWrongReplays(
  store: string,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  const server = await startServerProcess(store);
  const wrong = await kit.findWrongReplays(server.url, acknowledged);
  await server.end('SIGTERM');
  return wrong;
}
