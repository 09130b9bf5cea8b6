import type { Plan } from '../plan.js';
import type { GeneratorCheck } from '../report/results.js';
import { benchCommand, startServer } from '../servers/server-process.js';
import { type Bench, drive } from './rounds.js';

/** What the load generator reaches where the other side does nothing but answer. */
export async function measureGenerator(bench: Bench, plan: Plan): Promise<GeneratorCheck[]> {
  bench.say('the load generator by itself');
  const server = await startServer(bench.workspace, benchCommand('bare-net.js'), { awaitReady: false });
  const { port } = server;
  const checks: GeneratorCheck[] = [];
  // With one connection, it is latency that limits, on both sides.
  for (const connections of plan.connections.filter((count) => count > 1)) {
    const job = { port, connections, requests: 'ingest' as const };
    await drive(bench.writer, { ...job, seconds: plan.warmUpSeconds });
    const before = await server.consumption();
    const result = await drive(bench.writer, { ...job, seconds: plan.sliceSeconds });
    const after = await server.consumption();
    checks.push({
      connections,
      requestsPerSecond: result.requestsPerSecond,
      cpuShare: result.generatorCpuShare,
      responderCpuShare:
        before === null || after === null ? null : (after.cpuSeconds - before.cpuSeconds) / plan.sliceSeconds,
    });
  }
  await server.stop();
  return checks;
}
