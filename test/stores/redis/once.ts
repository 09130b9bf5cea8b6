import type { TestProject } from 'vitest/node';
import { openDoor } from '../../door.js';
import type { RedisCluster } from './servers.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the tests of Redis ask for what is started once for all of them. */
    redisUrl: string;
  }
}

/** For all test files: a Cluster, whose tests keep to prefixes of their own and break nothing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<RedisCluster> | undefined;
  const door = await openDoor(async () => {
    // Loaded by then only: every run comes by here, whatever it tests.
    cluster ??= import('./servers.js').then(({ startCluster }) => startCluster());
    return (await cluster).addresses;
  });
  project.provide('redisUrl', door.url);
  return async () => {
    door.close();
    await (await cluster)?.remove();
  };
}
