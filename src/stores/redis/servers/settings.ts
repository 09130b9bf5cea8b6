import type { Redis } from 'ioredis';
import { within } from '../../../contract/within.js';
import { connect, connection, SILENT } from './connection.js';
import type { Nodes } from './nodes.js';
import type { RedisOptions } from './url.js';

/** What the servers' own settings mean for what is acknowledged. */
export interface ServerSettings {
  /** Whether each master has an event on its disk before it is acknowledged. */
  readonly isSynced: boolean;
  readonly warnings: readonly string[];
}

const NAMES = [
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'maxmemory-policy',
  'min-replicas-to-write',
] as const;
type Settings = Readonly<Record<(typeof NAMES)[number], string | undefined>>;

/** Reads the settings of each server that can lose what was acknowledged. */
export async function readServerSettings(nodes: Nodes, options: RedisOptions): Promise<ServerSettings> {
  const masters = await Promise.all(nodes.masters().map((client) => readMaster(client, options)));
  const replicas = await Promise.all(nodes.replicas().map((address) => readReplica(address, options)));
  return {
    isSynced: masters.length > 0 && masters.every(({ isSynced }) => isSynced),
    warnings: [...masters.flatMap(({ warnings }) => warnings), ...replicas.flat()],
  };
}

async function readMaster(client: Redis, options: RedisOptions): Promise<ServerSettings> {
  const server = `${client.options.host}:${client.options.port}`;
  try {
    const settings = await readConfig(client, options);
    const info = String(await within(client.call('INFO', 'replication'), options.attemptMilliseconds));
    const replicas = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0);
    const warnings = [...warningsOf(settings, options), ...replicaWarnings(replicas, options)];
    return { isSynced: isSynced(settings), warnings: warnings.map((warning) => `${server}: ${warning}`) };
  } catch {
    const warning = `${server}: its settings cannot be read, so what an acknowledgement survives is not known: allow the user CONFIG GET and INFO`;
    return { isSynced: false, warnings: [warning] };
  }
}

/** Of a replica only what it keeps: it counts when it takes the place of its master. */
async function readReplica(
  address: { readonly host: string; readonly port: number },
  options: RedisOptions,
): Promise<string[]> {
  const client = connection(address, options, SILENT);
  try {
    await connect(client, options);
    const { appendonly } = await readConfig(client, options);
    if (appendonly === 'yes') return [];
    const server = `${address.host}:${address.port}`;
    return [
      `${server}: appendonly is no on this replica: a cut of power that takes its master too can lose events; set it to yes`,
    ];
  } catch {
    // That it is away shows at its master, which has a replica less.
    return [];
  } finally {
    client.disconnect();
  }
}

async function readConfig(client: Redis, { attemptMilliseconds }: RedisOptions): Promise<Settings> {
  const settings: Record<string, string> = {};
  for (const name of NAMES) {
    const reply = client.call('CONFIG', 'GET', name) as Promise<string[]>;
    const [, value] = await within(reply, attemptMilliseconds);
    if (value !== undefined) settings[name] = value;
  }
  return settings as Settings;
}

function isSynced(settings: Settings): boolean {
  return (
    settings.appendonly === 'yes' &&
    settings.appendfsync === 'always' &&
    settings['no-appendfsync-on-rewrite'] !== 'yes'
  );
}

function* warningsOf(settings: Settings, { isCluster }: RedisOptions): Generator<string> {
  if (settings.appendonly !== 'yes') {
    yield 'appendonly is no: when the server ends, everything since its last snapshot is lost; set it to yes';
  } else if (settings.appendfsync !== 'always') {
    const what = settings.appendfsync === 'no' ? 'what the system had not written' : 'up to two seconds';
    yield `appendfsync is ${settings.appendfsync}: a cut of power loses ${what}; set it to always where that matters`;
  } else if (settings['no-appendfsync-on-rewrite'] === 'yes') {
    yield 'no-appendfsync-on-rewrite is yes: while the file is rewritten a cut of power can lose what was acknowledged; set it to no';
  }
  const policy = settings['maxmemory-policy'];
  if (policy !== undefined && policy !== 'noeviction') {
    yield `maxmemory-policy is ${policy}: when memory is full, keys of the store may be dropped; set it to noeviction`;
  }
  if (isCluster && settings['min-replicas-to-write'] === '0') {
    yield 'min-replicas-to-write is 0: a master that is cut off from its replicas goes on acknowledging what will be lost; set it to 1';
  }
}

function* replicaWarnings(replicas: number, { replicasWaited }: RedisOptions): Generator<string> {
  if (replicas >= replicasWaited) return;
  yield `it has ${replicas} replicas, and the URL waits for ${replicasWaited}: no event can be acknowledged until there are as many`;
}
