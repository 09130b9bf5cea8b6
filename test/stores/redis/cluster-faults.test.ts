import { describe, expect, it } from 'vitest';
import { masterKilled, SAFE } from './cluster-trial.js';
import { REDIS_MISSING } from './servers.js';
import { nameOf } from './support.js';

describe.skipIf(REDIS_MISSING !== null)(nameOf('faults of a Cluster', REDIS_MISSING), () => {
  it(`a master is killed and its replica takes over, ${SAFE.name}`, async () => {
    expect((await masterKilled(SAFE)).lost).toEqual([]);
  });
});
