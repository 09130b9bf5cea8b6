import { resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { TallyboardError } from '../contract/errors.js';
import { loadWithClient } from '../contract/missing-client.js';
import type {
  Backup,
  BackupCounts,
  Engine,
  EventSource,
  Store,
  StoreContext,
  StoreUrl,
  StoreView,
} from '../contract/store.js';
import { loadOutside } from './shared/outside.js';

/** Without what every object has: a scheme may have any name. */
const engines: Record<string, () => Promise<Engine>> = Object.assign(Object.create(null), {
  journal: () => import('./journal/index.js'),
  sqlite: () => import('./sqlite-reference.js'),
  redis: () => import('./redis/index.js'),
  rediss: () => import('./redis/index.js'),
  'redis+cluster': () => import('./redis/index.js'),
  'rediss+cluster': () => import('./redis/index.js'),
  postgres: () => import('./postgres/index.js'),
  mariadb: () => import('./mariadb/index.js'),
  neo4j: () => import('./neo4j/index.js'),
  bolt: () => import('./neo4j/index.js'),
  mongodb: () => import('./mongodb/index.js'),
  elasticsearch: () => import('./elasticsearch/index.js'),
  opensearch: () => import('./elasticsearch/index.js'),
  amqp: () => import('./rabbitmq/index.js'),
  amqps: () => import('./rabbitmq/index.js'),
  null: () => import('./null.js'),
});

/** Every engine, by the scheme of its URL. An engine's module, and its client, is loaded when it is chosen. */
export const ENGINES: Readonly<typeof engines> = engines;

/**
 * Adds engines from elsewhere, for the whole process: `scheme=module`, separated by commas, where a module is a
 * file or a package that is found from the folder in which the process runs. Answers with their schemes. Throws
 * `CONFIG_INVALID`.
 */
export function addEngines(text: string): string[] {
  return text.split(',').map((one) => {
    const [, scheme, module] = /^([a-z][a-z0-9+.-]*)=(.+)$/.exec(one.trim()) ?? [];
    if (scheme === undefined || module === undefined) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `'${one}' is no engine: write SCHEME=MODULE, as in acme=./acme.js`,
      );
    }
    if (scheme in engines) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `there is an engine '${scheme}:' already: call yours another name`,
      );
    }
    engines[scheme] = () => loadOutside(scheme, module);
    return scheme;
  });
}

/** Reads `scheme:location?option=value`. */
export function parseStoreUrl(text: string): StoreUrl {
  const match = /^([a-z][a-z0-9+.-]*):([^?]*)(?:\?(.*))?$/.exec(text);
  if (match === null) {
    throw new TallyboardError(
      'STORE_URL_INVALID',
      `'${shownUrl(text)}' is not a store URL: ${storeUrlHelp()}`,
    );
  }
  const [, scheme, location, options] = match as unknown as [string, string, string, string | undefined];
  return { text, scheme, location, options: new URLSearchParams(options ?? '') };
}

/** A store URL as it may be shown or logged: without the password. */
export function shownUrl(text: string): string {
  return text.replace(/(\/\/[^:]*):.*@/s, '$1:***@');
}

/** Makes the store that a URL names, unopened. */
export async function createStore(urlText: string, context: StoreContext): Promise<Store> {
  const { url, engine } = await findEngine(urlText);
  return engine.createStore(url, context);
}

/** A reader of the raw events of the store that a URL names: without its lock, where the engine allows. */
export async function createReader(urlText: string, context: StoreContext): Promise<EventSource> {
  const { url, engine } = await findEngine(urlText);
  return (engine.createReader ?? engine.createStore)(url, context);
}

/** The store that a URL names as it is at one moment; undefined where its engine cannot show that. */
export async function createView(urlText: string, context: StoreContext): Promise<StoreView | undefined> {
  const { url, engine } = await findEngine(urlText);
  return engine.createView?.(url, context);
}

/** Makes or updates the backup of a store in a directory, and says how much that was. */
export async function backUpStore(urlText: string, directory: string): Promise<Backup> {
  const { url, engine } = await findEngine(urlText);
  if (engine.backUp !== undefined) return engine.backUp(url, directory);
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${shownUrl(urlText)} keeps its data in an engine: back it up with that engine's own tools. Its raw events can be written to a file with tallyboard export, or copied: tallyboard copy --from URL --to journal:DIR`,
  );
}

/** Puts the backup of a directory where a URL names no store yet. */
export async function restoreStore(
  urlText: string,
  directory: string,
  context: StoreContext,
): Promise<BackupCounts> {
  const { url, engine } = await findEngine(urlText);
  if (engine.restore !== undefined) return engine.restore(url, directory, context);
  throw new TallyboardError(
    'CONFIG_INVALID',
    `a backup is restored into a journal, and ${shownUrl(urlText)} is none: restore it with --store journal:DIR, and then tallyboard copy --from journal:DIR --to URL`,
  );
}

/** The same for two URLs of one store, however it is written; by what of them names a store. */
export async function nameOfStore(urlText: string): Promise<string> {
  const { url, engine } = await findEngine(urlText);
  return `${url.scheme}:${engine.nameOf?.(url) ?? resolve(url.location)}`;
}

const TYPOS_MAX = 2;
/** What engines are called elsewhere. */
const ALSO_CALLED: ReadonlyMap<string, string> = new Map([
  ['mysql', 'mariadb:'],
  ['pg', 'postgres:'],
  ['valkey', 'redis:'],
  ['rabbitmq', 'amqp:'],
  // The scheme alone would send the password as it is.
  ['neo4j+s', 'neo4j: with ?tls=on'],
  ['neo4j+ssc', 'neo4j: with ?tls-ca=FILE'],
  ['bolt+s', 'bolt: with ?tls=on'],
  ['bolt+ssc', 'bolt: with ?tls-ca=FILE'],
]);

async function findEngine(urlText: string): Promise<{ url: StoreUrl; engine: Engine }> {
  const url = parseStoreUrl(urlText);
  const load = ENGINES[url.scheme];
  if (load === undefined) {
    const nearest = closest(url.scheme, Object.keys(ENGINES));
    const isNear = distance(url.scheme, nearest) <= TYPOS_MAX;
    const meant = ALSO_CALLED.get(url.scheme) ?? (isNear ? `${nearest}:` : undefined);
    const advice = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    throw new TallyboardError(
      'STORE_URL_INVALID',
      `no store is called '${url.scheme}:'${advice}: ${storeUrlHelp()}; an engine of your own is named with --engine`,
    );
  }
  return { url, engine: await loadWithClient(load) };
}

function storeUrlHelp(): string {
  return `write one of ${Object.keys(ENGINES)
    .map((scheme) => `${scheme}:…`)
    .join(', ')}, for example journal:./data`;
}
