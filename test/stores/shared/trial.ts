import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { findLosses, verify } from '../../faults/check.js';
import { type Load, startLoad } from '../../faults/load.js';
import { startServerProcess } from '../../faults/server-process.js';
import { until } from './until.js';

const SERVERS = 2;
/** Some thousand contacts a second, which leave the machine time for the fault. */
export const REST_MILLISECONDS = 20;

export interface Aftermath {
  readonly acknowledged: number;
  /** What is wrong with what was acknowledged, a line a contact. */
  readonly lost: readonly string[];
}

/**
 * Lets two servers take requests, breaks something meanwhile, waits until they take requests again, and looks
 * what became of all that was acknowledged. The tallies must agree with the raw events whatever was lost.
 */
export async function underFault(store: string, breakIt: () => Promise<void>): Promise<Aftermath> {
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => startServerProcess(store)));
  const loads = servers.map((server) => startLoad(server.url, REST_MILLISECONDS));
  await Promise.all(loads.map((load) => moves(load)));
  await breakIt();
  await Promise.all(loads.map((load) => moves(load)));
  await pause(500);
  for (const load of loads) await load.stop();
  for (const server of servers) expect(await server.end('SIGTERM')).toBe(0);
  const acknowledged = loads.flatMap((load) => load.snapshot());
  expect(acknowledged.length).toBeGreaterThan(200);
  expect(await verify(store)).toBeUndefined();
  const refused = new Set(loads.flatMap((load) => [...load.refused]));
  return { acknowledged: acknowledged.length, lost: await findLosses(store, acknowledged, refused) };
}

/** Waits until so many further requests are acknowledged. */
export async function moves(load: Load, contacts = 200): Promise<void> {
  const before = load.acknowledged.size;
  await until(() => load.acknowledged.size >= before + contacts, 'requests to be acknowledged');
}
