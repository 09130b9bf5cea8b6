import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';

/** Real servers of the tests' own, on free ports, in temporary folders. */

const READY_MILLISECONDS_MAX = 20_000;
export const NODE_TIMEOUT_MILLISECONDS = 2000;

/** Why tests with Redis are skipped; null where they run. */
export const REDIS_MISSING: string | null = whatIsMissing();

const running = new Set<RedisServer>();
// Whatever becomes of the tests, no server is left behind.
afterAll(() => {
  for (const server of running) server.child.kill('SIGKILL');
});

/** Where a server listens, and with what it is started there. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** `ip netns exec NAME`, for a server in a network of its own. */
  readonly wrapper: readonly string[];
}

export class RedisServer {
  readonly place: Place;
  readonly directory: string;
  child: ChildProcess;
  readonly #settings: readonly string[];

  private constructor(place: Place, directory: string, settings: readonly string[]) {
    this.place = place;
    this.directory = directory;
    this.#settings = settings;
    this.child = this.#spawn();
  }

  /** Starts a server and waits until it answers. `settings`: as on the command line, `['--appendonly', 'yes']`. */
  static async start(settings: readonly string[] = [], place?: Place): Promise<RedisServer> {
    const directory = mkdtempSync(join(tmpdir(), 'tallyboard-redis-'));
    const server = new RedisServer(place ?? (await freePlace()), directory, settings);
    await server.ready();
    return server;
  }

  get port(): number {
    return this.place.port;
  }

  get address(): string {
    return `${this.place.host}:${this.place.port}`;
  }

  /** Sends a command, on a connection of its own. */
  ask(command: string, ...parameters: (string | number)[]): Promise<unknown> {
    return this.#connected((client) => client.call(command, ...parameters));
  }

  /**
   * Waits until a replica confirms what is written here. That it is online is said before it has
   * loaded the data, and until then it confirms nothing.
   */
  async followed(): Promise<void> {
    const confirmations = async (client: Redis) => {
      await client.set('followed', 1);
      await client.del('followed');
      return client.wait(1, 1000);
    };
    await until(
      async () => (await this.#connected(confirmations)) === 1,
      `a replica of ${this.address} to follow`,
    );
  }

  async #connected<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({ ...this.place, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    try {
      await client.connect();
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it with SIGKILL, and waits until it has ended. */
  async kill(): Promise<void> {
    running.delete(this);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again, on the data that it had. */
  async restart(): Promise<void> {
    this.child = this.#spawn();
    await this.ready();
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async ready(): Promise<void> {
    await until(async () => (await this.ask('PING')) === 'PONG', `${this.address} to answer`);
  }

  #spawn(): ChildProcess {
    const { host, port, wrapper } = this.place;
    const settings = ['--port', String(port), '--bind', host, '--dir', this.directory, '--save', ''];
    const command = [...wrapper, 'redis-server', ...settings, ...this.#settings];
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
    running.add(this);
    return child;
  }
}

export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  /** `host:port,host:port` of all. */
  readonly addresses: string;
  /** The server that is the master of a key's slot now. */
  masterOf(key: string): Promise<RedisServer>;
  remove(): Promise<void>;
}

/** Three masters with a replica each. */
export async function startCluster(
  settings: readonly string[] = [],
  given?: readonly Place[],
): Promise<RedisCluster> {
  const places =
    given ?? (await freeClusterPorts(6)).map((port) => ({ host: '127.0.0.1', port, wrapper: [] }));
  const servers = await Promise.all(
    places.map((place) =>
      RedisServer.start(
        [
          '--cluster-enabled',
          'yes',
          '--cluster-config-file',
          'nodes.conf',
          '--cluster-node-timeout',
          String(NODE_TIMEOUT_MILLISECONDS),
          // A server in a network of its own is known there by its address.
          '--protected-mode',
          'no',
          '--bind-source-addr',
          place.host,
          ...settings,
        ],
        place,
      ),
    ),
  );
  const addresses = servers.map((server) => server.address);
  execFileSync(
    'redis-cli',
    ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'],
    { stdio: 'pipe' },
  );
  for (const server of servers) {
    await until(async () => {
      const info = String(await server.ask('CLUSTER', 'INFO'));
      const nodes = String(await server.ask('CLUSTER', 'NODES'));
      return info.includes('cluster_state:ok') && nodes.split('slave').length === 4;
    }, 'the Cluster to be whole');
  }
  for (const server of servers) {
    await until(async () => {
      const info = String(await server.ask('INFO', 'replication'));
      return /role:master[\s\S]*state=online/.test(info) || info.includes('master_link_status:up');
    }, 'the replicas to follow');
  }
  return {
    servers,
    addresses: addresses.join(','),
    async masterOf(key) {
      const slot = Number(await servers[0]!.ask('CLUSTER', 'KEYSLOT', key));
      for (const server of servers) {
        const runs = (await server.ask('CLUSTER', 'SLOTS').catch(() => undefined)) as
          | [number, number, [string, number]][]
          | undefined;
        const run = runs?.find(([from, to]) => from <= slot && slot <= to);
        if (run !== undefined) return servers.find(({ address }) => address === `${run[2][0]}:${run[2][1]}`)!;
      }
      throw new Error(`nobody has the slot ${slot}`);
    },
    async remove() {
      await Promise.all(servers.map((server) => server.remove()));
    },
  };
}

/** Waits until something holds; what fails meanwhile is tried again. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  millisecondsMax = READY_MILLISECONDS_MAX,
): Promise<void> {
  const deadline = Date.now() + millisecondsMax;
  for (;;) {
    const done = await Promise.resolve()
      .then(holds)
      .catch(() => false);
    if (done) return;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await pause(25);
  }
}

async function freePlace(): Promise<Place> {
  return { host: '127.0.0.1', port: await freePort(), wrapper: [] };
}

/** A Cluster's servers talk on the port 10,000 above their own. */
async function freeClusterPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = await freePort();
    if (port < 55_000 && !ports.includes(port) && (await isFree(port + 10_000))) ports.push(port);
    else if (port >= 55_000) {
      const lower = 20_000 + Math.floor(Math.random() * 30_000);
      if ((await isFree(lower)) && (await isFree(lower + 10_000))) ports.push(lower);
    }
  }
  return ports;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function whatIsMissing(): string | null {
  for (const command of ['redis-server', 'redis-cli']) {
    try {
      execFileSync(command, ['--version'], { stdio: 'pipe' });
    } catch {
      if (process.env.REQUIRE_ENGINES === '1') {
        throw new Error('Redis cannot be tested: install the packages redis-server and redis-tools');
      }
      return 'install the packages redis-server and redis-tools';
    }
  }
  return null;
}
