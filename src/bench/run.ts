import { access, constants, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TallyboardError } from '../contract/errors.js';
import { type BenchArguments, PARTS } from './args.js';
import { ROOT } from './commands.js';
import { buildRevision } from './compare.js';
import { describeMachine } from './machine.js';
import { measureBatches } from './measures/batches.js';
import { measureGenerator } from './measures/generator-check.js';
import { measureGrowth } from './measures/growth.js';
import { measureMixed } from './measures/mixed.js';
import { type Bench, measureRounds } from './measures/rounds.js';
import { measureSoak } from './measures/soak.js';
import { measureTransfers } from './measures/transfers.js';
import { measureWaits } from './measures/waits.js';
import { type Plan, planOf } from './plan.js';
import { drawCharts } from './report/charts.js';
import { otherSuffix, writeComparison, writeReport } from './report/report.js';
import type {
  BatchResult,
  GrowthSize,
  MixedResult,
  Results,
  SoakResult,
  TransferResult,
  WaitsResult,
} from './report/results.js';
import {
  checkStoreUrl,
  findLocalStores,
  NAIVE_SCHEME,
  redact,
  references,
  storeTarget,
  type Target,
} from './servers/targets.js';

/** What a run leaves: its figures, and where it wrote them. */
export interface Outcome {
  readonly results: Results;
  readonly markdown: string;
  /** Undefined for a comparison that was not asked to write. */
  readonly folder: string | undefined;
}

/** Measures what the arguments ask for, and writes the report. */
export async function runBench(
  bench: Bench,
  args: BenchArguments,
  words: readonly string[],
): Promise<Outcome> {
  if (args.out !== undefined) await refuseUnwritable(args.out);
  const started = performance.now();
  const machine = await describeMachine(bench.workspace.directory);
  const { urls, leftOut } = await chooseStores(bench, args);
  const stores = urls.map((url) => storeTarget(url, 'store', ROOT));
  const targets =
    args.compare === undefined
      ? [...references(ROOT), ...stores]
      : await comparedTargets(bench, args.compare, urls);
  const plan = planOf({ ...args, targets: targets.length, stores: stores.length });
  refuseSmallDisk(plan, args, machine.diskFreeBytes);

  const measured = await measure(bench, args, plan, targets, stores);
  const results: Results = {
    format: 1,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    version: version(),
    command: ['npm run bench', ...(words.length === 0 ? [] : ['--', ...words.map(redact)])].join(' '),
    seconds: (performance.now() - started) / 1000,
    machine,
    sliceSeconds: plan.sliceSeconds,
    leftOut,
    ...measured,
  };
  if (args.compare !== undefined) {
    const markdown = writeComparison(results, args.compare);
    if (args.out === undefined) return { results, markdown, folder: undefined };
    return { results, markdown, folder: await writeFiles(args.out, 'comparison', markdown, results) };
  }
  const charts = drawCharts(results);
  const markdown = writeReport(results, [...charts.keys()], NAME);
  const folder = await writeFiles(await outFolder(args), NAME, markdown, results);
  await mkdir(join(folder, NAME), { recursive: true });
  for (const [name, svg] of charts) await writeFile(join(folder, NAME, `${name}.svg`), svg);
  return { results, markdown, folder };
}

/** What the report, its figures and the folder of its charts are called. */
const NAME = 'benchmarks';
/** What a contact takes on the disk while its size is measured: the store, its export and its import. */
const DISK_BYTES_A_CONTACT_MAX = 400;

async function measure(
  bench: Bench,
  { parts, compare }: BenchArguments,
  plan: Plan,
  targets: readonly Target[],
  stores: readonly Target[],
): Promise<
  Pick<Results, 'generator' | 'rounds' | 'batches' | 'mixed' | 'soak' | 'waits' | 'growth' | 'transfers'>
> {
  const ingests = parts.includes('ingest');
  const generator = ingests ? await measureGenerator(bench, plan) : [];
  const rounds = ingests ? await measureRounds(bench, targets, plan) : null;
  const batches: BatchResult[] = [];
  const mixed: MixedResult[] = [];
  const soak: SoakResult[] = [];
  const waits: WaitsResult[] = [];
  const growth: GrowthSize[] = [];
  const transfers: TransferResult[] = [];
  if (compare !== undefined) return { generator, rounds, batches, mixed, soak, waits, growth, transfers };
  if (parts.includes('batch')) {
    for (const store of stores) batches.push(await measureBatches(bench, store, plan));
  }
  if (parts.includes('mixed')) {
    // Beside the store that keeps nothing: what it shows is the queue of the server, not of a store.
    const none = references(ROOT).filter(({ role }) => role === 'null');
    for (const store of [...stores, ...none]) mixed.push(await measureMixed(bench, store, plan));
  }
  if (parts.includes('soak')) {
    for (const store of stores) soak.push(await measureSoak(bench, store, plan));
  }
  if (parts.includes('waits')) {
    for (const store of stores) waits.push(await measureWaits(bench, store, plan));
  }
  if (parts.includes('growth')) {
    const naive = references(ROOT).find(({ role }) => role === 'naive');
    const importContacts = Math.min(plan.importContacts, plan.growthSizes.at(-1)!);
    for (const [at, store] of stores.entries()) {
      const sizes = await measureGrowth(bench, store, at === 0 ? naive : undefined, plan, async (filled) => {
        if (filled.contacts !== importContacts || !store.fresh) return;
        transfers.push(...(await measureTransfers(bench, filled)));
      });
      growth.push(...sizes);
    }
  }
  return { generator, rounds, batches, mixed, soak, waits, growth, transfers };
}

async function chooseStores(
  bench: Bench,
  { stores }: BenchArguments,
): Promise<{ urls: readonly string[]; leftOut: readonly string[] }> {
  await checkStoreUrl(`${NAIVE_SCHEME}:`);
  if (stores === undefined) return await findLocalStores(bench.workspace);
  for (const url of stores) await checkStoreUrl(url);
  // These are in every run.
  const urls = stores.filter((url) => url !== 'null:' && url !== `${NAIVE_SCHEME}:`);
  for (const url of urls) {
    if (!storeTarget(url, 'store', ROOT).fresh) {
      bench.say(`${storeTarget(url, 'store', ROOT).name} is filled with made-up contacts, and left so`);
    }
  }
  return { urls, leftOut: [] };
}

/** The store that keeps nothing and each other store, each beside its other self. */
async function comparedTargets(bench: Bench, revision: string, urls: readonly string[]): Promise<Target[]> {
  const other = await buildRevision(bench, revision);
  return ['null:', ...urls].flatMap((url, at) => {
    const role = at === 0 ? 'null' : 'store';
    const name = redact(url) + otherSuffix(revision);
    return [storeTarget(url, role, ROOT), storeTarget(url, role, other, name)];
  });
}

function refuseSmallDisk(
  { growthSizes }: Plan,
  { parts, data, compare }: BenchArguments,
  freeBytes: number,
): void {
  const wanted = growthSizes.at(-1)! * DISK_BYTES_A_CONTACT_MAX;
  if (compare !== undefined || !parts.includes('growth') || wanted <= freeBytes) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `growth to ${growthSizes.at(-1)} contacts may take ${gigabytes(wanted)}, and ${data ?? tmpdir()} has ${gigabytes(freeBytes)}: name a larger disk with --data, or a smaller size with --grow-to`,
  );
}

/** What was measured for half an hour is not to be lost for want of a place. */
async function refuseUnwritable(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    await access(out, constants.W_OK);
  } catch (error) {
    throw new TallyboardError('CONFIG_INVALID', `--out: nothing can be written to '${out}'`, {
      cause: error,
    });
  }
}

/** A smoke run, or a part of a run, must never take the place of whole figures. */
async function outFolder({ out, quick, parts }: BenchArguments): Promise<string> {
  if (out !== undefined) return out;
  const isWhole = !quick && PARTS.every((part) => parts.includes(part));
  return isWhole ? join(ROOT, 'docs') : await mkdtemp(join(tmpdir(), 'tallyboard-benchmarks-'));
}

async function writeFiles(out: string, name: string, markdown: string, results: Results): Promise<string> {
  const folder = resolve(out);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.md`), markdown);
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  return folder;
}

function version(): string {
  return (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
}
