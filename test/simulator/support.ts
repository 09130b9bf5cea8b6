import { seededRandom } from '../../src/cli/terminal/random.js';
import { type SimulationOptions, simulate } from '../../src/simulator/simulate.js';
import { type ContractServerOptions, contractServer } from './contract-server.js';

const servers: Awaited<ReturnType<typeof contractServer>>[] = [];

/** Starts a server that `closeServers` ends. */
export async function start(options: ContractServerOptions = {}) {
  const server = await contractServer(options);
  servers.push(server);
  return server;
}

export async function closeServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

/** A run whose chance is fixed. */
export function run(url: string, options: Partial<SimulationOptions> = {}, seed = 1) {
  return simulate({ url, random: seededRandom(seed), ...options });
}
