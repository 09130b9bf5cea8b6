import { setTimeout as pause } from 'node:timers/promises';
import type { Runner } from '../contract/conformance.js';
import { addEngines, ENGINES } from '../stores/index.js';
import { findLosses, findWrongReplays, verify } from './check.js';
import { type Load, startLoad } from './load.js';
import { type ServerProcess, spawnServer } from './server-process.js';

/** What is to be broken, and how. */
export interface FaultOptions {
  /** The URL of a store that is not there yet. */
  readonly store: string;
  /** An engine from elsewhere, as `--engine` takes it. */
  readonly engine?: string;
  /** How many Tallyboard servers take requests: one where `promises.writers` is `one`. Default 2. */
  readonly servers?: number;
  /** The environment of the servers. Default: an empty one. */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * Breaks something under load: kills the engine's server, cuts connections, stops one of the servers here, or
   * kills it; another one is started in its place.
   */
  interrupt(servers: readonly ServerProcess[]): Promise<void>;
  /** Mends it. Default: nothing is to be mended. */
  restart?(): Promise<void>;
}

/** What became of it. A store that keeps its promises has nothing but `acknowledged`. */
export interface Aftermath {
  readonly acknowledged: number;
  /** Of what was acknowledged, or refused: what is not stored as it was answered, a line a contact. */
  readonly lost: readonly string[];
  /** What was answered otherwise when it was sent again. */
  readonly wrongReplays: readonly string[];
  /** What `tallyboard verify` found. */
  readonly differences: string | undefined;
}

/** Some thousand contacts a second, which leave the machine time for the fault. */
export const REST_MILLISECONDS = 20;
const CONTACTS = 200;
const MOVES_MILLISECONDS_MAX = 120_000;
const POLL_MILLISECONDS = 20;

/**
 * Lets servers take requests, interrupts and mends, waits until requests are taken again, and looks what became
 * of all that was acknowledged. Rejects where nothing is taken any more.
 */
export async function underFault(options: FaultOptions): Promise<Aftermath> {
  const { store, engine, servers: count = 2, environment = {} } = options;
  const unknown = (engine?.split(',') ?? []).filter(
    (one) => !(one.slice(0, one.indexOf('=')).trim() in ENGINES),
  );
  if (unknown.length > 0) addEngines(unknown.join(','));
  const flags = engine === undefined ? [] : ['--engine', engine];
  const start = () => spawnServer(store, { flags, environment });
  const servers: ServerProcess[] = [];
  const loads: Load[] = [];
  const begin = async () => {
    const server = await start();
    servers.push(server);
    loads.push(startLoad(server.url, REST_MILLISECONDS));
  };
  try {
    await Promise.all(Array.from({ length: count }, begin));
    await Promise.all(loads.map((load) => moves(load)));
    await options.interrupt(servers);
    await options.restart?.();
    const killed = loads.filter((_, i) => hasEnded(servers[i]!));
    for (const load of killed) {
      await load.stop();
      await begin();
    }
    await Promise.all(loads.filter((load) => !killed.includes(load)).map((load) => moves(load)));
    await Promise.all(loads.map((load) => load.stop()));
    for (const server of servers.filter((one) => !hasEnded(one))) await endOrderly(server);
    const acknowledged = loads.flatMap((load) => load.snapshot());
    const refused = new Set(loads.flatMap((load) => [...load.refused]));
    const differences = await verify(store, flags, environment);
    const lost = await findLosses(store, acknowledged, refused);
    const again = await start();
    servers.push(again);
    const wrongReplays = await findWrongReplays(again.url, acknowledged);
    await endOrderly(again);
    return { acknowledged: acknowledged.length, lost, wrongReplays, differences };
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    for (const { child } of servers) child.kill('SIGKILL');
  }
}

/** The same as a test: fails where anything that was acknowledged is lost, doubled or answered otherwise. */
export function describeFaults(
  runner: Runner,
  name: string,
  options: Omit<FaultOptions, 'store'> & { store(): Promise<string> | string },
): void {
  runner.describe(`${name} under a fault`, () => {
    runner.it('loses and doubles nothing that was acknowledged, and goes on by itself', async () => {
      const after = await underFault({ ...options, store: await options.store() });
      const { lost, wrongReplays, differences } = after;
      const wrong = [...lost, ...wrongReplays, ...(differences === undefined ? [] : [differences])];
      if (wrong.length === 0) return;
      const shown = wrong.slice(0, 10).join('\n');
      throw new Error(`of ${after.acknowledged} acknowledged contacts, ${wrong.length} are wrong:\n${shown}`);
    });
  });
}

/** Waits until so many further requests are acknowledged. */
export async function moves(load: Load, contacts = CONTACTS): Promise<void> {
  const wanted = load.acknowledged.size + contacts;
  const deadline = performance.now() + MOVES_MILLISECONDS_MAX;
  while (load.acknowledged.size < wanted) {
    if (performance.now() > deadline) throw new Error('requests are not acknowledged any more');
    await pause(POLL_MILLISECONDS);
  }
}

function hasEnded({ child }: ServerProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endOrderly(server: ServerProcess): Promise<void> {
  const how = await server.end('SIGTERM');
  if (how !== 0) throw new Error(`a server ended with ${how}: ${JSON.stringify(server.log.slice(-5))}`);
}
