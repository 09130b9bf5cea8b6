import { describe, expect, test } from 'vitest';
import { judgeGoals } from '../../src/bench/report/goals.js';
import type { GrowthSize, MixedCondition, Results } from '../../src/bench/report/results.js';
import { goodResults, target } from './results.js';

describe('the goals', () => {
  test('are all met by a run that meets them, with the figures beside them', () => {
    const goals = judgeGoals(goodResults());
    expect(goals.map(({ what, verdict }) => [what, verdict])).toEqual(goals.map(({ what }) => [what, 'met']));
    expect(goals).toHaveLength(34);
    expect(goals[0]).toEqual({
      what: 'durable ingest / Null, 256 connections',
      goal: '≥ 0.95',
      measured: '0.960 (0.960–0.960)',
      verdict: 'met',
    });
    expect(goals.find(({ what }) => what.startsWith('bulk import, events/s'))?.measured).toBe(
      '450,000 at 1,000,000 contacts',
    );
  });

  test('of waits look at the question that others wait for longest, in the best of its rounds', () => {
    const goal = judgeGoals(goodResults()).find(({ what }) => what.startsWith('longest wait'));
    expect(goal).toMatchObject({
      goal: '≤ 20 ms',
      measured: '9.00 ms, beside all raw events',
      verdict: 'met',
    });
  });

  test('of batches are met by so many a second as well, whatever single calls reach', () => {
    const results = { ...goodResults(), ...withBatches(goodResults(), 'journal:', { batch: 250_000 }) };
    const slow = results.batches.map((result) => ({
      ...result,
      rounds: result.rounds.map((round) => ({ ...round, single: round.batch })),
    }));
    expect(
      judgeGoals({ ...results, batches: slow }).find(({ what }) => what.startsWith('durable events/s')),
    ).toEqual({
      what: 'durable events/s in batches of 1,000',
      goal: '≥ 250,000, or 6 times single calls at 64 connections',
      measured: '250,000, 1.00 times',
      verdict: 'met',
    });
  });

  test('are those of the store, and not of the naive reference, where growth alone was measured', () => {
    const { growth } = goodResults();
    const naive = { ...growth[0]!, store: 'sqlite:', role: 'naive' as const };
    const goals = judgeGoals({ rounds: null, batches: [], mixed: [], waits: [], growth: [naive, ...growth] });
    expect(goals.find(({ what }) => what.startsWith('start at'))?.verdict).toBe('met');
  });

  test('are not measured where there is nothing', () => {
    const goals = judgeGoals({ rounds: null, batches: [], mixed: [], waits: [], growth: [] });
    expect(goals).toHaveLength(34);
    for (const { measured, verdict } of goals) expect([measured, verdict]).toEqual(['–', 'not measured']);
  });

  test.each<[string, (results: Results) => Partial<Results>]>([
    ['durable ingest / Null, 256', (results) => withStoreRate(results, 47_000)],
    ['durable ingest / Null, 64', (results) => withStoreRate(results, 44_000)],
    ['durable ingest / one durable write, 256', (results) => withStoreRate(results, 45_900)],
    ['durable ingest / one durable write, 64', (results) => withStoreRate(results, 45_900)],
    ['durable ingest, 1 connection', (results) => withStoreRate(results, 1000)],
    ['p99 / Null’s p99', (results) => withStoreRate(results, 38_000)],
    ['durable ingest / naive SQLite', (results) => withStoreRate(results, 23_000)],
    ['Null / bare node:http', (results) => withTarget(results, 0, target('bare', 'bare', 60_000))],
    ['symbol tally', (results) => withSize(results, 10_000, engine('symbol', 5.1, 20))],
    ['symbol tally', (results) => withSize(results, 50_000_000, engine('symbol', 5, 20.1))],
    ['range of 90 days', (results) => withSize(results, 1_000_000, engine('ninetyDays', 50.1, 100))],
    ['range of 90 days', (results) => withSize(results, 1_000_000, engine('ninetyDays', 50, 201))],
    ['range of 10 years', (results) => withSize(results, 1_000_000, engine('tenYears', 400, 1000))],
    ['durable events/s in batches', (results) => withBatches(results, 'journal:', { batch: 119_000 })],
    ['p99 of single calls beside', (results) => withBatches(results, 'journal:', { p99: 15.1 })],
    ['neighbours of batches', (results) => withBatches(results, 'journal:', { probeMax: 20.1 })],
    ['64 senders', (results) => withBatches(results, 'journal:', { resident: 501e6 })],
    [
      'events/s in batches of 1,000 / single calls, redis',
      (results) => withBatches(results, 'redis:', { batch: 79_000 }),
    ],
    [
      'events/s in batches of 1,000 / single calls, post',
      (results) => withBatches(results, 'postgres:', { batch: 79_000 }),
    ],
    ['p99 of a dashboard read', (results) => withP99(results, 'full ingest, reads', 'reads', 8.1)],
    ['p99 of full ingest with', (results) => withP99(results, 'full ingest, reads, export', 'ingest', 6.1)],
    ['the same at half', (results) => withP99(results, 'half ingest, reads, export', 'ingest', 6.1)],
    [
      'p99 at half of that rate with an export',
      (results) => withP99(results, 'half ingest, export', 'ingest', 12.1),
    ],
    [
      'p99 at half of that rate with a ver',
      (results) => withP99(results, 'half ingest, verification', 'ingest', 12.1),
    ],
    [
      'p99 at half of that rate with 100',
      (results) => withP99(results, 'half ingest, reads', 'ingest', 12.1),
    ],
    ['neighbours of checkpoints', (results) => withP99(results, 'half ingest', 'reads', 4, 10.1)],
    ['longest wait', (results) => withLongestWait(results, 20.1)],
    ['bulk import, events/s', (results) => withSize(results, 1_000_000, fill(4))],
    ['bulk import at 50 million', (results) => withSize(results, 50_000_000, fill(170))],
    [
      'resident memory',
      (results) => withSize(results, 50_000_000, { residentBytes: { started: 1, peak: 501e6 } }),
    ],
    ['disk a contact', (results) => withSize(results, 50_000_000, { diskBytes: { '': 131 * 50_000_000 } })],
    [
      'start at 50 million',
      (results) => withSize(results, 50_000_000, { startSeconds: { clean: 1.1, afterKill: 2 } }),
    ],
    [
      'start at 50 million',
      (results) => withSize(results, 50_000_000, { startSeconds: { clean: 1, afterKill: 5.1 } }),
    ],
    ['Redis, everysec / Null, 256', (results) => withTarget(results, 4, redis(22_400))],
    ['Redis, everysec / Null, 64', (results) => withTarget(results, 4, redis(22_400))],
    ['the server’s own CPU a request, Redis', (results) => withTarget(results, 4, redis(36_000))],
    ['range of 90 days, Redis Cluster', (results) => withClusterRange(results, 20_000)],
  ])('%s is not met when it is missed', (what, change) => {
    const results = goodResults();
    const goal = judgeGoals({ ...results, ...change(results) }).find((one) => one.what.startsWith(what));
    expect(goal?.verdict).toBe('not met');
  });

  test('of a size that was not reached are shown, not judged', () => {
    const results = goodResults();
    const small = judgeGoals({ ...results, growth: results.growth.slice(0, 2) });
    const verdicts = (goals: typeof small) => goals.slice(19, 24).map(({ verdict }) => verdict);
    expect(verdicts(small)).toEqual(Array.from({ length: 5 }, () => 'not measured'));
    expect(small[21]?.measured).toBe('300 MB at 10,000 contacts');
    const million = judgeGoals({ ...results, growth: results.growth.slice(0, 3) });
    expect(verdicts(million)).toEqual(['met', 'not measured', 'not measured', 'met', 'not measured']);
  });
});

function withTarget(results: Results, place: number, other: ReturnType<typeof target>): Partial<Results> {
  const targets = results.rounds!.targets.with(place, other);
  return { rounds: { ...results.rounds!, targets } };
}

function withStoreRate(results: Results, rate: number): Partial<Results> {
  return withTarget(results, 3, target('journal:', 'store', rate));
}

/** Its processor time is what the rate of the other stores says. */
function redis(rate: number): ReturnType<typeof target> {
  return target('redis:', 'store', rate);
}

function withClusterRange({ growth }: Results, p99: number): Partial<Results> {
  return {
    growth: growth.map((size) =>
      size.store === 'redis+cluster:'
        ? { ...size, engine: { ...size.engine, ninetyDays: { count: 1, p50: 1, p99 } } }
        : size,
    ),
  };
}

function withSize(results: Results, contacts: number, change: Partial<GrowthSize>): Partial<Results> {
  return {
    growth: results.growth.map((size) =>
      size.store === 'journal:' && size.contacts === contacts
        ? { ...size, ...change, engine: { ...size.engine, ...change.engine } }
        : size,
    ),
  };
}

function engine(question: string, p50: number, p99: number): Partial<GrowthSize> {
  return { engine: { [question]: { count: 1, p50, p99 } } as unknown as GrowthSize['engine'] };
}

function fill(seconds: number): Partial<GrowthSize> {
  const events = seconds > 100 ? 56_250_000 : 1_125_000;
  return { fill: { contacts: 1, events, seconds, lastEventsPerSecond: 1 } };
}

/** In every round; in one alone it would be the machine's. */
/** In each round the same. */
function withBatches(
  { batches }: Results,
  store: string,
  change: { batch?: number; p99?: number; probeMax?: number; resident?: number },
): Partial<Results> {
  return {
    batches: batches.map((result) =>
      result.store !== store
        ? result
        : {
            ...result,
            rounds: result.rounds.map((round) => ({
              ...round,
              single: { ...round.single, eventsPerSecond: 20_000 },
              batch: { ...round.batch, eventsPerSecond: change.batch ?? 200_000 },
              singleBeside: { ...round.singleBeside, p99: change.p99 ?? 12 },
              probeMax: change.probeMax ?? 16,
              residentPeakBytes: change.resident ?? 300e6,
            })),
          },
    ),
  };
}

function withLongestWait({ waits }: Results, max: number): Partial<Results> {
  return {
    waits: waits.map((result) => ({
      ...result,
      kinds: result.kinds.map((kind) => ({
        ...kind,
        rounds: kind.rounds.map((round) => ({ ...round, max })),
      })),
    })),
  };
}

function withP99(
  { mixed }: Results,
  name: MixedCondition['name'],
  side: 'ingest' | 'reads',
  p99: number,
  max = 9,
): Partial<Results> {
  return {
    mixed: mixed.map((result) => ({
      ...result,
      conditions: result.conditions.map((condition) =>
        condition.name === name
          ? { ...condition, [side]: condition[side].map((times) => ({ ...times, p99, max })) }
          : condition,
      ),
    })),
  };
}
