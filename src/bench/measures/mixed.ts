import { createView } from '../../stores/index.js';
import { startExport, startVerify } from '../commands.js';
import type { Plan } from '../plan.js';
import type { MixedCondition, MixedName, MixedResult, Stalls } from '../report/results.js';
import { type ServerProcess, startServer } from '../servers/server-process.js';
import type { Target } from '../servers/targets.js';
import { Beside } from './beside.js';
import { fillStore, wholeMinute } from './growth.js';
import { pathsOf } from './questions.js';
import { type Bench, drive, orderOf } from './rounds.js';

interface Condition {
  readonly name: MixedName;
  readonly ingest: 'none' | 'full' | 'half';
  readonly reads: boolean;
  readonly beside?: typeof startExport;
}

const CONDITIONS: readonly Condition[] = [
  { name: 'reads alone', ingest: 'none', reads: true },
  { name: 'full ingest', ingest: 'full', reads: false },
  { name: 'full ingest, reads', ingest: 'full', reads: true },
  { name: 'full ingest, reads, export', ingest: 'full', reads: true, beside: startExport },
  { name: 'half ingest', ingest: 'half', reads: false },
  { name: 'half ingest, reads', ingest: 'half', reads: true },
  { name: 'half ingest, export', ingest: 'half', reads: false, beside: startExport },
  { name: 'half ingest, verification', ingest: 'half', reads: false, beside: startVerify },
  { name: 'half ingest, reads, export', ingest: 'half', reads: true, beside: startExport },
];

const CONNECTIONS = 64;
const READS_A_SECOND = 100;
const READ_CONNECTIONS = 4;
const HEAD_START_MILLISECONDS = 500;
const SILENT = { info() {}, warn() {}, error() {} };

/** Whether a store can be verified beside its server. */
export async function isVerifiable(storeUrl: string): Promise<boolean> {
  return (await createView(storeUrl, { log: SILENT })) !== undefined;
}

/**
 * Writes, dashboard reads, an export and a verification on one store, alone and together, round by round. Full ingest is as
 * fast as 64 connections go, half is a steady half of that: on few cores full ingest leaves no processor
 * for anything beside it, so the two tell the store's part from the machine's.
 */
export async function measureMixed(bench: Bench, target: Target, plan: Plan): Promise<MixedResult> {
  const contacts = Math.min(plan.mixedContacts, target.contactsMax);
  bench.say(`reads and exports beside writes: ${target.name}, ${contacts.toLocaleString('en-US')} contacts`);
  const site = await target.place(bench.workspace, `${target.name}-mixed`);
  const end = wholeMinute(Date.now() * 1000);
  await fillStore(bench, site, contacts, end);
  const server = await startServer(bench.workspace, site.command);
  const paths = [...pathsOf('ninetyDays', end, Math.random), ...pathsOf('twoDays', end, Math.random)].flatMap(
    (path) => ['/dashboard/symbol/e', path],
  );
  const warmUp = { port: server.port, connections: CONNECTIONS, seconds: plan.warmUpSeconds };
  await drive(bench.writer, { ...warmUp, requests: 'ingest' });
  await drive(bench.reader, { ...warmUp, connections: READ_CONNECTIONS, requests: paths });
  const full = await drive(bench.writer, { ...warmUp, seconds: plan.sliceSeconds, requests: 'ingest' });
  const halfRate = Math.max(1, Math.round(full.requestsPerSecond / 2));

  const conditions = (await isVerifiable(site.storeUrl!))
    ? CONDITIONS
    : CONDITIONS.filter(({ beside }) => beside !== startVerify);
  const results = conditions.map(({ name }) => new ConditionRounds(name));
  for (let round = 0; round < plan.mixedRounds; round += 1) {
    for (const at of orderOf(round, conditions.length)) {
      await server.settle();
      await measure(bench, server, site.storeUrl!, conditions[at]!, {
        seconds: plan.sliceSeconds,
        paths,
        halfRate,
        into: results[at]!,
      });
    }
  }
  await server.stop();
  await site.remove();
  return {
    store: target.name,
    contacts,
    connections: CONNECTIONS,
    readsPerSecond: READS_A_SECOND,
    halfRate,
    conditions: results,
  };
}

class ConditionRounds implements MixedCondition {
  readonly name: MixedName;
  readonly ingest: Stalls[] = [];
  readonly reads: Stalls[] = [];
  readonly begun: number[] = [];

  constructor(name: MixedName) {
    this.name = name;
  }
}

async function measure(
  bench: Bench,
  { port }: ServerProcess,
  storeUrl: string,
  condition: Condition,
  slice: { seconds: number; paths: readonly string[]; halfRate: number; into: ConditionRounds },
): Promise<void> {
  const { seconds, paths, halfRate, into } = slice;
  const { workspace } = bench;
  const { beside: start } = condition;
  const beside = start && new Beside(() => start(workspace, storeUrl));
  // What is wanted is what it does beside the writes, not the start of a process.
  if (beside !== undefined) await new Promise((resolve) => setTimeout(resolve, HEAD_START_MILLISECONDS));
  const pace = condition.ingest === 'half' ? { rate: halfRate } : {};
  const [ingest, reads] = await Promise.all([
    condition.ingest === 'none'
      ? undefined
      : drive(bench.writer, { port, connections: CONNECTIONS, seconds, requests: 'ingest', ...pace }),
    drive(bench.reader, {
      port,
      connections: READ_CONNECTIONS,
      seconds,
      requests: condition.reads ? paths : ['/healthz'],
      rate: READS_A_SECOND,
    }),
  ]);
  if (beside !== undefined) {
    await beside.end();
    into.begun.push(...beside.begun);
  }
  if (ingest !== undefined) into.ingest.push(stallsOf(ingest));
  into.reads.push(stallsOf(reads));
}

/** What the report shows of a load. */
export function stallsOf({ requestsPerSecond, p50, p99, p999, max, stalls }: Stalls): Stalls {
  return { requestsPerSecond, p50, p99, p999, max, stalls };
}
