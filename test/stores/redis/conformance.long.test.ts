import { describe, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { createStore } from '../../../src/stores/index.js';
import { REDIS_MISSING } from './servers.js';
import { freshPrefix, nameOf, SILENT, sharedCluster } from './support.js';

describe.skipIf(REDIS_MISSING !== null)(nameOf('Redis', REDIS_MISSING), () => {
  describeConformance({ describe, it }, 'a Cluster of many partitions, which waits for no replica', {
    async create() {
      const place = `redis+cluster://${await sharedCluster()}?partitions=16&prefix=${freshPrefix()}`;
      const make = () => createStore(place, { log: SILENT });
      return { store: await make(), another: make, dispose: () => undefined };
    },
  });
});
