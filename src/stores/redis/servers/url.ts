import type { StoreUrl } from '../../../contract/store.js';
import {
  type Address,
  type NumberOption,
  readServerUrl,
  type ServerUrl,
  urlRefusal,
} from '../../shared/server-url.js';

/** What a store URL says. */
export interface RedisOptions {
  readonly isCluster: boolean;
  readonly addresses: readonly Address[];
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: ServerUrl['tls'];
  /** What all keys begin with. */
  readonly keyPrefix: string;
  /** Undefined: what the store has, or the default for a new one. */
  readonly partitions: number | undefined;
  readonly contactsExpected: number | undefined;
  /** An acknowledgement waits until so many replicas have the event. */
  readonly replicasWaited: number;
  /** One attempt; then its connection is given up. */
  readonly attemptMilliseconds: number;
  /** All attempts together; then the call is refused. */
  readonly retryMilliseconds: number;
}

export const PARTITIONS_MAX = 4096;
const CONTACTS_EXPECTED_MAX = 1e10;
const DEFAULT_PORT = 6379;

const NUMBERS: Readonly<Record<string, NumberOption>> = {
  partitions: { least: 1, greatest: PARTITIONS_MAX },
  'contacts-expected': { least: 1, greatest: CONTACTS_EXPECTED_MAX },
  wait: { least: 0, greatest: 16, fallback: 0 },
  'attempt-milliseconds': { least: 50, greatest: 60_000, fallback: 3000 },
  'retry-milliseconds': { least: 0, greatest: 600_000, fallback: 20_000 },
};

/**
 * Reads `redis://user:password@host:port/database?option=value`, and `redis+cluster://` with several hosts.
 * Throws `STORE_URL_INVALID`, with a text that holds no password.
 */
export function optionsOf(url: StoreUrl): RedisOptions {
  const { scheme } = url;
  const isCluster = scheme.endsWith('+cluster');
  const isSecure = scheme.startsWith('rediss');
  if (!isSecure && ['tls-ca', 'tls-cert', 'tls-key'].some((name) => url.options.has(name))) {
    throw urlRefusal(
      `files for TLS are of no use without TLS: write rediss${isCluster ? '+cluster' : ''}://`,
    );
  }
  const { addresses, username, password, path, tls, text, number } = readServerUrl(url, {
    defaultPort: DEFAULT_PORT,
    numbers: NUMBERS,
    texts: ['prefix'],
  });
  if (!/^\d*$/.test(path)) {
    throw urlRefusal(
      `what stands behind the host is the number of a database: write ${scheme}://HOST:PORT/0`,
    );
  }
  if (!isCluster && addresses.length > 1) {
    throw urlRefusal(`several hosts are a Cluster: write ${scheme}+cluster://HOST:PORT,HOST:PORT`);
  }
  if (isCluster && Number(path) !== 0) {
    throw urlRefusal(
      'a Cluster has database 0 only: leave the number out, and tell stores apart by ?prefix=',
    );
  }
  const keyPrefix = text('prefix') ?? 'tallyboard:';
  if (/[{}\s]/.test(keyPrefix)) throw urlRefusal("'prefix' may not have braces or white space");
  return {
    isCluster,
    addresses,
    database: Number(path),
    username,
    password,
    tls: isSecure ? (tls ?? {}) : undefined,
    keyPrefix,
    partitions: number('partitions'),
    contactsExpected: number('contacts-expected'),
    replicasWaited: number('wait')!,
    attemptMilliseconds: number('attempt-milliseconds')!,
    retryMilliseconds: number('retry-milliseconds')!,
  };
}
