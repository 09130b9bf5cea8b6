import type { LoadResult } from '../load/load-job.js';
import type { Plan } from '../plan.js';
import type { BatchRates, BatchResult, BatchRound } from '../report/results.js';
import { startServer } from '../servers/server-process.js';
import type { Target } from '../servers/targets.js';
import { type Bench, checkCounted, countContacts, drive, sumOf } from './rounds.js';

const BATCH_EVENTS = 1000;
const SINGLE_CONNECTIONS = 64;
const SENDERS = 8;
const SENDERS_MAX = 64;
const PROBES_A_SECOND = 100;
/** So many that no probe waits for one before it. */
const PROBE_CONNECTIONS = 200;

/**
 * Single calls, batches, and each beside the other, as fast as they go, round by round on one server; a probe on
 * `/healthz` beside batches; and batches of many senders, for the memory that they take.
 */
export async function measureBatches(bench: Bench, target: Target, plan: Plan): Promise<BatchResult> {
  bench.say(`batches: ${target.name}`);
  const site = await target.place(bench.workspace, `${target.name}-batches`);
  const server = await startServer(bench.workspace, site.command);
  const contactsBefore = target.fresh ? 0 : await countContacts(server);
  const sent = { initials: 0, refused: 0 };
  const { port } = server;
  const seconds = plan.batchSeconds;
  const single = () =>
    drive(bench.writer, { port, connections: SINGLE_CONNECTIONS, seconds, requests: 'ingest' });
  const batch = (connections: number) =>
    drive(bench.reader, { port, connections, seconds, requests: 'ingest', batchEvents: BATCH_EVENTS });
  const probe = () =>
    drive(bench.writer, {
      port,
      connections: PROBE_CONNECTIONS,
      seconds,
      requests: ['/healthz'],
      rate: PROBES_A_SECOND,
    });

  const rounds: BatchRound[] = [];
  // The first round shows what code takes that has not run yet.
  for (let round = -1; round < plan.batchRounds; round += 1) {
    await server.settle();
    const alone = await single();
    await server.settle();
    const batches = await batch(SENDERS);
    await server.settle();
    const [singleBeside, batchBeside] = await Promise.all([single(), batch(SENDERS)]);
    await server.settle();
    const [{ max }, batchProbed] = await Promise.all([probe(), batch(SENDERS)]);
    await server.settle();
    const many = await batch(SENDERS_MAX);
    for (const { initials, refused } of [alone, batches, singleBeside, batchBeside, batchProbed, many]) {
      sent.initials += initials;
      // A batch that is refused may be one of initials alone.
      sent.refused += sumOf(refused) * BATCH_EVENTS;
    }
    if (round === -1) continue;
    rounds.push({
      single: ratesOf(alone, 1),
      batch: ratesOf(batches, BATCH_EVENTS),
      singleBeside: ratesOf(singleBeside, 1),
      batchBeside: ratesOf(batchBeside, BATCH_EVENTS),
      probeMax: max,
      many: ratesOf(many, BATCH_EVENTS),
      residentPeakBytes: (await server.consumption())?.residentPeakBytes ?? null,
    });
  }
  if (target.role === 'store') await checkCounted({ target, server, contactsBefore, ...sent });
  await server.stop();
  await site.remove();
  return { store: target.name, batchEvents: BATCH_EVENTS, senders: SENDERS, sendersMax: SENDERS_MAX, rounds };
}

function ratesOf({ requestsPerSecond, p50, p99 }: LoadResult, events: number): BatchRates {
  return { eventsPerSecond: requestsPerSecond * events, p50, p99 };
}
