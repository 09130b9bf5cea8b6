import { fixed, whole } from './format.js';
import { atLeast, atMost, type Goal, judge } from './judging.js';
import { mixedGoals, WAIT_MILLISECONDS_MAX, waitsGoal } from './neighbour-goals.js';
import type {
  BatchRates,
  BatchResult,
  BatchRound,
  EngineTimes,
  GrowthSize,
  Results,
  TargetRounds,
} from './results.js';
import { ratio, ratioOf, spreadOf } from './statistics.js';

type Judged = Pick<Results, 'rounds' | 'batches' | 'mixed' | 'waits' | 'growth'>;

/** The store whose goals are judged: the first of a run. */
export function judgedStore({ rounds, batches, mixed, waits, growth }: Judged): string | undefined {
  return (
    rounds?.targets.find(({ role }) => role === 'store')?.name ??
    batches[0]?.store ??
    mixed[0]?.store ??
    waits[0]?.store ??
    growth.find(({ role }) => role === 'store')?.store
  );
}

/** The goals for that store, with what the run measured. */
export function judgeGoals(results: Judged): Goal[] {
  const { rounds, batches, mixed, waits, growth } = results;
  const store = judgedStore(results);
  const sizes = growth.filter((size) => size.store === store);
  return [
    ...ingestGoals({ rounds }),
    ...engineGoals(sizes),
    ...mixedGoals(mixed.find((result) => result.store === store)),
    waitsGoal(waits.find((result) => result.store === store)),
    ...sizeGoals(sizes),
    ...redisGoals({ rounds, growth }),
    ...batchGoals(batches, store),
  ];
}

const FULL_SIZE = 50_000_000;
const MILLION = 1_000_000;

function ingestGoals({ rounds }: Pick<Results, 'rounds'>): Goal[] {
  const of = (role: string) => rounds?.targets.find((target) => target.role === role);
  const [store, none, floor, naive, bare] = ['store', 'null', 'floor', 'naive', 'bare'].map(of);
  const rate = (target: TargetRounds | undefined, connections: number) =>
    slicesOf(target, connections).map(({ requestsPerSecond }) => requestsPerSecond);
  const p99 = (target: TargetRounds | undefined) => slicesOf(target, 256).map((slice) => slice.p99);
  const p50 = (target: TargetRounds | undefined) => spreadOf(slicesOf(target, 1).map((slice) => slice.p50));
  const [p50Store, p50Null] = [p50(store), p50(none)];
  const bound = p50Null === null || rounds == null ? null : p50Null.median + 2 * rounds.fsync.p50;
  return [
    atLeast('durable ingest / Null, 256 connections', 0.95, ratioOf(rate(store, 256), rate(none, 256))),
    atLeast('durable ingest / Null, 64 connections', 0.9, ratioOf(rate(store, 64), rate(none, 64))),
    ...[256, 64].map((connections) =>
      atLeast(
        `durable ingest / one durable write, ${connections} connections`,
        0.92,
        ratioOf(rate(store, connections), rate(floor, connections)),
      ),
    ),
    judge(
      'durable ingest, 1 connection: p50',
      'at most Null’s p50 + 2 fsyncs',
      p50Store === null || bound === null
        ? null
        : `${fixed(p50Store.median)} ms; the bound is ${fixed(bound)} ms`,
      () => p50Store!.median <= bound!,
    ),
    atMost('p99 / Null’s p99, 256 connections', 1.3, ratioOf(p99(store), p99(none))),
    atLeast('durable ingest / naive SQLite, 64 connections', 40, ratioOf(rate(store, 64), rate(naive, 64))),
    atLeast('Null / bare node:http, 64 connections', 0.9, ratioOf(rate(none, 64), rate(bare, 64))),
  ];
}

function engineGoals(sizes: readonly GrowthSize[]): Goal[] {
  // Whatever the number of events: so the worst of all sizes counts.
  const worst = (pick: (size: GrowthSize) => EngineTimes) =>
    sizes.length === 0
      ? null
      : {
          p50: Math.max(...sizes.map((size) => pick(size).p50)),
          p99: Math.max(...sizes.map((size) => pick(size).p99)),
        };
  const symbol = worst(({ engine }) => engine.symbol);
  const ninety = worst(({ engine }) => engine.ninetyDays);
  const ten = worst(({ engine }) => engine.tenYears);
  const text = (times: { p50: number; p99: number } | null) =>
    times === null ? null : `p50 ${fixed(times.p50)} µs, p99 ${fixed(times.p99)} µs`;
  return [
    judge('symbol tally, engine time', 'p50 ≤ 5 µs, p99 ≤ 20 µs', text(symbol), () => {
      return symbol!.p50 <= 5 && symbol!.p99 <= 20;
    }),
    judge('range of 90 days, engine time, at any size', 'p50 ≤ 50 µs, p99 ≤ 200 µs', text(ninety), () => {
      return ninety!.p50 <= 50 && ninety!.p99 <= 200;
    }),
    judge('range of 10 years, engine time, at any size', 'p99 < 1 ms', text(ten), () => ten!.p99 < 1000),
  ];
}

const BATCH_EVENTS_A_SECOND = 250_000;
const BATCH_RATIO = 6;
const BATCH_MEGABYTES_MAX = 500;

function batchGoals(batches: readonly BatchResult[], store: string | undefined): Goal[] {
  const of = (name: string | undefined) => batches.find((result) => result.store === name)?.rounds ?? [];
  const figures = (rounds: readonly BatchRound[], kind: BatchKind, figure: keyof BatchRates) =>
    rounds.map((round) => round[kind][figure]);
  const own = of(store);
  const rate = spreadOf(figures(own, 'batch', 'eventsPerSecond'));
  const timesSingle = (rounds: readonly BatchRound[]) =>
    ratioOf(figures(rounds, 'batch', 'eventsPerSecond'), figures(rounds, 'single', 'eventsPerSecond'));
  const times = timesSingle(own);
  const waits = own.map(({ probeMax }) => probeMax);
  const resident = spreadOf(own.map(({ residentPeakBytes }) => residentPeakBytes));
  return [
    judge(
      'durable events/s in batches of 1,000',
      `≥ ${whole(BATCH_EVENTS_A_SECOND)}, or ${BATCH_RATIO} times single calls at 64 connections`,
      rate === null ? null : `${whole(rate.median)}, ${fixed(times!.median)} times`,
      () => rate!.median >= BATCH_EVENTS_A_SECOND || times!.median >= BATCH_RATIO,
    ),
    atMost(
      'p99 of single calls beside batches / without',
      3,
      ratioOf(figures(own, 'singleBeside', 'p99'), figures(own, 'single', 'p99')),
    ),
    judge(
      'neighbours of batches: longest wait',
      `≤ ${WAIT_MILLISECONDS_MAX} ms`,
      // As for reads: a pause of the machine's is not in every round.
      waits.length === 0 ? null : `${fixed(Math.min(...waits))} ms`,
      () => Math.min(...waits) <= WAIT_MILLISECONDS_MAX,
    ),
    judge(
      '64 senders of batches: resident memory, peak',
      `≤ ${BATCH_MEGABYTES_MAX} MB`,
      resident === null ? null : `${whole(resident.max / 1e6)} MB`,
      () => resident!.max <= BATCH_MEGABYTES_MAX * 1e6,
    ),
    ...['redis:', 'postgres:'].map((name) =>
      atLeast(`events/s in batches of 1,000 / single calls, ${name}`, 4, timesSingle(of(name))),
    ),
  ];
}

type BatchKind = 'single' | 'batch' | 'singleBeside';

/** Those of the Redis store, on the servers that the bench starts. */
function redisGoals({ rounds, growth }: Pick<Results, 'rounds' | 'growth'>): Goal[] {
  const of = (name: string) => rounds?.targets.find((target) => target.name === name);
  const [redis, journal, none] = [of('redis:'), of('journal:'), of('null:')];
  const rate = (target: TargetRounds | undefined, connections: number) =>
    slicesOf(target, connections).map(({ requestsPerSecond }) => requestsPerSecond);
  const cpu = (target: TargetRounds | undefined) =>
    slicesOf(target, 64).map(({ cpuMicroseconds }) => cpuMicroseconds);
  const ranges = growth
    .filter(({ store }) => store === 'redis+cluster:')
    .map(({ engine }) => engine.ninetyDays);
  const p99 = ranges.length === 0 ? null : Math.max(...ranges.map((times) => times.p99)) / 1000;
  return [
    atLeast('Redis, everysec / Null, 256 connections', 0.45, ratioOf(rate(redis, 256), rate(none, 256))),
    atLeast('Redis, everysec / Null, 64 connections', 0.45, ratioOf(rate(redis, 64), rate(none, 64))),
    atMost('the server’s own CPU a request, Redis / journal', 1.3, ratioOf(cpu(redis), cpu(journal))),
    judge(
      'range of 90 days, Redis Cluster with 64 partitions, at any size',
      'p99 < 20 ms',
      p99 === null ? null : `p99 ${fixed(p99)} ms`,
      () => p99! < 20,
    ),
  ];
}

function sizeGoals(sizes: readonly GrowthSize[]): Goal[] {
  const largest = sizes.at(-1);
  const million = sizes.find(({ contacts }) => contacts === MILLION);
  const full = sizes.find(({ contacts }) => contacts === FULL_SIZE);
  const kept = ratio(rateOf(full), rateOf(million));
  return [
    atSize('bulk import, events/s', '≥ 300,000', million ?? largest, MILLION, (size) => {
      const rate = rateOf(size);
      return rate === null ? null : { text: whole(rate), isMet: rate >= 300_000 };
    }),
    judge(
      'bulk import at 50 million contacts / at 1 million',
      '≥ 0.8',
      kept === null ? null : fixed(kept),
      () => kept! >= 0.8,
    ),
    atSize('resident memory at 50 million contacts, peak', '≤ 500 MB', largest, FULL_SIZE, (size) => {
      if (size.residentBytes === null) return null;
      const megabytes = size.residentBytes.peak / 1e6;
      return { text: `${whole(megabytes)} MB`, isMet: megabytes <= 500 };
    }),
    atSize('disk a contact, journal and projections', '≤ 130 bytes', largest, MILLION, (size) => {
      if (size.diskBytes === null) return null;
      const bytes = size.diskBytes['']! / size.contacts;
      return { text: `${fixed(bytes)} bytes`, isMet: bytes <= 130 };
    }),
    atSize(
      'start at 50 million contacts',
      'clean ≤ 1 s, after kill -9 ≤ 5 s',
      largest,
      FULL_SIZE,
      ({ startSeconds: { clean, afterKill } }) => ({
        text: `clean ${fixed(clean)} s, after kill -9 ${fixed(afterKill)} s`,
        isMet: clean <= 1 && afterKill <= 5,
      }),
    ),
  ];
}

function rateOf(size: GrowthSize | undefined): number | null {
  return size?.fill == null ? null : size.fill.events / size.fill.seconds;
}

/** Judges a figure of one size. That of a smaller size than the goal speaks of is shown, but proves nothing. */
function atSize(
  what: string,
  goal: string,
  size: GrowthSize | undefined,
  contactsLeast: number,
  read: (size: GrowthSize) => { readonly text: string; readonly isMet: boolean } | null,
): Goal {
  const found = size === undefined ? null : read(size);
  if (found === null) return judge(what, goal, null, () => false);
  const measured = `${found.text} at ${whole(size!.contacts)} contacts`;
  if (size!.contacts < contactsLeast) return { what, goal, measured, verdict: 'not measured' };
  return judge(what, goal, measured, () => found.isMet);
}

function slicesOf(target: TargetRounds | undefined, connections: number) {
  return target?.slices.find((slice) => slice.connections === connections)?.rounds ?? [];
}
