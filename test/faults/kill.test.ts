import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLosses, findWrongReplays, verify } from './check.js';
import { type Acknowledged, startLoad } from './load.js';
import { startServerProcess } from './server-process.js';

const KILLS = 20;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tallyboard-kill-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

it(`loses nothing that it acknowledged when it is killed under load, ${KILLS} times in the same directory`, async () => {
  // Small segments and frequent checkpoints, so that kills fall into rolls and checkpoints as well.
  const store = `journal:${directory}?segment-bytes=524288&checkpoint-contacts=256&checkpoint-milliseconds=20`;
  const all: Acknowledged[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const server = await startServerProcess(store);
    const load = startLoad(server.url);
    await load.begun();
    await pause(150 + Math.random() * 350);
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await load.stop();
    expect(load.wrongReplays).toEqual([]);
    expect(load.acknowledged.size).toBeGreaterThan(0);
    const acknowledged = load.snapshot();
    all.push(...acknowledged);
    expect(await findLosses(store, acknowledged)).toEqual([]);
  }
  expect(await findLosses(store, all)).toEqual([]);
  expect(await verify(store)).toBeUndefined();
  expect(await findWrongReplays(store, all)).toEqual([]);
}, 1_200_000);

it('verifies after each of some kills, and gives replays their first answer', async () => {
  const store = `journal:${join(directory, 'verified')}`;
  for (let kill = 0; kill < 3; kill += 1) {
    const server = await startServerProcess(store);
    const load = startLoad(server.url);
    await load.begun();
    await pause(300);
    await server.end('SIGKILL');
    await load.stop();
    const acknowledged = load.snapshot();
    expect(await findLosses(store, acknowledged)).toEqual([]);
    expect(await verify(store)).toBeUndefined();
    expect(await findWrongReplays(store, acknowledged)).toEqual([]);
  }
});
