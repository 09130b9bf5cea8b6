import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { startLoad } from '../../src/faults/load.js';
import { createStore } from '../../src/stores/index.js';
import { verifyStore } from '../../src/transfer/verify/verify.js';
import { atEnd } from '../at-end.js';
import { findLosses } from './check.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

/** What happens to the first server while its directory is taken away, before and after the second starts. */
export interface Around {
  before?(first: ServerProcess): Promise<void>;
  after?(first: ServerProcess): void;
}

/**
 * Deletes all but the journal under a server that has load, starts a second one there, and looks that no
 * event that either of them acknowledged is lost or counted twice.
 */
export async function expectTakeover(options: string, { before, after }: Around = {}): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tallyboard-takeover-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  const store = `journal:${directory}?${options}`;
  const first = await startServerProcess(store);
  const firstLoad = startLoad(first.url);
  await firstLoad.begun();
  await before?.(first);
  for (const name of ['lock', 'projection', 'filter']) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  const second = await startServerProcess(store);
  const secondLoad = startLoad(second.url);
  after?.(first);
  await secondLoad.begun();
  await refusing(first);
  await firstLoad.stop();
  // What it refuses while the second one is written to, it does not store.
  const acknowledged = secondLoad.acknowledged.size;
  while (secondLoad.acknowledged.size < acknowledged + 200) await pause(5);
  expect((await fetch(`${first.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  expect(first.log.filter(({ msg }) => String(msg).includes('was taken away')).length).toBe(1);
  expect(await first.end('SIGTERM')).toBe(0);
  await secondLoad.stop();
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  expect(await second.end('SIGTERM')).toBe(0);
  const both = [firstLoad, secondLoad];
  expect(both.flatMap(({ wrongReplays }) => wrongReplays)).toEqual([]);
  const refused = new Set(both.flatMap((load) => [...load.refused]));
  const all = both.flatMap((load) => load.snapshot());
  expect(await findLosses(store, all, refused)).toEqual([]);
  const opened = await createStore(store, { log: { info() {}, warn() {}, error() {} } });
  await opened.open();
  const { differences } = await verifyStore(opened, { ranges: 20, random: Math.random });
  await opened.close();
  expect(differences).toEqual([]);
}

/** Once another has the directory, a server acknowledges nothing; resolves when it has said why. */
async function refusing({ url }: ServerProcess): Promise<void> {
  for (let n = 0; ; n += 1) {
    const uuid = `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`;
    const response = await fetch(`${url}/initial?uuid=${uuid}&symbol=e`, { method: 'POST' });
    const answer = await response.text();
    expect(response.status, answer).toBe(503);
    if (answer.includes('STORE_LOCKED')) return;
  }
}
