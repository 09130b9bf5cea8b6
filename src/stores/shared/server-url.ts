import { readFileSync } from 'node:fs';
import { TallyboardError } from '../../contract/errors.js';
import type { StoreUrl } from '../../contract/store.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A whole number that an option of a URL may be. */
export interface NumberOption {
  readonly least: number;
  readonly greatest: number;
  readonly fallback?: number;
}

/** What a URL of an engine may say besides its servers. */
export interface UrlForm {
  readonly defaultPort: number;
  readonly numbers: Readonly<Record<string, NumberOption>>;
  /** Besides `password-file`, `tls-ca`, `tls-cert` and `tls-key`, which all have. */
  readonly texts: readonly string[];
}

/** What `scheme://user:password@host:port,host:port/path?option=value` says. */
export interface ServerUrl {
  readonly addresses: readonly Address[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What stands behind the hosts, without the slash before it. */
  readonly path: string;
  /** What stands in the files for TLS that are named; undefined where none is. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  text(name: string): string | undefined;
  /** The option's fallback where it is left out. */
  number(name: string): number | undefined;
}

const FILES = ['password-file', 'tls-ca', 'tls-cert', 'tls-key'];

/** Reads the URL of an engine with servers. Throws `STORE_URL_INVALID`, with a text that holds no password. */
export function readServerUrl({ scheme, location, options }: StoreUrl, form: UrlForm): ServerUrl {
  const match = /^\/\/(?:([^/]*)@)?([^/@]+)(?:\/(.*))?$/.exec(location);
  if (match === null) {
    throw urlRefusal(
      `it needs a host: write ${scheme}://HOST:PORT, for example ${scheme}://localhost:${form.defaultPort}; a user and a password stand before the host with an @ behind them, percent-encoded`,
    );
  }
  const [, credentials, hosts, path] = match as unknown as [string, string?, string?, string?];
  const { text, number } = readOptions(options, form);
  const { username, password } = credentialsOf(credentials);
  const passwordFile = text('password-file');
  if (passwordFile !== undefined && password !== undefined) {
    throw urlRefusal("there is a password before the host and a 'password-file': leave one out");
  }
  if ((text('tls-cert') === undefined) !== (text('tls-key') === undefined)) {
    throw urlRefusal("'tls-cert' and 'tls-key' go together: give both, or neither");
  }
  return {
    addresses: hosts!.split(',').map((host) => addressOf(host, form.defaultPort)),
    username,
    password: passwordFile === undefined ? password : passwordIn(passwordFile),
    path: path ?? '',
    tls: tlsOf(text),
    text,
    number,
  };
}

/** What most engines with servers have in their URL; stores are told apart by a name. */
export interface NamedServers extends Omit<ServerUrl, 'number'> {
  readonly name: string;
  /** The name with what it is one of, as `schema 'tallyboard'`. */
  readonly place: string;
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
}

/** The same, with one server to write to. */
export type OneServer = NamedServers & Address;

export interface NamedForm {
  readonly defaultPort: number;
  readonly nameOption: string;
  readonly defaultName: string;
  readonly defaultTimeout?: number;
  /** Further options. */
  readonly texts?: readonly string[];
}

/** `readServerUrl` of such an engine: TLS is asked for by `?tls=on`, or by naming a file for it. */
export function readServers(url: StoreUrl, form: NamedForm): NamedServers {
  const { nameOption, defaultName, defaultPort, defaultTimeout = 10_000, texts = [] } = form;
  const { tls, number, ...others } = readServerUrl(url, {
    defaultPort,
    numbers: { 'timeout-milliseconds': { least: 100, greatest: 600_000, fallback: defaultTimeout } },
    texts: [nameOption, 'tls', ...texts],
  });
  const { text } = others;
  const name = text(nameOption) ?? defaultName;
  if (!/^[a-z_][a-z0-9_]{0,47}$/.test(name)) {
    throw urlRefusal(`'${nameOption}' must be a name of lower-case letters, digits and _`);
  }
  if (!['on', 'off', undefined].includes(text('tls'))) throw urlRefusal("'tls' must be on or off");
  return {
    ...others,
    tls: text('tls') === 'on' ? (tls ?? {}) : tls,
    name,
    place: `${nameOption} '${name}'`,
    timeout: number('timeout-milliseconds')!,
  };
}

/** `readServers` where there is one. */
export function readServer(url: StoreUrl, form: NamedForm): OneServer {
  const servers = readServers(url, form);
  const [address, another] = servers.addresses;
  if (another !== undefined) throw urlRefusal('it has several hosts: give the one that is written to');
  return { ...servers, ...address! };
}

/** A server's address as it stands in a URL. */
export function authorityOf({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What tells one store from another. */
export function nameOfServers({ addresses, path, name }: NamedServers): string {
  return JSON.stringify([addresses.map(authorityOf).sort(), path, name]);
}

function readOptions(
  options: URLSearchParams,
  { numbers, texts }: UrlForm,
): Pick<ServerUrl, 'text' | 'number'> {
  const known = [...Object.keys(numbers), ...texts, ...FILES];
  for (const [name, value] of options) {
    if (!known.includes(name)) {
      // What is not like a name may be the rest of a password that holds a question mark.
      const which = /^[a-z-]+$/.test(name) ? `the option '${name}'` : 'an option that is none';
      throw urlRefusal(
        `it has ${which}: known are ${known.join(', ')}; a question mark in a password is written %3F`,
      );
    }
    if (options.getAll(name).length > 1) throw urlRefusal(`'${name}' is given twice: give it once`);
    const { least, greatest } = numbers[name] ?? {};
    if (least === undefined || greatest === undefined) continue;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > greatest) {
      throw urlRefusal(`'${name}' must be a whole number from ${least} to ${greatest}`);
    }
  }
  return {
    text: (name) => options.get(name) ?? undefined,
    number(name) {
      const text = options.get(name);
      return text === null ? numbers[name]!.fallback : Number(text);
    },
  };
}

function addressOf(text: string, defaultPort: number): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? defaultPort);
  if (match === null || port < 1 || port > 65_535) {
    throw urlRefusal('a host cannot be read: write HOST or HOST:PORT, or [ADDRESS]:PORT for IPv6');
  }
  return { host: (match[1] ?? match[2])!, port };
}

function credentialsOf(text: string | undefined): Pick<ServerUrl, 'username' | 'password'> {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  try {
    const username = decodeURIComponent(colon === -1 ? text : text.slice(0, colon));
    const password = colon === -1 ? undefined : decodeURIComponent(text.slice(colon + 1));
    return { username: username === '' ? undefined : username, password };
  } catch {
    throw urlRefusal('the user or the password is not percent-encoded');
  }
}

function passwordIn(path: string): string {
  return fileOf('password-file', path)
    .toString()
    .replace(/\r?\n$/, '');
}

function tlsOf(text: ServerUrl['text']): ServerUrl['tls'] {
  const files: Record<string, Buffer> = {};
  for (const name of ['ca', 'cert', 'key']) {
    const path = text(`tls-${name}`);
    if (path !== undefined) files[name] = fileOf(`tls-${name}`, path);
  }
  return Object.keys(files).length === 0 ? undefined : files;
}

function fileOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw urlRefusal(`the file '${path}' of '${name}' cannot be read`, error);
  }
}

/** Names no part of the URL: any could be a password that was written in the wrong place. */
export function urlRefusal(reason: string, cause?: unknown): TallyboardError {
  const options = cause === undefined ? {} : { cause };
  return new TallyboardError('STORE_URL_INVALID', `the store URL cannot be read: ${reason}`, options);
}
