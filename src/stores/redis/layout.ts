import { randomUUID } from 'node:crypto';
import { TallyboardError } from '../../contract/errors.js';
import { fieldsOf, jobOnSettings, jobsInAll } from './jobs.js';
import { Keys, settingsKey } from './keys.js';
import { SCRIPTS } from './scripts.js';
import type { Executor, Job } from './servers/executor.js';
import type { RedisOptions } from './servers/url.js';

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
  const stored = await readSettings(executor, jobOnSettings(key, 'HGETALL', []));
  if (stored.size === 0 && mustExist) {
    throw new TallyboardError(
      'STORE_MISSING',
      `there is no store under the prefix '${options.keyPrefix}' of this Redis: check the store URL`,
    );
  }
  const settings =
    stored.size > 0
      ? stored
      : await readSettings(executor, jobOnSettings(key, SCRIPTS.create, proposal(options)));
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
  const isReady = settings.get('ready') === '1';
  // A new store is begun by giving each partition its name.
  if (!isReady) await executor.run(jobsInAll(keys, partitions, 'HSETNX', ['store', layout.id]));
  const damage = await lostPartitions(executor, keys, layout);
  if (damage !== undefined) throw damage;
  if (!mustExist) await executor.run(jobsInAll(keys, partitions, SCRIPTS.tryWrites, [layout.id]));
  if (!isReady) {
    const replicas = options.replicasWaited;
    await executor.run([jobOnSettings(key, 'HSET', ['ready', '1'])], { replicas });
  }
  return { layout, keys };
}

/** Every partition carries the store's name: one that does not has lost its data. Undefined where all do. */
export async function lostPartitions(
  executor: Executor,
  keys: Keys,
  { id, partitions }: Layout,
): Promise<TallyboardError | undefined> {
  const replies = await executor.run(jobsInAll(keys, partitions, 'HGET', ['store']));
  const lost = replies.filter((reply) => String(reply) !== id).length;
  if (lost === 0) return undefined;
  return new TallyboardError(
    'STORE_DAMAGED',
    `${lost} of ${partitions} partitions of the store are gone from Redis: their keys were deleted, or a server came back without its data; restore them, or start with an empty database or another prefix`,
  );
}

async function readSettings(executor: Executor, job: Job): Promise<ReadonlyMap<string, string>> {
  const [reply] = await executor.run([job]);
  return fieldsOf(reply);
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
