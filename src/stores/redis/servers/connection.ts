import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import { within } from '../../../contract/within.js';
import type { Address } from '../../shared/server-url.js';
import type { RedisOptions } from './url.js';

const RECONNECT_MILLISECONDS_MAX = 500;
const LOADING_MILLISECONDS = 1000;

export const SILENT: Log = { info() {}, warn() {}, error() {} };

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
    // What library this is helps nobody, and an access list for every version of Redis cannot allow the telling.
    disableClientInfo: true,
    connectTimeout: attemptMilliseconds,
    enableOfflineQueue: false,
    // A server that loads its data says so to each call, and one that says nothing would be waited for.
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    // Rejects at each break what waits for an answer; without it that would wait for ever.
    maxRetriesPerRequest: 0,
    noDelay: true,
    retryStrategy: (times) => Math.min(10 * 2 ** Math.min(times, 10), RECONNECT_MILLISECONDS_MAX),
  });
  watch(client, options, log);
  return client;
}

export function serverOf(client: Redis): string {
  return `${client.options.host}:${client.options.port}`;
}

const reasons = new WeakMap<Redis, string>();

/** Why a server could not be reached or talked to when that was tried last; undefined where it could. */
export function troubleOf(client: Redis): string | undefined {
  return reasons.get(client);
}

/** Logs once that a server is away, and once that it is there again. */
function watch(client: Redis, options: RedisOptions, log: Log): void {
  const server = serverOf(client);
  let isAway = false;
  client.on('error', (error: Error) => {
    const reason = explain(error, options);
    reasons.set(client, reason);
    // What follows on the connection would go to another database than was asked for.
    if (isOfDatabase(error)) client.disconnect(true);
    if (isAway) return;
    isAway = true;
    log.warn({ server, reason }, `the Redis server ${server} cannot be used`);
  });
  client.on('answer', () => {
    reasons.delete(client);
    if (!isAway) return;
    isAway = false;
    log.info({ server }, `the Redis server ${server} can be used again`);
  });
}

/** To be told whenever a server has answered what was asked. */
export function noteAnswer(client: Redis): void {
  client.emit('answer');
}

/** To be told when a server has answered nothing for too long. */
export function noteSilence(client: Redis, milliseconds: number): void {
  client.emit('error', new Error(`no answer within ${milliseconds} ms`));
}

/**
 * Connects and is answered, or rejects with the reason why not; the connection then stays closed. A server
 * that loads its data is waited for.
 */
export async function connect(client: Redis, options: RedisOptions, log: Log = SILENT): Promise<void> {
  const { attemptMilliseconds, database } = options;
  let reason: Error | undefined;
  const keep = (error: Error) => {
    reason ??= error;
  };
  client.on('error', keep);
  try {
    await within(client.connect(), attemptMilliseconds);
    for (let isTold = false; ; isTold = true) {
      const failure = await within(client.call('SELECT', database), attemptMilliseconds).then(
        () => undefined,
        (error: Error) => error,
      );
      // Who may use database 0 only need not be allowed to choose it.
      const mayGoOn = failure === undefined || (database === 0 && /^NOPERM/.test(failure.message));
      if (mayGoOn) break;
      if (failure === undefined || !/^LOADING/.test(failure.message)) throw reason ?? failure;
      if (!isTold) log.info({ server: serverOf(client) }, `${serverOf(client)} loads its data: waiting`);
      await pause(LOADING_MILLISECONDS);
    }
    noteAnswer(client);
  } catch (error) {
    client.disconnect();
    const cause = reason ?? (error as Error);
    throw new Error(`${serverOf(client)}: ${explain(cause, options)}`, { cause });
  } finally {
    client.off('error', keep);
  }
}

function isOfDatabase(error: Error): boolean {
  return /DB index is out of range|invalid DB index|SELECT is not allowed|'select' command/i.test(
    error.message,
  );
}

/** What an error of a connection means to the operator, in place of words that speak of a client library. */
function explain(error: Error, { database, tls }: RedisOptions): string {
  const { code } = error as NodeJS.ErrnoException;
  const text = describe(error);
  const hint = HINTS.find(([pattern]) => pattern.test(`${code ?? ''} ${text}`))?.[1];
  if (isOfDatabase(error)) {
    return `database ${database} cannot be used (${text}): choose another number, or allow the user SELECT`;
  }
  if (hint !== undefined) return `${text}: ${hint}`;
  const isPlainAnswer = /ETIMEDOUT|no answer within|wrong version number|packet length|EPROTO/i.test(text);
  if (tls !== undefined && isPlainAnswer) return `${text}: look whether the port speaks TLS`;
  if (tls === undefined && /ECONNRESET|Connection is closed/.test(text)) {
    return `${text}: look whether the port asks for TLS, which is rediss://`;
  }
  return text;
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/NOAUTH/, 'it asks for a password: put it into the URL, or name a password-file'],
  [/WRONGPASS/, 'look at user and password'],
  [/NOPERM/, 'allow the user what docs/stores/redis.md lists'],
  [/ECONNREFUSED/, 'look whether the server runs, and at host and port'],
  [/ENOTFOUND|EAI_AGAIN/, 'look at the name of the host'],
  [
    /self.signed|SELF_SIGNED|unable to (get|verify)|UNABLE_TO/i,
    'name the certificate of its authority with tls-ca',
  ],
  [/Unknown RESP type|Protocol error/, 'what listens there does not speak the protocol of Redis'],
];
