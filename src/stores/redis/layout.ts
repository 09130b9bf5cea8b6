import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { TallyboardError } from '../../contract/errors.js';
import type { Executor, Job } from './executor.js';
import { Keys, settingsKey, slotOf } from './keys.js';
import { SCRIPTS } from './scripts.js';
import type { RedisOptions } from './url.js';

/** What is fixed when a store is made, and kept in it. */
export interface Layout {
  /** The store's own name. */
  readonly id: string;
  readonly partitions: number;
  /** Hashes of contacts in each partition. */
  readonly buckets: number;
}

const FORMAT = '1';
const PARTITIONS = { single: 1, cluster: 64 };
const CONTACTS_EXPECTED = 16_000_000;
/** A hash of this many contacts is half of what Redis keeps in its compact form. */
const CONTACTS_A_BUCKET = 64;

/** Reads the layout of the store; makes the store where there is none yet and `mustExist` allows it. */
export async function openLayout(
  executor: Executor,
  options: RedisOptions,
  mustExist: boolean,
): Promise<{ layout: Layout; keys: Keys }> {
  const key = settingsKey(options.keyPrefix);
  const at = { slot: slotOf(key), key };
  const stored = await readSettings(executor, { ...at, call: 'HGETALL', arguments: [] });
  if (stored.size === 0 && mustExist) {
    throw new TallyboardError(
      'STORE_UNAVAILABLE',
      `there is no store under the prefix '${options.keyPrefix}' of this Redis: check the store URL`,
    );
  }
  const settings =
    stored.size > 0
      ? stored
      : await readSettings(executor, { ...at, call: SCRIPTS.create, arguments: proposal(options) });
  refuseOther(settings, options);
  const partitions = Number(settings.get('partitions'));
  const layout = {
    id: settings.get('id')!,
    partitions,
    buckets: Math.max(
      1,
      Math.ceil(Number(settings.get('contacts-expected')) / CONTACTS_A_BUCKET / partitions),
    ),
  };
  const keys = new Keys(options.keyPrefix, partitions);
  await openPartitions(executor, keys, layout, settings.get('ready') === '1');
  if (settings.get('ready') !== '1') {
    await executor.run([{ ...at, call: 'HSET', arguments: ['ready', '1'] }], options.replicasWaited);
  }
  return { layout, keys };
}

/** Every partition carries the store's name: one that does not has lost its data. */
async function openPartitions(
  executor: Executor,
  keys: Keys,
  { id, partitions }: Layout,
  isReady: boolean,
): Promise<void> {
  const jobs = Array.from({ length: partitions }, (_, partition): Job => {
    const at = { slot: keys.slot(partition), key: keys.meta(partition) };
    return isReady
      ? { ...at, call: 'HGET', arguments: ['store'] }
      : { ...at, call: 'HSETNX', arguments: ['store', id] };
  });
  const replies = await executor.run(jobs);
  const isLost = (reply: unknown) => (isReady ? String(reply) !== id : false);
  const lost = replies.filter(isLost).length;
  if (lost === 0) return;
  throw new TallyboardError(
    'STORE_DAMAGED',
    `${lost} of ${partitions} partitions of the store are gone from Redis: their keys were deleted, or a server came back without its data; restore them, or start with an empty database or another prefix`,
  );
}

async function readSettings(executor: Executor, job: Job): Promise<ReadonlyMap<string, string>> {
  const [reply] = await executor.run([job]);
  const words = (reply as Buffer[]).map(String);
  const settings = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) settings.set(words[i]!, words[i + 1]!);
  return settings;
}

function proposal({ isCluster, partitions, contactsExpected }: RedisOptions): string[] {
  return [
    'format',
    FORMAT,
    'id',
    randomUUID(),
    'partitions',
    String(partitions ?? (isCluster ? PARTITIONS.cluster : PARTITIONS.single)),
    'contacts-expected',
    String(contactsExpected ?? CONTACTS_EXPECTED),
  ];
}

function refuseOther(settings: ReadonlyMap<string, string>, options: RedisOptions): void {
  if (settings.get('format') !== FORMAT) {
    throw new TallyboardError(
      'STORE_FORMAT',
      `the store has the format ${settings.get('format')}, and this release knows ${FORMAT}: use the release that made it, and copy it to a new store`,
    );
  }
  for (const [name, asked] of [
    ['partitions', options.partitions],
    ['contacts-expected', options.contactsExpected],
  ] as const) {
    const stored = settings.get(name);
    if (asked === undefined || String(asked) === stored) continue;
    throw new TallyboardError(
      'STORE_FORMAT',
      `the store was made with ${name}=${stored}, and the URL says ${asked}: leave it out of the URL, or copy to a new store under another prefix`,
    );
  }
}

/** What the servers' own settings mean for what is acknowledged. */
export interface ServerSettings {
  readonly isSynced: boolean;
  readonly warnings: readonly string[];
}

/** Reads the settings of each server that can lose what was acknowledged. */
export async function readServerSettings(
  masters: readonly Redis[],
  { isCluster }: RedisOptions,
): Promise<ServerSettings> {
  const warnings: string[] = [];
  let isSynced = masters.length > 0;
  for (const client of masters) {
    const server = `${client.options.host}:${client.options.port}`;
    try {
      const settings = await readConfig(client);
      isSynced &&= settings.get('appendonly') === 'yes' && settings.get('appendfsync') === 'always';
      for (const warning of warningsOf(settings, isCluster)) warnings.push(`${server}: ${warning}`);
    } catch {
      isSynced = false;
      warnings.push(
        `${server}: its settings cannot be read, so what an acknowledgement survives is not known: allow the user CONFIG GET`,
      );
    }
  }
  return { isSynced, warnings };
}

async function readConfig(client: Redis): Promise<ReadonlyMap<string, string>> {
  const settings = new Map<string, string>();
  for (const name of [
    'appendonly',
    'appendfsync',
    'maxmemory',
    'maxmemory-policy',
    'min-replicas-to-write',
  ]) {
    const [, value] = (await client.call('CONFIG', 'GET', name)) as [string, string];
    settings.set(name, value);
  }
  return settings;
}

function* warningsOf(settings: ReadonlyMap<string, string>, isCluster: boolean): Generator<string> {
  if (settings.get('appendonly') !== 'yes') {
    yield 'appendonly is no: when the server ends, everything since its last snapshot is lost; set it to yes';
  } else if (settings.get('appendfsync') === 'no') {
    yield 'appendfsync is no: a cut of power loses what the system had not written; set it to everysec or always';
  }
  const policy = settings.get('maxmemory-policy');
  if (policy !== 'noeviction') {
    yield `maxmemory-policy is ${policy}: when memory is full, keys of the store may be dropped; set it to noeviction`;
  }
  if (isCluster && settings.get('min-replicas-to-write') === '0') {
    yield 'min-replicas-to-write is 0: a master that is cut off from its replicas goes on acknowledging what will be lost; set it to 1';
  }
}
