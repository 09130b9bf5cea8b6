import { join } from 'node:path';
import type { Instant } from '../../domain/time.js';
import { exportTo } from '../commands.js';
import type { Plan } from '../plan.js';
import {
  type ByQuestion,
  type EngineTimes,
  type FillResult,
  type GrowthSize,
  QUESTIONS,
  type Question,
  type ReadTimes,
} from '../report/results.js';
import { diskBytes } from '../servers/consumption.js';
import { type ServerProcess, startServer } from '../servers/server-process.js';
import { DATA_NAME, type Site, type Target } from '../servers/targets.js';
import { startWorker } from '../servers/worker.js';
import type { GrowthJob } from './growth-worker.js';
import { pathsOf } from './questions.js';
import { type Bench, drive } from './rounds.js';

/** What a store of one size is, for those who measure more on it. */
export interface Filled {
  readonly target: Target;
  readonly site: Site;
  readonly contacts: number;
  readonly fill: FillResult;
}

/**
 * What becomes of reads, of starts and of memory as contacts grow: each size in a store of its own, filled
 * in one go. `onFilled` may do more with the store before it is removed. A size that would take too long to
 * fill, by the rate of the one before, ends the growth. Where `naive` is given, it is measured beside.
 */
export async function measureGrowth(
  bench: Bench,
  target: Target,
  naive: Target | undefined,
  plan: Plan,
  onFilled: (filled: Filled) => Promise<void>,
): Promise<GrowthSize[]> {
  const sizes: GrowthSize[] = [];
  let eventsPerSecond = Number.POSITIVE_INFINITY;
  for (const contacts of plan.growthSizes) {
    const most = Math.min(target.contactsMax, target.startsServers ? plan.serverContactsMax : contacts);
    if (contacts > most) break;
    const seconds = contacts / eventsPerSecond;
    if (seconds > plan.fillSecondsMax) {
      bench.say(`growth of ${target.name}: ${contacts} contacts would take ${Math.round(seconds)} s to fill`);
      break;
    }
    const end = wholeMinute(Date.now() * 1000);
    bench.say(`growth of ${target.name}: filling ${contacts.toLocaleString('en-US')} contacts`);
    const site = await target.place(bench.workspace, `${target.name}-${contacts}`);
    const fill = await fillStore(bench, site, contacts, end);
    eventsPerSecond = fill.events / fill.seconds;
    await onFilled({ target, site, contacts, fill });
    if (naive !== undefined && contacts <= plan.naiveContactsMax) {
      sizes.push(await measureNaive(bench, site, naive, plan, contacts, end));
    }
    sizes.push({ ...(await measureSize(bench, target, site, plan, contacts, end)), fill });
    await site.remove();
  }
  return sizes;
}

/** Fills a store through its own interface, in a process that ends with it. */
export async function fillStore(
  bench: Bench,
  { storeUrl }: Site,
  contacts: number,
  end: Instant,
): Promise<FillResult> {
  return inWorker<FillResult>(
    bench,
    { job: 'fill', url: storeUrl!, contacts, end },
    FILL_SECONDS_BASE + contacts / FILL_CONTACTS_A_SECOND_LEAST,
  );
}

export function wholeMinute(at: Instant): Instant {
  return Math.floor(at / 60_000_000) * 60_000_000;
}

/** How long a fill may take before it is given up. */
const FILL_SECONDS_BASE = 120;
const FILL_CONTACTS_A_SECOND_LEAST = 2_000;
const ENGINE_SECONDS_EXTRA_MAX = 300;
const WRITERS = 64;
/** The load that a kill is to end must not end before, however busy the machine is. */
const KILL_SECONDS_MAX = 300;

/** The naive reference gets the same events as a file that the original server would open. */
async function measureNaive(
  bench: Bench,
  source: Site,
  naive: Target,
  plan: Plan,
  contacts: number,
  end: Instant,
): Promise<GrowthSize> {
  const site = await naive.place(bench.workspace, `${naive.name}-${contacts}`);
  await exportTo(bench.workspace, source.storeUrl!, join(site.folder, DATA_NAME));
  const size = await measureSize(bench, naive, site, plan, contacts, end);
  await site.remove();
  return size;
}

async function measureSize(
  bench: Bench,
  target: Target,
  { storeUrl, command, folder }: Site,
  plan: Plan,
  contacts: number,
  end: Instant,
): Promise<GrowthSize> {
  bench.say(`growth of ${target.name}: ${contacts.toLocaleString('en-US')} contacts`);
  const onDisk = target.fresh ? await diskBytes(folder) : null;
  const data = onDisk === null ? null : await dataBytes(folder, onDisk);
  const engine = await inWorker<ByQuestion<EngineTimes>>(
    bench,
    { job: 'engine', url: storeUrl!, seconds: plan.engineSeconds, end },
    ENGINE_SECONDS_EXTRA_MAX,
  );

  const server = await startServer(bench.workspace, command);
  const started = await server.consumption();
  const readsAlone = await readEach(bench, server, plan.growthReadSeconds, end);
  const readsUnderIngest = await readEach(bench, server, plan.growthReadSeconds, end, true);
  const after = await server.consumption();
  await killUnderLoad(bench, server, plan.growthReadSeconds);

  const restarted = await startServer(bench.workspace, command);
  await restarted.stop();
  return {
    store: target.name,
    role: target.role,
    contacts,
    fill: null,
    diskBytes: data,
    engine,
    readsAlone,
    readsUnderIngest,
    startSeconds: { clean: server.startSeconds, afterKill: restarted.startSeconds },
    residentBytes:
      started === null || after === null
        ? null
        : { started: started.residentBytes, peak: after.residentPeakBytes },
  };
}

export async function inWorker<Answer>(bench: Bench, job: GrowthJob, secondsMax: number): Promise<Answer> {
  const worker = startWorker(bench.workspace, 'measures/growth-worker.js');
  try {
    return await worker.ask<Answer>(job, secondsMax, (note) => bench.say(`  ${note}`));
  } finally {
    worker.kill();
  }
}

async function readEach(
  bench: Bench,
  { port }: ServerProcess,
  seconds: number,
  end: Instant,
  underIngest = false,
): Promise<ByQuestion<ReadTimes>> {
  const results: Partial<Record<Question, ReadTimes>> = {};
  for (const question of QUESTIONS) {
    const requests = pathsOf(question, end, Math.random);
    const read = () => drive(bench.reader, { port, connections: 1, seconds, requests });
    const [{ p50, p99 }] = await Promise.all([
      read(),
      ...(underIngest
        ? [drive(bench.writer, { port, connections: WRITERS, seconds, requests: 'ingest' })]
        : []),
    ]);
    results[question] = { p50, p99 };
  }
  return results as ByQuestion<ReadTimes>;
}

/** SIGKILL while requests are in flight; the generator is told of closed connections, as it must be. */
async function killUnderLoad(bench: Bench, server: ServerProcess, seconds: number): Promise<void> {
  const job = {
    port: server.port,
    connections: WRITERS,
    seconds: KILL_SECONDS_MAX,
    requests: 'ingest' as const,
  };
  const load = drive(bench.writer, job).then(
    () => Promise.reject(new Error('the server was killed too late')),
    () => {},
  );
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await server.kill();
  await load;
}

/** The bytes of the parts that a store has, where its data are a folder; else of its files. */
async function dataBytes(
  folder: string,
  onDisk: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const names = Object.keys(onDisk).filter((name) => name !== '');
  const isFolder = names.length === 1 && names[0] === DATA_NAME;
  if (!isFolder) return { ...onDisk };
  return await diskBytes(join(folder, DATA_NAME)).catch(() => ({ ...onDisk }));
}
