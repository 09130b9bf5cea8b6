import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { nameOf, SILENT } from '../shared/support.js';
import { REDIS_MISSING, type RedisCluster, startCluster } from './servers.js';
import { freshPrefix } from './support.js';

let cluster: RedisCluster;

beforeAll(async () => {
  if (REDIS_MISSING === null) cluster = await startCluster();
});

afterAll(() => cluster?.remove());

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  for (const [name, settings] of [
    ['a Cluster of many partitions, which waits for no replica', 'partitions=16'],
    ['a Cluster that is interrupted, waiting for a replica', 'partitions=4&wait=1'],
  ] as const) {
    describeConformance({ describe, it }, name, {
      async create() {
        const place = `redis+cluster://${cluster.addresses}?${settings}&prefix=${freshPrefix()}`;
        const make = () => createStore(place, { log: SILENT });
        return { store: await make(), another: make, interrupt: killClients, dispose: () => undefined };
      },
    });
  }
});

/** Ends the connections of all clients. Nothing is to be mended. */
async function killClients(): Promise<() => Promise<void>> {
  await Promise.all(cluster.servers.map((one) => one.ask('CLIENT', 'KILL', 'TYPE', 'normal')));
  return async () => undefined;
}
