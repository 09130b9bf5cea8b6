import { readFileSync } from 'node:fs';
import { TallyboardError } from '../../../contract/errors.js';
import type { StoreUrl } from '../../../contract/store.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a store URL says. */
export interface RedisOptions {
  readonly isCluster: boolean;
  readonly addresses: readonly Address[];
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
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

interface NumberOption {
  readonly least: number;
  readonly greatest: number;
  readonly fallback?: number;
}

const NUMBERS: Readonly<Record<string, NumberOption>> = {
  partitions: { least: 1, greatest: PARTITIONS_MAX },
  'contacts-expected': { least: 1, greatest: CONTACTS_EXPECTED_MAX },
  wait: { least: 0, greatest: 16, fallback: 0 },
  'attempt-milliseconds': { least: 50, greatest: 60_000, fallback: 3000 },
  'retry-milliseconds': { least: 0, greatest: 600_000, fallback: 20_000 },
};
const TEXTS = ['prefix', 'password-file', 'tls-ca', 'tls-cert', 'tls-key'];

/**
 * Reads `redis://user:password@host:port/database?option=value`, and `redis+cluster://` with several hosts.
 * Throws `STORE_URL_INVALID`, with a text that holds no password.
 */
export function optionsOf({ scheme, location, options }: StoreUrl): RedisOptions {
  const isCluster = scheme.endsWith('+cluster');
  const isSecure = scheme.startsWith('rediss');
  const match = /^\/\/(?:([^/]*)@)?([^/@]+)(?:\/(.*))?$/.exec(location);
  if (match === null) {
    throw refusal(
      `it needs a host: write ${scheme}://HOST:PORT, for example ${scheme}://localhost:6379; a user and a password stand before the host with an @ behind them, percent-encoded`,
    );
  }
  const [, credentials, hosts, database] = match as unknown as [string, string?, string?, string?];
  if (!/^\d*$/.test(database ?? '')) {
    throw refusal(`what stands behind the host is the number of a database: write ${scheme}://HOST:PORT/0`);
  }
  const addresses = hosts!.split(',').map((text) => addressOf(text));
  if (!isCluster && addresses.length > 1) {
    throw refusal(`several hosts are a Cluster: write ${scheme}+cluster://HOST:PORT,HOST:PORT`);
  }
  if (isCluster && Number(database ?? 0) !== 0) {
    throw refusal('a Cluster has database 0 only: leave the number out, and tell stores apart by ?prefix=');
  }
  const values = readOptions(options);
  const { username, password } = credentialsOf(credentials);
  const passwordFile = values.text('password-file');
  if (!isSecure && ['tls-ca', 'tls-cert', 'tls-key'].some((name) => values.text(name) !== undefined)) {
    throw refusal(`files for TLS are of no use without TLS: write rediss${isCluster ? '+cluster' : ''}://`);
  }
  if (passwordFile !== undefined && password !== undefined) {
    throw refusal("there is a password before the host and a 'password-file': leave one out");
  }
  if ((values.text('tls-cert') === undefined) !== (values.text('tls-key') === undefined)) {
    throw refusal("'tls-cert' and 'tls-key' go together: give both, or neither");
  }
  const keyPrefix = values.text('prefix') ?? 'tallyboard:';
  if (/[{}\s]/.test(keyPrefix)) throw refusal("'prefix' may not have braces or white space");
  return {
    isCluster,
    addresses,
    database: Number(database ?? 0),
    username,
    password:
      passwordFile === undefined
        ? password
        : fileOf('password-file', passwordFile)
            .toString()
            .replace(/\r?\n$/, ''),
    tls: isSecure ? tlsOf(values.text) : undefined,
    keyPrefix,
    partitions: values.number('partitions'),
    contactsExpected: values.number('contacts-expected'),
    replicasWaited: values.number('wait')!,
    attemptMilliseconds: values.number('attempt-milliseconds')!,
    retryMilliseconds: values.number('retry-milliseconds')!,
  };
}

function readOptions(options: URLSearchParams) {
  const known = [...Object.keys(NUMBERS), ...TEXTS];
  for (const [name, value] of options) {
    if (!known.includes(name)) {
      // What is not like a name may be the rest of a password that holds a question mark.
      const which = /^[a-z-]+$/.test(name) ? `the option '${name}'` : 'an option that is none';
      throw refusal(
        `it has ${which}: known are ${known.join(', ')}; a question mark in a password is written %3F`,
      );
    }
    if (options.getAll(name).length > 1) throw refusal(`'${name}' is given twice: give it once`);
    const { least, greatest } = NUMBERS[name] ?? {};
    if (least === undefined || greatest === undefined) continue;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > greatest) {
      throw refusal(`'${name}' must be a whole number from ${least} to ${greatest}`);
    }
  }
  return {
    text: (name: string) => options.get(name) ?? undefined,
    number(name: string): number | undefined {
      const text = options.get(name);
      return text === null ? NUMBERS[name]!.fallback : Number(text);
    },
  };
}

function addressOf(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535) {
    throw refusal('a host cannot be read: write HOST or HOST:PORT, or [ADDRESS]:PORT for IPv6');
  }
  return { host: (match[1] ?? match[2])!, port };
}

function credentialsOf(text: string | undefined): {
  username: string | undefined;
  password: string | undefined;
} {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  try {
    const username = decodeURIComponent(colon === -1 ? text : text.slice(0, colon));
    const password = colon === -1 ? undefined : decodeURIComponent(text.slice(colon + 1));
    return { username: username === '' ? undefined : username, password };
  } catch {
    throw refusal('the user or the password is not percent-encoded');
  }
}

function tlsOf(text: (name: string) => string | undefined): NonNullable<RedisOptions['tls']> {
  const files: Record<string, Buffer> = {};
  for (const name of ['ca', 'cert', 'key']) {
    const path = text(`tls-${name}`);
    if (path !== undefined) files[name] = fileOf(`tls-${name}`, path);
  }
  return files;
}

function fileOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw refusal(`the file '${path}' of '${name}' cannot be read`, error);
  }
}

/** Names no part of the URL: any could be a password that was written in the wrong place. */
function refusal(reason: string, cause?: unknown): TallyboardError {
  const options = cause === undefined ? {} : { cause };
  return new TallyboardError('STORE_URL_INVALID', `the store URL cannot be read: ${reason}`, options);
}
