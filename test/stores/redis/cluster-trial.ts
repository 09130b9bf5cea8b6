import { type RedisCluster, type RedisServer, startCluster, until } from './servers.js';
import { type Aftermath, underFault } from './trial.js';

/** How a Cluster is set, and how the store writes to it. */
export interface Kind {
  readonly name: string;
  readonly settings: readonly string[];
  readonly options: string;
}

/** What cannot lose: each write on the disk of its primary, and in the memory of a replica. */
export const SAFE: Kind = {
  name: 'with wait=1 and appendfsync always',
  settings: ['--appendonly', 'yes', '--appendfsync', 'always'],
  options: '?wait=1',
};

/** As Redis comes, with its file: replicas follow when they can. */
export const FAST: Kind = {
  name: 'without waiting, appendfsync everysec',
  settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  options: '',
};

export function storeUrl(cluster: RedisCluster, { options }: Kind): string {
  return `redis+cluster://${cluster.addresses}${options}`;
}

/** Waits until the others have given up a master, and its replica has taken its place. */
export async function takenOver(cluster: RedisCluster, master: RedisServer): Promise<void> {
  const others = cluster.servers.filter((server) => server !== master);
  await until(async () => (await cluster.masterOf('{0-0}', others)) !== master, 'a replica to take over');
}

/** A master is killed under load, and its replica takes over. */
export async function masterKilled(kind: Kind): Promise<Aftermath> {
  const cluster = await startCluster(kind.settings, { takesOver: true });
  try {
    const master = await cluster.masterOf('{0-0}');
    return await underFault(storeUrl(cluster, kind), async () => {
      await master.kill();
      await takenOver(cluster, master);
      // The replica is the master now, and needs one to confirm what it takes.
      await master.restart();
    });
  } finally {
    await cluster.remove();
  }
}
