import { execFile, execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ServerKind } from '../../contract/server-kind.js';
import type { Engine } from '../../contract/store.js';
import { added, type Consumption, consumptionOf } from './consumption.js';
import { elasticsearch, opensearch } from './elasticsearch.js';
import { mariadb } from './mariadb.js';
import { mongodbServer } from './mongodb.js';
import { neo4jServer } from './neo4j.js';
import { postgres } from './postgres.js';
import { rabbitmq } from './rabbitmq.js';
import { ended, type Workspace, within } from './workspace.js';

/** The servers of an engine, started for one store. */
export interface EngineProcess {
  /** The store's URL. */
  readonly url: string;
  /** What all of them have taken together; null where the system does not tell. */
  consumption(): Promise<Consumption | null>;
  stop(): Promise<void>;
}

/** An engine whose servers the bench starts by itself, where they are installed. */
export interface EngineServers {
  /** What to install. */
  readonly packages: string;
  isInstalled(): boolean;
  readonly contactsMax?: number;
  /** A store's URL as theirs are, to be read and not opened. */
  readonly exampleUrl: string;
  /** Starts them on free ports, with their data in a folder. */
  start(workspace: Workspace, folder: string): Promise<EngineProcess>;
}

/** By the scheme of a store URL. */
const servers: Record<string, EngineServers> = Object.assign(Object.create(null), {
  redis: {
    packages: 'redis-server',
    isInstalled: isRedisInstalled,
    exampleUrl: 'redis://localhost',
    start: startRedis,
  },
  'redis+cluster': {
    packages: 'redis-server',
    isInstalled: isRedisInstalled,
    exampleUrl: 'redis+cluster://localhost',
    start: startRedisCluster,
  },
  postgres: oneServer(postgres()),
  mariadb: oneServer(mariadb()),
  neo4j: oneServer(neo4jServer()),
  mongodb: oneServer(mongodbServer()),
  elasticsearch: oneServer(elasticsearch()),
  opensearch: oneServer(opensearch()),
  amqp: oneServer(rabbitmq()),
});

export const ENGINE_SERVERS: Readonly<typeof servers> = servers;

/** Takes the servers of an engine from elsewhere, where its module says how they are started. */
export function addServers(scheme: string, { server }: Pick<Engine, 'server'>): void {
  if (server !== undefined) servers[scheme] = oneServer(server);
}

/** As an operator would set it who can do without the last second: nothing is kept but the append-only file. */
const REDIS_SETTINGS = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'];
/** The same, and what is started, in words. */
export const ENGINE_SETTINGS =
  'one server as it comes, Redis with `appendfsync everysec`, and as a Cluster of three masters with a replica each';
const CLUSTER_SETTINGS = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'];
/** Three masters with a replica each. */
const CLUSTER_SERVERS = 6;
/** A server of a Cluster listens there too, above its port. */
const CLUSTER_BUS_OFFSET = 10_000;
const START_SECONDS_MAX = 100;
const STOP_SECONDS_MAX = 60;
const POLL_MILLISECONDS = 50;
/** Below those that Linux gives to outgoing connections, the ports above them for the bus included. */
const PORT_MIN = 12_000;
const PORTS = 10_000;
/** Another process may take a port between the look at it and the start on it. */
const PORT_TRIES_MAX = 5;

const run = promisify(execFile);

function isRedisInstalled(): boolean {
  try {
    for (const program of ['redis-server', 'redis-cli'])
      execFileSync(program, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

async function startRedis(workspace: Workspace, folder: string): Promise<EngineProcess> {
  const server = await startRedisServer(workspace, folder, [0], REDIS_SETTINGS);
  return { ...server, url: `redis://127.0.0.1:${server.port}` };
}

async function startRedisCluster(workspace: Workspace, folder: string): Promise<EngineProcess> {
  const servers: StartedServer[] = [];
  for (let i = 0; i < CLUSTER_SERVERS; i += 1) {
    const own = join(folder, String(i));
    const settings = [...REDIS_SETTINGS, ...CLUSTER_SETTINGS];
    servers.push(await startRedisServer(workspace, own, [0, CLUSTER_BUS_OFFSET], settings));
  }
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
  for (const { port } of servers) {
    await until(
      async () => (await askRedis(port, 'cluster', 'info')).includes('cluster_state:ok'),
      'a Cluster',
    );
    await until(async () => {
      const info = await askRedis(port, 'info', 'replication');
      return /role:master[\s\S]*state=online/.test(info) || info.includes('master_link_status:up');
    }, 'the replicas of the Cluster');
  }
  return {
    url: `redis+cluster://${addresses.join(',')}`,
    async consumption() {
      const all = await Promise.all(servers.map((server) => server.consumption()));
      return all.reduce((sum, each) => (sum === null || each === null ? null : added(sum, each)));
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

interface StartedServer extends Pick<EngineProcess, 'consumption' | 'stop'> {
  readonly port: number;
}

function oneServer(kind: ServerKind): EngineServers {
  return {
    packages: kind.packages,
    isInstalled: () => kind.isInstalled(),
    exampleUrl: kind.storeUrl(1, '/'),
    ...(kind.contactsMax === undefined ? {} : { contactsMax: kind.contactsMax }),
    async start(workspace, folder) {
      await mkdir(folder, { recursive: true });
      await kind.initialise(folder);
      const server = await startOnFreePort(workspace, [0], {
        command: (port) => kind.command(folder, port),
        isReady: (port) => kind.ready(port).then(() => true),
      });
      return { ...server, url: kind.storeUrl(server.port, folder) };
    },
  };
}

async function startRedisServer(
  workspace: Workspace,
  folder: string,
  portOffsets: readonly number[],
  settings: readonly string[],
): Promise<StartedServer> {
  await mkdir(folder, { recursive: true });
  return startOnFreePort(workspace, portOffsets, {
    command: (port) => ({
      words: ['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--dir', folder, ...settings],
      // It is looked for where the user's programs are.
      options: { env: undefined },
    }),
    // Whoever answers at the port may be another.
    isReady: async (port, pid) => (await askRedis(port, 'info', 'server')).includes(`process_id:${pid}\r`),
  });
}

interface Startable {
  command(port: number): ReturnType<ServerKind['command']>;
  isReady(port: number, pid: number): Promise<boolean>;
}

async function startOnFreePort(
  workspace: Workspace,
  portOffsets: readonly number[],
  { command, isReady }: Startable,
): Promise<StartedServer> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort(portOffsets);
    const { words, options } = command(port);
    const child = workspace.spawn(words, { stdio: 'ignore', ...options });
    const end = ended(child);
    let how: unknown;
    end.then(
      (code) => {
        how = code;
      },
      (error: unknown) => {
        how = error;
      },
    );
    await until(async () => how !== undefined || isReady(port, child.pid!), `the start of ${words[0]}`);
    if (how === undefined) {
      return {
        port,
        consumption: () => consumptionOf(child.pid!),
        async stop() {
          child.kill('SIGKILL');
          await within(end, STOP_SECONDS_MAX, `the end of ${words[0]}`);
        },
      };
    }
    if (tries >= PORT_TRIES_MAX) throw new Error(`${words[0]} ended with ${how} on each of ${tries} ports`);
  }
}

async function askRedis(port: number, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-p', String(port), ...words]);
  return stdout;
}

/** Waits until something holds; what fails meanwhile is tried again. */
async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + START_SECONDS_MAX * 1000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what} took longer than ${START_SECONDS_MAX} s`);
    await sleep(POLL_MILLISECONDS);
  }
}

/** A port that is free, and so are those at these distances from it. */
async function freePort(offsets: readonly number[]): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * PORTS);
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
