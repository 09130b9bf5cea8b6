import { join } from 'node:path';
import { TallyboardError } from '../../contract/errors.js';
import { loadWithClient } from '../../contract/missing-client.js';
import { createStore, ENGINES, parseStoreUrl } from '../../stores/index.js';
import { ENGINE_SERVERS, type EngineProcess } from './engines.js';
import { benchCommand, serveCommand } from './server-process.js';
import { startWorker } from './worker.js';
import type { Workspace } from './workspace.js';

/** What stands beside what in the tables. */
export type Role = 'bare' | 'null' | 'floor' | 'naive' | 'store';

/** A server that is measured: a store, or what stores are compared with. */
export interface Target {
  readonly name: string;
  readonly role: Role;
  /** Whether each place is an empty one of the bench's own; else the store is used as it is. */
  readonly fresh: boolean;
  /** Whether the bench starts servers of its engine for it. */
  readonly startsServers: boolean;
  /** It is not filled beyond this, whatever the plan says. */
  readonly contactsMax: number;
  /** Makes a place for it to work in: a folder, and the servers of its engine where the bench starts them. */
  place(workspace: Workspace, label?: string): Promise<Site>;
}

/** Where a target works. */
export interface Site {
  readonly folder: string;
  /** Null: there is no store. */
  readonly storeUrl: string | null;
  /** Starts the server. */
  readonly command: readonly string[];
  readonly engine: EngineProcess | undefined;
  /** Ends the engine's servers, and removes the folder. */
  remove(): Promise<void>;
}

/** What is always in a run: every ratio is to one of these, measured in the same rounds. */
export function references(root: string): Target[] {
  return [
    storeless('bare node:http', 'bare', () => benchCommand('bare-http.js')),
    storeTarget('null:', 'null', root),
    storeless('one durable write', 'floor', (folder) =>
      benchCommand('durable-floor.js', join(folder, DATA_NAME)),
    ),
    storeTarget(`${NAIVE_SCHEME}:`, 'naive', root),
  ];
}

function storeless(name: string, role: Role, commandIn: (folder: string) => string[]): Target {
  return {
    name,
    role,
    fresh: true,
    startsServers: false,
    contactsMax: Number.POSITIVE_INFINITY,
    async place(workspace, label = name) {
      const folder = await workspace.freshFolder(label);
      const command = commandIn(folder);
      return { folder, storeUrl: null, command, engine: undefined, remove: () => workspace.remove(folder) };
    },
  };
}

/** The store that a URL names; one without a location gets an empty place each time. */
export function storeTarget(urlText: string, role: Role, root: string, name = redact(urlText)): Target {
  const url = parseStoreUrl(urlText);
  const fresh = url.location === '' || role === 'null';
  const servers = url.location === '' ? ENGINE_SERVERS[url.scheme] : undefined;
  return {
    name,
    role,
    fresh,
    startsServers: servers !== undefined,
    contactsMax: servers?.contactsMax ?? Number.POSITIVE_INFINITY,
    async place(workspace, label = name) {
      const folder = await workspace.freshFolder(label);
      const data = join(folder, DATA_NAME);
      const engine = await servers?.start(workspace, data);
      const own = engine?.url ?? `${url.scheme}:${data}`;
      const storeUrl = !fresh || role === 'null' ? urlText : withOptions(own, url.options);
      return {
        folder,
        storeUrl,
        command: serveCommand(root, storeUrl),
        engine,
        async remove() {
          await engine?.stop();
          await workspace.remove(folder);
        },
      };
    },
  };
}

function withOptions(url: string, options: URLSearchParams): string {
  return options.size === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${options}`;
}

export interface FoundStores {
  readonly urls: readonly string[];
  /** Engines that cannot be measured as things are: those whose servers are not here. */
  readonly leftOut: readonly string[];
}

/** The engines that open on a place on the disk and leave something there, or whose servers are installed. */
export async function findLocalStores(workspace: Workspace): Promise<FoundStores> {
  const urls: string[] = [];
  const leftOut: string[] = [];
  for (const scheme of Object.keys(ENGINES)) {
    if (scheme === NULL_SCHEME || scheme === NAIVE_SCHEME) continue;
    const servers = ENGINE_SERVERS[scheme];
    const client = await missingClient(scheme);
    if (client !== undefined) leftOut.push(`${scheme}: (${client})`);
    else if (servers?.isInstalled() ?? (await opensInFolder(workspace, scheme))) urls.push(`${scheme}:`);
    else leftOut.push(servers === undefined ? `${scheme}:` : `${scheme}: (install ${servers.packages})`);
  }
  return { urls, leftOut };
}

/** What to type where the client of an engine is not installed. */
async function missingClient(scheme: string): Promise<string | undefined> {
  try {
    await loadWithClient(ENGINES[scheme]!);
  } catch (error) {
    if (error instanceof TallyboardError && error.code === 'ENGINE_MISSING') return error.message;
    throw error;
  }
  return undefined;
}

/** A text with URLs as it may be shown: without their passwords. */
export function redact(text: string): string {
  return text.replaceAll(/(\/\/[^/@:,]*):[^/@]*@/g, '$1:***@');
}

/** Throws where a URL names no engine, or does not suit it; nothing is opened. */
export async function checkStoreUrl(urlText: string): Promise<void> {
  const { scheme, location, options } = parseStoreUrl(urlText);
  const servers = location === '' ? ENGINE_SERVERS[scheme] : undefined;
  if (servers?.isInstalled() === false) {
    throw new TallyboardError(
      'ENGINE_MISSING',
      `the servers of ${scheme}: are not installed: install ${servers.packages}, or name one that runs, ${scheme}://HOST:PORT`,
    );
  }
  const isWhole = location !== '' || scheme === NULL_SCHEME;
  const place = servers?.exampleUrl ?? `${scheme}:${DATA_NAME}`;
  await createStore(isWhole ? urlText : withOptions(place, options), {
    log: { info() {}, warn() {}, error() {} },
  });
}

export const NULL_SCHEME = 'null';
export const NAIVE_SCHEME = 'sqlite';

/** What the data of a store are called in its folder. */
export const DATA_NAME = 'data';
const PROBE_SECONDS_MAX = 60;

async function opensInFolder(workspace: Workspace, scheme: string): Promise<boolean> {
  const folder = await workspace.freshFolder(`probe-${scheme}`);
  const worker = startWorker(workspace, 'measures/probe.js');
  try {
    return await worker.ask<boolean>({ scheme, path: join(folder, DATA_NAME) }, PROBE_SECONDS_MAX);
  } catch {
    return false;
  } finally {
    worker.kill();
    await workspace.remove(folder);
  }
}
