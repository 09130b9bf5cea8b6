import { inject } from 'vitest';
import type { Log, Store } from '../../../src/contract/store.js';
import { createStore } from '../../../src/stores/index.js';
import { askDoor } from '../../door.js';

export const SILENT: Log = { info() {}, warn() {}, error() {} };

/** ` (skipped: …)` behind the name of a suite that cannot run here. */
export function nameOf(name: string, missing: string | null): string {
  return missing === null ? name : `${name} (skipped: ${missing})`;
}

/** The addresses of the Cluster that all tests share; what breaks one starts its own. */
export function sharedCluster(): Promise<string> {
  return askDoor(inject('redisUrl'), '/cluster');
}

let prefixes = 0;

/** A prefix under which there is no store yet. */
export function freshPrefix(): string {
  prefixes += 1;
  return `t${process.pid}-${prefixes}:`;
}

export async function openStore(url: string, log: Log = SILENT): Promise<Store> {
  const store = await createStore(url, { log });
  await store.open();
  return store;
}
