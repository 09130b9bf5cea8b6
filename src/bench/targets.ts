import { join } from 'node:path';
import { createStore, ENGINES, parseStoreUrl } from '../stores/index.js';
import { benchCommand, serveCommand } from './server-process.js';
import { startWorker } from './worker.js';
import type { Workspace } from './workspace.js';

/** What stands beside what in the tables. */
export type Role = 'bare' | 'null' | 'floor' | 'naive' | 'store';

/** A server that is measured: a store, or what stores are compared with. */
export interface Target {
  readonly name: string;
  readonly role: Role;
  /** Whether each start is on an empty folder of the bench's own; else the store is used as it is. */
  readonly fresh: boolean;
  /** The store's URL, with its data in the folder where the bench chooses the place; null: no store. */
  storeUrl(folder: string): string | null;
  command(folder: string): string[];
}

/** What is always in a run: every ratio is to one of these, measured in the same rounds. */
export function references(root: string): Target[] {
  return [
    {
      name: 'bare node:http',
      role: 'bare',
      fresh: true,
      storeUrl: () => null,
      command: () => benchCommand('bare-http.js'),
    },
    storeTarget('null:', 'null', root),
    {
      name: 'one durable write',
      role: 'floor',
      fresh: true,
      storeUrl: () => null,
      command: (folder) => benchCommand('durable-floor.js', join(folder, DATA_NAME)),
    },
    storeTarget(`${NAIVE_SCHEME}:`, 'naive', root),
  ];
}

/** The store that a URL names; one without a location gets a fresh folder for each start. */
export function storeTarget(urlText: string, role: Role, root: string, name = redact(urlText)): Target {
  const url = parseStoreUrl(urlText);
  const fresh = url.location === '' || role === 'null';
  const storeUrl = (folder: string) => {
    if (!fresh || role === 'null') return urlText;
    const options = url.options.size === 0 ? '' : `?${url.options}`;
    return `${url.scheme}:${join(folder, DATA_NAME)}${options}`;
  };
  return { name, role, fresh, storeUrl, command: (folder) => serveCommand(root, storeUrl(folder)) };
}

export interface FoundStores {
  readonly urls: readonly string[];
  /** Engines that cannot be measured without being told where they are. */
  readonly leftOut: readonly string[];
}

/** The engines that need no more than a place on the disk: those that open there, and leave something. */
export async function findLocalStores(workspace: Workspace): Promise<FoundStores> {
  const urls: string[] = [];
  const leftOut: string[] = [];
  for (const scheme of Object.keys(ENGINES)) {
    if (scheme === NULL_SCHEME || scheme === NAIVE_SCHEME) continue;
    ((await opensInFolder(workspace, scheme)) ? urls : leftOut).push(`${scheme}:`);
  }
  return { urls, leftOut };
}

/** A text with URLs as it may be shown: without their passwords. */
export function redact(text: string): string {
  return text.replaceAll(/(\/\/[^/@:,]*):[^/@]*@/g, '$1:***@');
}

/** Throws where a URL names no engine, or does not suit it; nothing is opened. */
export async function checkStoreUrl(urlText: string): Promise<void> {
  const url = parseStoreUrl(urlText);
  const target = storeTarget(urlText, url.scheme === NULL_SCHEME ? 'null' : 'store', '');
  await createStore(target.storeUrl('')!, { log: { info() {}, warn() {}, error() {} } });
}

export const NULL_SCHEME = 'null';
export const NAIVE_SCHEME = 'sqlite';

/** What the data of a store are called in its folder. */
export const DATA_NAME = 'data';
const PROBE_SECONDS_MAX = 10;

async function opensInFolder(workspace: Workspace, scheme: string): Promise<boolean> {
  const folder = await workspace.freshFolder(`probe-${scheme}`);
  const worker = startWorker(workspace, 'probe.js');
  try {
    return await worker.ask<boolean>({ scheme, path: join(folder, DATA_NAME) }, PROBE_SECONDS_MAX);
  } catch {
    return false;
  } finally {
    worker.kill();
    await workspace.remove(folder);
  }
}
