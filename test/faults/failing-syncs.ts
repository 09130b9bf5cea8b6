import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { startLoad } from '../../src/faults/load.js';
import { freshDirectory } from '../stores/journal/support.js';
import { findLosses, verify } from './check.js';
import { startServerProcess } from './server-process.js';
import { tryRun } from './small-disk.js';

/** Why calls cannot be made to fail here; undefined where they can. */
export function straceMissing(): string | undefined {
  const missing = tryRun('strace', '-V') ? undefined : 'install the package strace';
  if (missing !== undefined && process.env.REQUIRE_ENGINES === '1')
    throw new Error(`failing syncs cannot be tested: ${missing}`);
  return missing;
}

/**
 * Puts a server under load while its syncs fail, kills it, and looks for what it lost. Answers whether an
 * event was refused meanwhile.
 */
export async function refusesUnder(call: string, when: string): Promise<boolean> {
  const options = 'segment-bytes=262200&checkpoint-milliseconds=200';
  const store = `journal:${freshDirectory()}?${options}&separate-sync=${call === 'fdatasync' ? 1 : 0}`;
  const wrapper = [
    // strace counts the calls of each thread for itself.
    'env',
    'UV_THREADPOOL_SIZE=1',
    'strace',
    '--seccomp-bpf',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:error=EIO:when=${when}`,
  ];
  const server = await startServerProcess(store, wrapper);
  const load = startLoad(server.url);
  await waitFor(() => server.log.some((line) => /EIO|I\/O error|Input\/output/.test(String(line.reason))));
  // What fails again and again strikes an event in the end; what fails once has done so by now, or never will.
  const refusedMillisecondsMax = when.includes('+') ? 90_000 : 5000;
  for (let waited = 0; waited < refusedMillisecondsMax && load.refused.size === 0; waited += 20) {
    await pause(20);
  }
  await pause(1000);
  await waitFor(() => load.acknowledged.size > 100);
  // Killed, so that nothing is put right at leisure. The signal is for the server, not for strace.
  const [serverId] = execFileSync('pgrep', ['-P', String(server.child.pid)], { encoding: 'utf8' }).split(
    '\n',
  );
  process.kill(Number(serverId), 'SIGKILL');
  await server.end('SIGTERM');
  await load.stop();
  expect(load.wrongReplays).toEqual([]);
  expect(await findLosses(store, load.snapshot(), load.refused)).toEqual([]);
  expect(await verify(store)).toBeUndefined();
  return load.refused.size > 0;
}

/** Waits until something holds. */
export async function waitFor(done: () => boolean): Promise<void> {
  for (let waited = 0; waited < 240_000 && !done(); waited += 20) await pause(20);
  expect(done()).toBe(true);
}
