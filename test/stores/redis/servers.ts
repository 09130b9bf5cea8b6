import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { slotOf } from '../../../src/stores/redis/keys.js';
import { atEnd } from '../../at-end.js';
import { freePort } from '../shared/ports.js';
import { until } from '../shared/until.js';

/** Real servers of the tests' own, on free ports, in temporary folders. */

/** A server that was paused, or another that listens in its place, may never answer. */
const ANSWER_MILLISECONDS_MAX = 30_000;
/** Where a port was taken by others, another one is tried. */
const STARTS_MAX = 5;
/** Servers that wait so short for each other find each other soon, and take over soon. */
const NODE_TIMEOUT_MILLISECONDS = 2000;
/** Where none is to take over: one that is held up by the machine would lose what it has not replicated. */
const NODE_TIMEOUT_MILLISECONDS_LONG = 30_000;

const LOCAL = '127.0.0.1';

const run = promisify(execFile);

/** Why tests with Redis are skipped; null where they run. */
export const REDIS_MISSING: string | null = whatIsMissing();

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
    for (let left = place === undefined ? STARTS_MAX : 1; ; left -= 1) {
      const directory = mkdtempSync(join(tmpdir(), 'tallyboard-redis-'));
      const server = new RedisServer(place ?? (await freePlace()), directory, settings);
      try {
        await server.ready();
        return server;
      } catch (error) {
        await server.remove();
        if (left === 1) throw error;
      }
    }
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
    const client = new Redis({
      ...this.place,
      lazyConnect: true,
      retryStrategy: () => null,
      connectTimeout: ANSWER_MILLISECONDS_MAX,
      commandTimeout: ANSWER_MILLISECONDS_MAX,
    });
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
    if (this.#hasEnded) return;
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
    // A child of its own that rewrites a file may go on for a while.
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  async ready(): Promise<void> {
    // Another server that has the port would answer as well.
    const own = `process_id:${this.child.pid}\r`;
    await until(
      async () => this.#hasEnded || String(await this.ask('INFO', 'server')).includes(own),
      `${this.address} to answer`,
    );
    if (this.#hasEnded) throw new Error(`the server of ${this.address} ended at its start`);
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  #spawn(): ChildProcess {
    const { host, port, wrapper } = this.place;
    const settings = ['--port', String(port), '--bind', host, '--dir', this.directory, '--save', ''];
    // A replica gets its data at once, and not with others that may come within seconds.
    settings.push('--repl-diskless-sync-delay', '0');
    const command = [...wrapper, 'redis-server', ...settings, ...this.#settings];
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
    // Whatever becomes of the tests, no server is left behind.
    atEnd(() => child.kill('SIGKILL'));
    return child;
  }
}

/** A server for the tests of one file, removed at its end. Where Redis is missing, none of them runs. */
export async function serverOfFile(settings: readonly string[] = []): Promise<RedisServer> {
  if (REDIS_MISSING !== null) return undefined as never;
  const server = await RedisServer.start(settings);
  atEnd(() => server.remove());
  return server;
}

export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  /** `host:port,host:port` of all. */
  readonly addresses: string;
  /** The server that is the master of a key's slot now, as the first of `asked` says that answers. */
  masterOf(key: string, asked?: readonly RedisServer[]): Promise<RedisServer>;
  remove(): Promise<void>;
}

export interface ClusterOptions {
  readonly places?: readonly Place[];
  /** Whether a replica is to take the place of a master that says nothing for some seconds. */
  readonly takesOver?: boolean;
}

/** Three masters with a replica each. */
export async function startCluster(
  settings: readonly string[] = [],
  { places = [], takesOver = false }: ClusterOptions = {},
): Promise<RedisCluster> {
  const servers = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
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
          places[i]?.host ?? LOCAL,
          ...settings,
        ],
        places[i],
      ),
    ),
  );
  const addresses = servers.map((server) => server.address);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
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
  if (!takesOver) {
    for (const server of servers) {
      await server.ask('CONFIG', 'SET', 'cluster-node-timeout', NODE_TIMEOUT_MILLISECONDS_LONG);
    }
  }
  return {
    servers,
    addresses: addresses.join(','),
    async masterOf(key, asked = servers) {
      const slot = slotOf(key);
      for (const server of asked) {
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

async function freePlace(): Promise<Place> {
  return { host: LOCAL, port: await freePort(), wrapper: [] };
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
