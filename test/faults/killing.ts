import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Acknowledged, startLoad } from '../../src/faults/load.js';
import { findLosses, findWrongReplays, verify } from './check.js';
import { startServerProcess } from './server-process.js';

/** Small segments and frequent checkpoints, so that a fault falls into rolls and checkpoints as well. */
export const RESTLESS = 'segment-bytes=524288&checkpoint-contacts=256&checkpoint-milliseconds=20';

/**
 * Kills servers under load, one after the other in the same directory, and looks after each whether all that it
 * acknowledged is there; after `verifications` of them, and after the last, also whether every tally agrees and
 * replays get their first answer. Answers how many contacts were acknowledged.
 */
export async function killAgainAndAgain(
  directory: string,
  kills: number,
  verifications: number,
): Promise<number> {
  const store = `journal:${directory}?${RESTLESS}`;
  const all: Acknowledged[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const milliseconds = Math.round(150 + Math.random() * 350);
    const label = `kill ${kill}, ${milliseconds} ms after its first answer`;
    const server = await startServerProcess(store);
    const load = startLoad(server.url);
    await load.begun();
    await pause(milliseconds);
    expect(await server.end('SIGKILL'), label).toBe('SIGKILL');
    await load.stop();
    expect(load.wrongReplays, label).toEqual([]);
    const acknowledged = load.snapshot();
    expect(acknowledged.length, label).toBeGreaterThan(0);
    all.push(...acknowledged);
    expect(await findLosses(store, acknowledged), label).toEqual([]);
    if (kill < verifications) await expectProved(store, acknowledged, label);
  }
  expect(await findLosses(store, all)).toEqual([]);
  await expectProved(store, all, `after ${kills} kills`);
  return all.length;
}

/** Every tally agrees with the raw events, and replays get their first answer. */
export async function expectProved(
  store: string,
  acknowledged: readonly Acknowledged[],
  label: string,
): Promise<void> {
  expect(await verify(store), label).toBeUndefined();
  expect(await findWrongReplays(store, acknowledged), label).toEqual([]);
}
