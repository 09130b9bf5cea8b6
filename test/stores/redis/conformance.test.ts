import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { freshPrefix, nameOf, SILENT, sharedCluster } from './support.js';

let server: RedisServer;
let cluster: string;

beforeAll(async () => {
  if (REDIS_MISSING !== null) return;
  server = await RedisServer.start();
  cluster = await sharedCluster();
});

afterAll(() => server?.remove());

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  for (const [name, url] of [
    ['one server', () => `redis://127.0.0.1:${server.port}/1?`],
    [
      'one server with partitions and crowded hashes',
      () => `redis://127.0.0.1:${server.port}/2?partitions=5&contacts-expected=1&`,
    ],
    ['a Cluster, waiting for a replica', () => `redis+cluster://${cluster}?partitions=4&wait=1&`],
  ] as const) {
    describeConformance({ describe, it }, name, {
      async create() {
        const place = `${url()}prefix=${freshPrefix()}`;
        const make = () => createStore(place, { log: SILENT });
        return { store: await make(), another: make, dispose: () => undefined };
      },
    });
  }
});
