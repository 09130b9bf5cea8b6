import { describe, onTestFinished } from 'vitest';
import { nameOf } from '../shared/support.js';
import { REDIS_MISSING, RedisServer } from './servers.js';

/** A server for one test. */
export async function another(...settings: string[]): Promise<RedisServer> {
  const other = await RedisServer.start(settings);
  onTestFinished(() => other.remove());
  return other;
}

export function describeRedis(name: string, body: () => void): void {
  describe.skipIf(REDIS_MISSING !== null)(nameOf(name, REDIS_MISSING), body);
}
