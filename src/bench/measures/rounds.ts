import { setTimeout as sleep } from 'node:timers/promises';
import { SYMBOLS } from '../../domain/contact.js';
import type { LoadJob, LoadResult } from '../load/load-job.js';
import type { Plan } from '../plan.js';
import type { IngestSlice, RoundsResult, TargetRounds } from '../report/results.js';
import { percentileOf } from '../report/statistics.js';
import { type Consumption, diskBytes } from '../servers/consumption.js';
import { type ServerProcess, startServer } from '../servers/server-process.js';
import type { Site, Target } from '../servers/targets.js';
import type { Worker } from '../servers/worker.js';
import type { Workspace } from '../servers/workspace.js';
import { timeFsyncs } from './fsync.js';

/** What every part of a run is measured with. */
export interface Bench {
  readonly workspace: Workspace;
  /** The load generator of writes, and that of reads beside them. */
  readonly writer: Worker;
  readonly reader: Worker;
  say(line: string): void;
}

interface Running {
  readonly target: Target;
  readonly site: Site;
  readonly server: ServerProcess;
  /** Contacts that it counted when it started. */
  readonly contactsBefore: number;
  initials: number;
  refused: number;
}

/**
 * Ingest over HTTP: in each round every target is started afresh, and for each number of connections they
 * take their turns one right after the other, in another order in each round.
 */
export async function measureRounds(
  bench: Bench,
  targets: readonly Target[],
  plan: Plan,
): Promise<RoundsResult> {
  const results = targets.map(({ name, role }) => emptyRounds(name, role, plan));
  const fsyncs: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    bench.say(`ingest, round ${round + 1} of ${plan.rounds}`);
    const running = await startAll(bench, targets, plan);
    fsyncs.push(...timeFsyncs(bench.workspace.directory, plan.fsyncsARound));
    for (const [at, connections] of plan.connections.entries()) {
      for (const place of orderOf(round, targets.length)) {
        const one = running[place]!;
        if (skips(one.target, connections)) continue;
        const naive = one.target.role === 'naive';
        const seconds = naive ? plan.sliceSeconds * NAIVE_SLICE_SHARE : plan.sliceSeconds;
        results[place]!.slices[at]!.rounds.push(await measureSlice(bench, one, connections, seconds));
      }
    }
    for (const [place, one] of running.entries()) await finish(one, results[place]!);
  }
  fsyncs.sort((first, second) => first - second);
  return {
    targets: results,
    fsync: { count: fsyncs.length, p50: percentileOf(fsyncs, 0.5), p99: percentileOf(fsyncs, 0.99) },
  };
}

/** Drives a server for one slice; processor time counts until it has done what it put off. */
export async function measureSlice(
  bench: Bench,
  one: { readonly server: ServerProcess; readonly site: Site; initials: number; refused: number },
  connections: number,
  seconds: number,
): Promise<IngestSlice> {
  const before = await one.server.consumption();
  const engineBefore = await one.site.engine?.consumption();
  const result = await drive(bench.writer, {
    port: one.server.port,
    connections,
    seconds,
    requests: 'ingest',
  });
  await one.server.settle();
  const after = await one.server.consumption();
  const engineAfter = await one.site.engine?.consumption();
  const refused = sumOf(result.refused);
  one.initials += result.initials;
  one.refused += refused;
  return {
    requestsPerSecond: result.requestsPerSecond,
    p50: result.p50,
    p99: result.p99,
    p999: result.p999,
    cpuMicroseconds: cpuBetween(before, after, result.requests),
    engineCpuMicroseconds: cpuBetween(engineBefore, engineAfter, result.requests),
    refused,
    generatorCpuShare: result.generatorCpuShare,
  };
}

function cpuBetween(
  before: Consumption | null | undefined,
  after: Consumption | null | undefined,
  requests: number,
): number | null {
  if (before == null || after == null) return null;
  return ((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests;
}

export function drive(generator: Worker, job: LoadJob): Promise<LoadResult> {
  return generator.ask<LoadResult>(job, job.seconds + JOB_EXTRA_SECONDS_MAX);
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Each comes first in turn, and is followed now by the one and now by the other of its neighbours. */
export function orderOf(round: number, count: number): number[] {
  const order = Array.from({ length: count }, (_, turn) => (turn + (round >> 1)) % count);
  return round % 2 === 0 ? order : order.reverse();
}

/** The naive reference shows what it has to show in less time, and at 256 connections what it does at 64. */
const NAIVE_SLICE_SHARE = 0.5;
const NAIVE_CONNECTIONS_MAX = 64;
const WARM_UP_CONNECTIONS = 64;
const JOB_EXTRA_SECONDS_MAX = 90;

function skips(target: Pick<Target, 'role'>, connections: number): boolean {
  return target.role === 'naive' && connections > NAIVE_CONNECTIONS_MAX;
}

function emptyRounds(name: string, role: Target['role'], plan: Plan): TargetRounds {
  return {
    name,
    role,
    slices: plan.connections.map((connections) => ({ connections, rounds: [] })),
    residentBytes: [],
    diskBytesAContact: [],
  };
}

async function startAll(bench: Bench, targets: readonly Target[], plan: Plan): Promise<Running[]> {
  const running: Running[] = [];
  for (const target of targets) {
    const site = await target.place(bench.workspace);
    const server = await startServer(bench.workspace, site.command);
    const contactsBefore = target.fresh ? 0 : await countContacts(server);
    const one = { target, site, server, contactsBefore, initials: 0, refused: 0 };
    await measureSlice(bench, one, WARM_UP_CONNECTIONS, plan.warmUpSeconds);
    running.push(one);
  }
  return running;
}

async function finish(one: Running, result: TargetRounds): Promise<void> {
  const { target, site, server } = one;
  const consumption = await server.consumption();
  result.residentBytes.push(consumption?.residentBytes ?? null);
  const keeps = target.role === 'naive' || target.role === 'store';
  if (keeps) await checkCounted(one);
  await server.stop();
  const bytes = (await diskBytes(site.folder))['']!;
  result.diskBytesAContact.push(keeps && target.fresh ? bytes / one.initials : null);
  await site.remove();
}

/** What was acknowledged must be counted: figures of a store that loses are worth nothing. */
export async function checkCounted({
  target,
  server,
  contactsBefore,
  initials,
  refused,
}: Omit<Running, 'site'>): Promise<void> {
  const isRight = (counted: number) => counted <= initials && counted >= initials - refused;
  let counted = (await countContacts(server)) - contactsBefore;
  // A store may promise no more than that its reads catch up.
  for (let tries = 1; !isRight(counted) && tries < COUNT_TRIES_MAX; tries += 1) {
    await sleep(COUNT_RETRY_MILLISECONDS);
    counted = (await countContacts(server)) - contactsBefore;
  }
  if (isRight(counted)) return;
  throw new Error(
    `${target.name} counts ${counted} contacts, but was sent ${initials} and refused ${refused} requests`,
  );
}

const COUNT_TRIES_MAX = 10;
const COUNT_RETRY_MILLISECONDS = 500;

/** All that the dashboard counts. */
export async function countContacts({ port }: ServerProcess): Promise<number> {
  let count = 0;
  for (const symbol of SYMBOLS) {
    const reply = await fetch(`http://127.0.0.1:${port}/dashboard/symbol/${symbol}`);
    count += ((await reply.json()) as { count: number }).count;
  }
  return count;
}
