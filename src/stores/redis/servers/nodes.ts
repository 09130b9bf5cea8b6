import type { Redis } from 'ioredis';
import { describe, TallyboardError } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import { within } from '../../../contract/within.js';
import type { Address } from '../../shared/server-url.js';
import { connect, connection, SILENT, serverOf } from './connection.js';
import type { RedisOptions } from './url.js';

/** Who has which slot. */
export interface Nodes {
  open(): Promise<void>;
  close(): void;
  /** The connection to the server that has a slot; undefined while nobody is known to have it. */
  nodeOf(slot: number): Redis | undefined;
  /** Every server that has slots. */
  masters(): readonly Redis[];
  /** Where the replicas of a Cluster are. */
  replicas(): readonly Address[];
  /** Looks again who has what. Never rejects: whoever is refused will look again. */
  refresh(): Promise<void>;
}

export function nodes(options: RedisOptions, log: Log): Nodes {
  return options.isCluster ? new ClusterNodes(options, log) : new SingleNode(options, log);
}

class SingleNode implements Nodes {
  readonly #options: RedisOptions;
  readonly #log: Log;
  #client: Redis | undefined;

  constructor(options: RedisOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  async open(): Promise<void> {
    const client = connection(this.#options.addresses[0]!, this.#options, this.#log);
    await connect(client, this.#options, this.#log);
    this.#client = client;
    const role = (await within(client.call('ROLE'), this.#options.attemptMilliseconds).catch(() => [])) as
      | readonly unknown[]
      | undefined;
    if (role?.[0] !== 'slave') return;
    throw new TallyboardError(
      'STORE_UNAVAILABLE',
      `${serverOf(client)} is a replica: name its master, ${role[1]}:${role[2]}`,
    );
  }

  close(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  nodeOf(): Redis | undefined {
    return this.#client;
  }

  masters(): readonly Redis[] {
    return this.#client === undefined ? [] : [this.#client];
  }

  replicas(): readonly Address[] {
    return [];
  }

  async refresh(): Promise<void> {}
}

/** A reply of CLUSTER SLOTS: from, to, the master, its replicas. */
type SlotRun = readonly [number, number, SlotServer, ...SlotServer[]];
type SlotServer = readonly [string | null, number, ...unknown[]];

/**
 * The masters of a Cluster. The map is asked for, not followed: a redirection to a slot that is half moved
 * (ASK) is never taken, because a script that finds half of a partition's keys would begin the rest anew.
 * Whoever is redirected waits until the map says who has the whole slot.
 */
class ClusterNodes implements Nodes {
  readonly #options: RedisOptions;
  readonly #log: Log;
  #clients = new Map<string, Redis>();
  #slots: (Redis | undefined)[] = [];
  #replicas: readonly Address[] = [];
  #refreshing: Promise<void> | undefined;
  #asked = 0;
  #isClosed = false;

  constructor(options: RedisOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  async open(): Promise<void> {
    this.#isClosed = false;
    let reason: unknown;
    for (const address of this.#options.addresses) {
      const client = connection(address, this.#options, this.#log);
      try {
        await connect(client, this.#options, this.#log);
        this.#take(await within(slotRuns(client), this.#options.attemptMilliseconds), address.host);
        // Not among the clients yet: the map may name it otherwise than the URL does.
        await Promise.all([...this.#clients.values()].map((node) => untilReady(node, this.#options)));
        return;
      } catch (error) {
        reason = error;
        if (isNoCluster(error)) break;
      } finally {
        client.disconnect();
      }
    }
    throw isNoCluster(reason)
      ? new TallyboardError(
          'STORE_URL_INVALID',
          'the server is no Cluster: write redis:// for a single one',
          {
            cause: reason,
          },
        )
      : reason;
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.values()) client.disconnect();
    this.#clients = new Map();
    this.#slots = [];
  }

  nodeOf(slot: number): Redis | undefined {
    return this.#slots[slot];
  }

  masters(): readonly Redis[] {
    return [...new Set(this.#slots)].filter((client) => client !== undefined);
  }

  replicas(): readonly Address[] {
    return this.#replicas;
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Asks one server after the other, another one first each time: one that is cut off knows an old map. */
  async #refresh(): Promise<void> {
    const known = [...this.#clients.values()].filter((client) => client.status === 'ready');
    for (let i = 0; i < known.length; i += 1) {
      this.#asked += 1;
      const client = known[this.#asked % known.length]!;
      try {
        const runs = await within(slotRuns(client), this.#options.attemptMilliseconds);
        if (!this.#isClosed) this.#take(runs, client.options.host ?? '');
        return;
      } catch {
        // The next one may know.
      }
    }
    await this.#askSeeds();
  }

  /** When no known server answers: the addresses of the URL. */
  async #askSeeds(): Promise<void> {
    for (const address of this.#options.addresses) {
      if (this.#isClosed) return;
      const client = connection(address, this.#options, SILENT);
      try {
        await connect(client, this.#options);
        const runs = await within(slotRuns(client), this.#options.attemptMilliseconds);
        if (!this.#isClosed) this.#take(runs, address.host);
        return;
      } catch {
        // The next one may know.
      } finally {
        client.disconnect();
      }
    }
  }

  #take(runs: readonly SlotRun[], askedHost: string): void {
    const clients = new Map<string, Redis>();
    const slots: (Redis | undefined)[] = [];
    // A server that does not know its own name leaves it out: it is the one that was asked.
    const addressOf = ([host, port]: SlotServer): Address => {
      return { host: host === null || host === '' ? askedHost : host, port };
    };
    const replicas = new Map<string, Address>();
    for (const [from, to, master, ...others] of runs) {
      for (const other of others) replicas.set(other.slice(0, 2).join(), addressOf(other));
      const address = addressOf(master);
      const name = `${address.host}:${address.port}`;
      let client = clients.get(name) ?? this.#clients.get(name);
      if (client === undefined) {
        client = connection(address, this.#options, this.#log);
        // Its failure is logged, and it tries again.
        client.connect().catch(() => {});
      }
      clients.set(name, client);
      for (let slot = from; slot <= to; slot += 1) slots[slot] = client;
    }
    for (const [name, client] of this.#clients) if (!clients.has(name)) client.disconnect();
    this.#clients = clients;
    this.#slots = slots;
    this.#replicas = [...replicas.values()];
  }
}

async function slotRuns(client: Redis): Promise<readonly SlotRun[]> {
  return (await client.call('CLUSTER', 'SLOTS')) as readonly SlotRun[];
}

function isNoCluster(error: unknown): boolean {
  return error instanceof Error && /cluster support disabled/.test(describe(error));
}

async function untilReady(client: Redis, { attemptMilliseconds }: RedisOptions): Promise<void> {
  if (client.status === 'ready') return;
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  // A master that is away does not keep the store from opening: its partitions are waited for when asked.
  await within(ready, attemptMilliseconds).catch(() => {});
}
