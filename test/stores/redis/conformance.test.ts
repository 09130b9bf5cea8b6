import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { startProxy } from './proxy.js';
import { REDIS_MISSING, type RedisCluster, RedisServer, startCluster } from './servers.js';
import { freshPrefix, nameOf, SILENT } from './support.js';

let server: RedisServer;
let cluster: RedisCluster;
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  if (REDIS_MISSING !== null) return;
  server = await RedisServer.start();
  cluster = await startCluster();
  proxy = await startProxy(server.port);
});

afterAll(async () => {
  await proxy?.close();
  await server?.remove();
  await cluster?.remove();
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  for (const [name, url, cut] of [
    ['one server', () => `redis://127.0.0.1:${proxy.port}/1?`, cutProxied],
    [
      'one server with partitions and crowded hashes',
      () => `redis://127.0.0.1:${proxy.port}/2?partitions=5&contacts-expected=1&`,
      cutProxied,
    ],
    ['a Cluster', () => `redis+cluster://${cluster.addresses}?partitions=16&`, killClients],
    [
      'a Cluster, waiting for a replica',
      () => `redis+cluster://${cluster.addresses}?partitions=4&wait=1&`,
      killClients,
    ],
  ] as const) {
    describeConformance({ describe, it }, name, {
      async create() {
        const place = `${url()}prefix=${freshPrefix()}`;
        const make = () => createStore(place, { log: SILENT });
        return {
          store: await make(),
          another: make,
          interrupt: () => interrupted(cut),
          dispose: () => undefined,
        };
      },
    });
  }
});

/** Redis is there all the time, so there is nothing to mend. */
async function interrupted(cut: () => Promise<void>): Promise<() => Promise<void>> {
  await cut();
  return async () => undefined;
}

let cuts = 0;

/** Before an answer, or in the middle of one: what was asked may have been done. */
async function cutProxied(): Promise<void> {
  proxy.cutAfter(cuts % 2 === 0 ? 0 : cuts % 20);
  cuts += 1;
}

async function killClients(): Promise<void> {
  await Promise.all(cluster.servers.map((one) => one.ask('CLIENT', 'KILL', 'TYPE', 'normal')));
}
