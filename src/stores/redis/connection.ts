import { Redis } from 'ioredis';
import type { Log } from '../../contract/data-interface.js';
import { describe } from '../../contract/errors.js';
import type { Address, RedisOptions } from './url.js';

const RECONNECT_MILLISECONDS_MAX = 500;

/**
 * One connection to one server, that comes back by itself. What was sent and not answered when it breaks
 * rejects at once and is never sent again from here: only the store knows what may be repeated.
 */
export function connection(address: Address, options: RedisOptions, log: Log): Redis {
  const { username, password, database, tls, attemptMilliseconds } = options;
  const client = new Redis({
    ...address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
    db: database,
    lazyConnect: true,
    connectionName: 'tallyboard',
    connectTimeout: attemptMilliseconds,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Rejects at each break what waits for an answer; without it that would wait for ever.
    maxRetriesPerRequest: 0,
    noDelay: true,
    retryStrategy: (times) => Math.min(10 * 2 ** Math.min(times, 10), RECONNECT_MILLISECONDS_MAX),
  });
  watch(client, `${address.host}:${address.port}`, log);
  return client;
}

/** Logs once that a server is away, and once that it is there again. */
function watch(client: Redis, server: string, log: Log): void {
  let isAway = false;
  client.on('error', (error: Error) => {
    if (isAway) return;
    isAway = true;
    log.warn({ server, reason: describe(error) }, `the Redis server ${server} cannot be reached`);
  });
  client.on('ready', () => {
    if (!isAway) return;
    isAway = false;
    log.info({ server }, `the Redis server ${server} can be reached again`);
  });
}

/** Connects, or rejects with the reason why not; the connection then stays closed. */
export async function connect(client: Redis): Promise<void> {
  let reason: Error | undefined;
  const keep = (error: Error) => {
    reason = error;
  };
  client.on('error', keep);
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  } finally {
    client.off('error', keep);
  }
}
