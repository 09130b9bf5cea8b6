import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { repetitions } from '../../long.js';
import { nameOf, SILENT } from '../shared/support.js';
import { REDIS_MISSING, type RedisCluster, RedisServer, startCluster } from './servers.js';
import { freshPrefix } from './support.js';

let server: RedisServer;
let cluster: RedisCluster;

beforeAll(async () => {
  if (REDIS_MISSING === null) [server, cluster] = await Promise.all([RedisServer.start(), startCluster()]);
});

afterAll(() => Promise.all([server?.remove(), cluster?.remove()]));

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  const clusterUrl = (settings: string) => `redis+cluster://${cluster.addresses}?${settings}`;
  for (const [name, url, servers] of [
    [
      'one server with partitions and crowded hashes',
      () => `redis://127.0.0.1:${server.port}/2?partitions=5&contacts-expected=1`,
      ofServer,
    ],
    ['a Cluster, waiting for a replica', () => clusterUrl('partitions=4&wait=1'), ofCluster],
    ...(repetitions(1) === 1
      ? []
      : ([
          ['one server', () => `redis://127.0.0.1:${server.port}/1?`, ofServer],
          [
            'a Cluster of many partitions, which waits for no replica',
            () => clusterUrl('partitions=16'),
            ofCluster,
          ],
        ] as const)),
  ] as const) {
    describeConformance({ describe, it }, name, {
      async create() {
        const place = `${url()}&prefix=${freshPrefix()}`;
        const make = () => createStore(place, { log: SILENT });
        return {
          store: await make(),
          another: make,
          interrupt: () => killClients(servers()),
          dispose: () => undefined,
        };
      },
    });
  }
});

function ofServer(): RedisServer[] {
  return [server];
}

function ofCluster(): readonly RedisServer[] {
  return cluster.servers;
}

/** Ends the connections of all clients. Nothing is to be mended. */
async function killClients(servers: readonly RedisServer[]): Promise<() => Promise<void>> {
  await Promise.all(servers.map((one) => one.ask('CLIENT', 'KILL', 'TYPE', 'normal')));
  return async () => undefined;
}
