import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import * as kit from '../../../src/faults/index.js';
import { MAIN } from '../../../src/faults/server-process.js';
import { verify } from '../../faults/check.js';
import { cleanEnvironment, startServerProcess } from '../../faults/server-process.js';

const run = promisify(execFile);

export type Aftermath = Pick<kit.Aftermath, 'acknowledged' | 'lost'>;

/** Two servers take requests while something is broken: nothing may be wrong but what is lost. */
export async function underFault(
  store: string,
  interrupt: kit.FaultOptions['interrupt'],
): Promise<Aftermath> {
  const after = await kit.underFault({ store, interrupt, environment: cleanEnvironment() });
  expect(after.acknowledged).toBeGreaterThan(200);
  expect(after.differences).toBeUndefined();
  if (after.lost.length === 0) expect(after.wrongReplays).toEqual([]);
  return after;
}

/** Two servers of a store have exactly what clients sent to both, as `simulate --check` sees it. */
export async function expectAllThatWasSent(store: string, requests: number): Promise<void> {
  const servers = [await startServerProcess(store), await startServerProcess(store)];
  const urls = servers.map(({ url }) => url).join(',');
  const { stdout } = await run(
    process.execPath,
    [MAIN, 'simulate', '--url', urls, '--requests', String(requests), '--concurrency', '32', '--check'],
    { env: cleanEnvironment() },
  );
  expect(stdout).toContain('the dashboard gained exactly what was sent');
  for (const server of servers) expect(await server.end('SIGTERM')).toBe(0);
  expect(await verify(store)).toBeUndefined();
}
