import type { ChildProcess } from 'node:child_process';
import { startExport } from '../commands.js';
import type { Plan } from '../plan.js';
import type { MixedCondition, MixedName, MixedResult } from '../report/results.js';
import { type ServerProcess, startServer } from '../servers/server-process.js';
import type { Target } from '../servers/targets.js';
import { ended } from '../servers/workspace.js';
import { fillStore, wholeMinute } from './growth.js';
import { pathsOf } from './questions.js';
import { type Bench, drive, orderOf } from './rounds.js';

interface Condition {
  readonly name: MixedName;
  readonly ingest: 'none' | 'full' | 'half';
  readonly reads: boolean;
  readonly exports: boolean;
}

const CONDITIONS: readonly Condition[] = [
  { name: 'reads alone', ingest: 'none', reads: true, exports: false },
  { name: 'full ingest', ingest: 'full', reads: false, exports: false },
  { name: 'full ingest, reads', ingest: 'full', reads: true, exports: false },
  { name: 'full ingest, reads, export', ingest: 'full', reads: true, exports: true },
  { name: 'half ingest', ingest: 'half', reads: false, exports: false },
  { name: 'half ingest, reads, export', ingest: 'half', reads: true, exports: true },
];

const CONNECTIONS = 64;
const READS_A_SECOND = 100;
const READ_CONNECTIONS = 4;
const EXPORT_HEAD_START_MILLISECONDS = 500;

/**
 * Writes, dashboard reads and an export on one store, alone and together, round by round. Full ingest is as
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

  const results = CONDITIONS.map(({ name }) => new ConditionRounds(name));
  for (let round = 0; round < plan.mixedRounds; round += 1) {
    for (const at of orderOf(round, CONDITIONS.length)) {
      await server.settle();
      await measure(bench, server, site.storeUrl!, CONDITIONS[at]!, {
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
  readonly ingest: { requestsPerSecond: number; p50: number; p99: number }[] = [];
  readonly reads: { p50: number; p99: number }[] = [];
  readonly exports: number[] = [];

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
  const exporter = condition.exports ? new Exporter(bench, storeUrl) : undefined;
  // What is wanted is the export beside the writes, not the start of a process.
  if (exporter !== undefined)
    await new Promise((resolve) => setTimeout(resolve, EXPORT_HEAD_START_MILLISECONDS));
  const pace = condition.ingest === 'half' ? { rate: halfRate } : {};
  const [ingest, reads] = await Promise.all([
    condition.ingest === 'none'
      ? undefined
      : drive(bench.writer, { port, connections: CONNECTIONS, seconds, requests: 'ingest', ...pace }),
    condition.reads
      ? drive(bench.reader, {
          port,
          connections: READ_CONNECTIONS,
          seconds,
          requests: paths,
          rate: READS_A_SECOND,
        })
      : undefined,
  ]);
  if (exporter !== undefined) into.exports.push(await exporter.end());
  if (ingest !== undefined) {
    const { requestsPerSecond, p50, p99 } = ingest;
    into.ingest.push({ requestsPerSecond, p50, p99 });
  }
  if (reads !== undefined) into.reads.push({ p50: reads.p50, p99: reads.p99 });
}

/** Exports the whole store, again and again until it is told to end. */
class Exporter {
  readonly #bench: Bench;
  readonly #storeUrl: string;
  readonly #done: Promise<void>;
  #child: ChildProcess | undefined;
  #count = 0;
  #over = false;

  constructor(bench: Bench, storeUrl: string) {
    this.#bench = bench;
    this.#storeUrl = storeUrl;
    this.#done = this.#run();
    this.#done.catch(() => {});
  }

  /** How many exports there were, the one that is cut off included. */
  async end(): Promise<number> {
    this.#over = true;
    this.#child?.kill('SIGKILL');
    await this.#done;
    return this.#count;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      this.#child = startExport(this.#bench.workspace, this.#storeUrl);
      this.#count += 1;
      const how = await ended(this.#child);
      if (how !== 0 && !this.#over) throw new Error(`tallyboard export ended with ${how}`);
    }
  }
}
