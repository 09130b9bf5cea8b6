import type { ServerKind } from '../../../src/contract/server-kind.js';
import type { Log, Store } from '../../../src/contract/store.js';
import { createStore } from '../../../src/stores/index.js';

export const SILENT: Log = { info() {}, warn() {}, error() {} };

/** ` (skipped: …)` behind the name of a suite that cannot run here. */
export function nameOf(name: string, missing: string | null): string {
  return missing === null ? name : `${name} (skipped: ${missing})`;
}

export async function openStore(url: string, log: Log = SILENT): Promise<Store> {
  const store = await createStore(url, { log });
  await store.open();
  return store;
}

/** Why tests with an engine are skipped, with what to install; null where they run. Throws where they must. */
export function missing(name: string, { packages, isInstalled }: ServerKind): string | null {
  if (isInstalled()) return null;
  const reason = `install the package ${packages}`;
  if (process.env.REQUIRE_ENGINES === '1') throw new Error(`${name} cannot be tested: ${reason}`);
  return reason;
}
