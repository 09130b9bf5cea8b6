import { fixed } from './format.js';
import { atMost, type Goal, judge } from './judging.js';
import type { MixedName, MixedResult, WaitsResult } from './results.js';
import { ratioOf } from './statistics.js';

/** What writes and reads beside each other are to keep to. */
export function mixedGoals(mixed: MixedResult | undefined): Goal[] {
  const of = (name: MixedName) => mixed?.conditions.find((condition) => condition.name === name);
  const reads = (name: MixedName) => (of(name)?.reads ?? []).map(({ p99 }) => p99);
  const ingest = (name: MixedName) => (of(name)?.ingest ?? []).map(({ p99 }) => p99);
  const waits = (of('half ingest')?.reads ?? []).map(({ max }) => max);
  return [
    atMost(
      'p99 of a dashboard read under full ingest / without ingest',
      2,
      ratioOf(reads('full ingest, reads'), reads('reads alone')),
    ),
    atMost(
      'p99 of full ingest with 100 dashboard reads a second and an export / without',
      1.5,
      ratioOf(ingest('full ingest, reads, export'), ingest('full ingest')),
    ),
    atMost(
      'the same at half of that rate',
      1.5,
      ratioOf(ingest('half ingest, reads, export'), ingest('half ingest')),
    ),
    ...BESIDE_HALF.map(([what, name]) =>
      atMost(
        `p99 at half of that rate with ${what} / without`,
        3,
        ratioOf(ingest(name), ingest('half ingest')),
      ),
    ),
    judge(
      'neighbours of checkpoints at half of that rate: longest wait',
      `≤ ${CHECKPOINT_MILLISECONDS_MAX} ms`,
      // There is a checkpoint a second: a pause that it makes is in every round, one of the machine's is not.
      waits.length === 0 ? null : `${fixed(Math.min(...waits))} ms`,
      () => Math.min(...waits) <= CHECKPOINT_MILLISECONDS_MAX,
    ),
  ];
}

export const WAIT_MILLISECONDS_MAX = 20;
const CHECKPOINT_MILLISECONDS_MAX = 10;
const BESIDE_HALF: readonly (readonly [what: string, name: MixedName])[] = [
  ['an export', 'half ingest, export'],
  ['a verification', 'half ingest, verification'],
  ['100 dashboard reads a second', 'half ingest, reads'],
];

/** The kind of question beside which others wait longest decides. */
export function waitsGoal(waits: WaitsResult | undefined): Goal {
  const longest = (waits?.kinds ?? [])
    // By itself the probe shows what the machine does.
    .filter(({ parallel, rounds }) => parallel > 0 && rounds.length > 0)
    .map(({ name, rounds }) => ({ name, max: Math.min(...rounds.map(({ max }) => max)) }))
    .sort((first, second) => second.max - first.max)[0];
  return judge(
    'longest wait for others’ reads, whatever they read',
    `≤ ${WAIT_MILLISECONDS_MAX} ms`,
    longest === undefined ? null : `${fixed(longest.max)} ms, beside ${longest.name}`,
    () => longest!.max <= WAIT_MILLISECONDS_MAX,
  );
}
