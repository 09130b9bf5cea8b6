import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { startServerProcess } from '../../faults/server-process.js';
import { repetitions, tried } from '../../long.js';
import { nameOf } from '../shared/support.js';
import { type Aftermath, underFault } from '../shared/trial.js';
import { until } from '../shared/until.js';
import { createNetwork, networkMissing } from './network.js';
import { REDIS_MISSING, type RedisCluster, type RedisServer, startCluster } from './servers.js';

/** How a Cluster is set, and how the store writes to it. */
interface Kind {
  readonly name: string;
  readonly settings: readonly string[];
  readonly options: string;
}

/** What cannot lose: each write on the disk of its primary, and in the memory of a replica. */
const SAFE: Kind = {
  name: 'with wait=1 and appendfsync always',
  settings: ['--appendonly', 'yes', '--appendfsync', 'always'],
  options: '?wait=1',
};

/** As Redis comes, with its file: replicas follow when they can. */
const FAST: Kind = {
  name: 'without waiting, appendfsync everysec',
  settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  options: '',
};

function storeUrl(cluster: RedisCluster, { options }: Kind): string {
  return `redis+cluster://${cluster.addresses}${options}`;
}

/** Waits until the others have given up a master, and its replica has taken its place. */
async function takenOver(cluster: RedisCluster, master: RedisServer): Promise<void> {
  const others = cluster.servers.filter((server) => server !== master);
  await until(async () => (await cluster.masterOf('{0-0}', others)) !== master, 'a replica to take over');
}

/** A master is killed under load, and its replica takes over. */
async function masterKilled(kind: Kind): Promise<Aftermath> {
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

const run = promisify(execFile);
const NETWORK_MISSING = networkMissing();

let cluster: RedisCluster | undefined;
afterEach(async () => {
  await cluster?.remove();
  cluster = undefined;
});

/** Tries something as often as the setting says. Loss is not a promise of Redis, so the figure is for the reader. */
async function tryOut(what: string, kind: Kind, once: () => Promise<Aftermath>): Promise<Aftermath> {
  const sum = { acknowledged: 0, lost: [] as string[] };
  const times = repetitions(1);
  for (let i = 0; i < times; i += 1) {
    const { acknowledged, lost } = await once();
    if (kind === SAFE) expect(lost, `time ${i}`).toEqual([]);
    sum.acknowledged += acknowledged;
    sum.lost.push(...lost);
    await cluster?.remove();
    cluster = undefined;
  }
  tried(`${what}, ${kind.name}`, times, `${sum.lost.length} of ${sum.acknowledged} contacts lost`);
  return sum;
}

describe.skipIf(REDIS_MISSING !== null)(nameOf('faults of a Cluster', REDIS_MISSING), () => {
  for (const kind of [SAFE, FAST]) {
    it(`a master is killed and its replica takes over, ${kind.name}`, async () => {
      await tryOut('a master killed', kind, () => masterKilled(kind));
    });

    it(`a master is paused for longer than the node timeout, ${kind.name}`, async () => {
      await tryOut('a master paused', kind, async () => {
        cluster = await startCluster(kind.settings, { takesOver: true });
        const master = await cluster.masterOf('{0-0}');
        return underFault(storeUrl(cluster, kind), async () => {
          master.signal('SIGSTOP');
          await takenOver(cluster!, master);
          master.signal('SIGCONT');
          await pause(1000);
        });
      });
    });
  }

  it('a master that may not write holds up the events of its own partitions, and no others', async () => {
    cluster = await startCluster([...SAFE.settings, '--min-replicas-to-write', '1']);
    const master = await cluster.masterOf('{0-0}');
    // Far more than an event takes that nothing holds up, also where the machine stands still for a while.
    const retry = 10_000;
    const serving = await startServerProcess(
      `redis+cluster://${cluster.addresses}?retry-milliseconds=${retry}`,
    );
    const info = String(await master.ask('INFO', 'replication'));
    const port = Number(/slave0:ip=[^,]*,port=(\d+)/.exec(info)![1]);
    await cluster.servers.find((server) => server.port === port)!.kill();
    await until(
      async () => /connected_slaves:0/.test(String(await master.ask('INFO', 'replication'))),
      'the replica to be missed',
    );
    const posts = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const started = performance.now();
        const reply = await fetch(`${serving.url}/initial?uuid=${randomUUID()}&symbol=e`, { method: 'POST' });
        const milliseconds = performance.now() - started;
        return {
          status: reply.status,
          code: ((await reply.json().catch(() => ({}))) as { code?: string }).code,
          milliseconds,
        };
      }),
    );
    const taken = posts.filter(({ status }) => status === 200);
    const refused = posts.filter(({ status }) => status === 503);
    expect(taken.length + refused.length).toBe(200);
    // The master has a third of the partitions, and shares a queue with a neighbour.
    expect(taken.length).toBeGreaterThan(90);
    expect(refused.length).toBeGreaterThan(40);
    expect(Math.max(...taken.map(({ milliseconds }) => milliseconds))).toBeLessThan(retry);
    // Who waited for a batch that failed has no more time than it had.
    expect(Math.max(...refused.map(({ milliseconds }) => milliseconds))).toBeLessThan(2 * retry);
    const ready = (await (await fetch(`${serving.url}/readyz`)).json()) as { status: string };
    expect(ready.status).toBe('ready');
    await serving.end('SIGTERM');
  });

  it('slots that are moved under load lose nothing', async () => {
    const { lost } = await tryOut('slots moved', FAST, slotsMoved);
    expect(lost).toEqual([]);
  });
});

async function slotsMoved(): Promise<Aftermath> {
  cluster = await startCluster(FAST.settings);
  const { servers } = cluster;
  const idOf = async (key: string) => String(await (await cluster!.masterOf(key)).ask('CLUSTER', 'MYID'));
  const [from, to] = [await idOf('{0-0}'), await idOf('a key elsewhere')];
  const target = from === to ? await idOf('another key') : to;
  expect(target).not.toBe(from);
  return underFault(storeUrl(cluster, FAST), async () => {
    // To one side and back again: a partition's keys are in two places meanwhile.
    for (const [source, destination] of [
      [from, target],
      [target, from],
    ] as const) {
      const ids = ['--cluster-from', source, '--cluster-to', destination];
      const reshard = ['--cluster', 'reshard', servers[0]!.address, ...ids, '--cluster-slots', '600'];
      await run('redis-cli', [...reshard, '--cluster-yes', '--cluster-timeout', '10000']);
      // Who has what goes round by gossip, and until all have heard it no slot is moved.
      await until(async () => {
        const { stdout } = await run('redis-cli', ['--cluster', 'check', servers[0]!.address]);
        return stdout.includes('All nodes agree about slots configuration');
      }, 'the servers to agree');
    }
  });
}

describe.skipIf(REDIS_MISSING !== null || NETWORK_MISSING !== null)(
  nameOf('a Cluster that falls apart', REDIS_MISSING ?? NETWORK_MISSING),
  () => {
    for (const kind of [SAFE, FAST]) {
      it(`a master is cut off from its peers, and clients still reach it, ${kind.name}`, async () => {
        const { lost } = await tryOut('a master cut off', kind, () => masterCutOff(kind));
        if (kind === FAST) expect(lost.length).toBeGreaterThan(0);
      });
    }
  },
);

async function masterCutOff(kind: Kind): Promise<Aftermath> {
  const network = createNetwork(6);
  try {
    cluster = await startCluster(kind.settings, { places: network.places, takesOver: true });
    const master = await cluster.masterOf('{0-0}');
    return await underFault(storeUrl(cluster, kind), async () => {
      network.cutOff(master.place);
      // It takes writes until it knows that it is alone; what it took is lost once its replica is master.
      await takenOver(cluster!, master);
      network.heal();
      await until(
        async () => String(await master.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'),
        'the Cluster to be whole again',
      );
    });
  } finally {
    await cluster?.remove();
    cluster = undefined;
    network.remove();
  }
}
