import { afterEach, describe } from 'vitest';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { nameOf } from './support.js';

const others: RedisServer[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.remove();
});

/** A server for one test. */
export async function another(...settings: string[]): Promise<RedisServer> {
  const other = await RedisServer.start(settings);
  others.push(other);
  return other;
}

export function describeRedis(name: string, body: () => void): void {
  describe.skipIf(REDIS_MISSING !== null)(nameOf(name, REDIS_MISSING), body);
}
