import { afterAll, beforeAll, describe } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { only, RACES } from '../shared/engine-tests.js';
import { cutter, startProxy } from '../shared/proxy.js';
import { nameOf, SILENT } from '../shared/support.js';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { freshPrefix, sharedCluster } from './support.js';

let server: RedisServer;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let cluster: string;
const cutProxied = cutter(() => proxy);

beforeAll(async () => {
  if (REDIS_MISSING !== null) return;
  server = await RedisServer.start();
  proxy = await startProxy(server.port);
  cluster = await sharedCluster();
});

afterAll(async () => {
  await proxy?.close();
  await server?.remove();
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  for (const [name, url, interruption] of [
    ['one server', () => `redis://127.0.0.1:${server.port}/1?`, {}],
    [
      'one server with partitions and crowded hashes',
      () => `redis://127.0.0.1:${proxy.port}/2?partitions=5&contacts-expected=1&`,
      { interrupt: cutProxied },
    ],
    // Other tests use the same Cluster meanwhile, so nothing of it is broken here: the long tests have their own.
    ['a Cluster, waiting for a replica', () => `redis+cluster://${cluster}?partitions=4&wait=1&`, {}],
  ] as const) {
    describeConformance(only(RACES), name, {
      async create() {
        const place = `${url()}prefix=${freshPrefix()}`;
        const make = () => createStore(place, { log: SILENT });
        return { store: await make(), another: make, dispose: () => undefined, ...interruption };
      },
    });
  }
});
