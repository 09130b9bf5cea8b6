import { CASES } from './conformance/cases.js';
import { Dice, seedOf } from './conformance/dice.js';
import { EXAMPLES } from './conformance/examples.js';
import { drawQuestions } from './conformance/questions.js';
import { RACE_CASES } from './conformance/race-cases.js';
import { drawEvents, drawRounds, type Round, SHAPES, type Stream } from './conformance/streams.js';
import { type Case, type Fixture, Trial } from './conformance/trial.js';

export type { Fixture } from './conformance/trial.js';

export interface ConformanceOptions {
  /** Makes a store on fresh data; called once a case. */
  readonly create: () => Promise<Fixture> | Fixture;
  /** Fixes every draw. A failure names it. Default 1. */
  readonly seed?: number;
  /** How many contacts a random stream has. Default 80. */
  readonly contacts?: number;
  /** How long a store with `reads: 'eventual'` may take to show what it acknowledged. Default 5000. */
  readonly eventualMillisecondsMax?: number;
  /**
   * How long an append may take to settle, whatever becomes of it, and a store to work again after an
   * interruption. Default 30,000.
   */
  readonly settledMillisecondsMax?: number;
}

export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/** The two functions of a test runner; those of node:test, Vitest, Jest and Mocha will do. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** The contract as tests: hands every case to the runner. */
export function describeConformance(runner: Runner, name: string, options: ConformanceOptions): void {
  runner.describe(`${name} keeps the contract`, () => {
    for (const one of conformanceCases(options)) runner.it(one.name, () => one.run());
  });
}

/**
 * The contract as cases that can be run in any order, each on fresh data: a case resolves where the store
 * is right, else it rejects and names the seed, the stream and the first difference. What is right follows
 * from the store's `promises`, so a difference that is declared is tested and not skipped.
 */
export function conformanceCases(options: ConformanceOptions): ConformanceCase[] {
  const { create, seed = 1, contacts = 80 } = options;
  const { eventualMillisecondsMax = 5000, settledMillisecondsMax = 30_000 } = options;
  const streams = [...EXAMPLES.map(exampleCase), ...SHAPES.map(randomCase)];
  return [...CASES, ...streams, ...RACE_CASES].map(({ name, run }) => ({
    name,
    async run() {
      const trial = new Trial(await create(), name, seed, {
        eventualMillisecondsMax,
        settledMillisecondsMax,
      });
      try {
        await run(trial, new Dice(seedOf(seed, name)), contacts);
      } catch (error) {
        // A store that is wrong may not close either; what it was wrong in matters more.
        await trial.dispose().catch(() => undefined);
        throw error;
      }
      await trial.dispose();
    },
  }));
}

function exampleCase({ name, rounds }: Stream): Case {
  return {
    name,
    async run(trial, dice) {
      await trial.open();
      const events = rounds.flatMap((round) => round.batches.flat());
      await trial.play(divided(rounds, trial.batchEventsMax), drawQuestions(events, dice));
    },
  };
}

function randomCase(shape: (typeof SHAPES)[number]): Case {
  return {
    name: `random stream: ${shape.name}`,
    async run(trial, dice, contacts) {
      await trial.open();
      const events = drawEvents(shape, dice, contacts);
      const drawn = drawRounds(events, dice, trial.store.limits, shape.atOnce);
      const rounds = drawn.map((round, i) => ({ ...round, reopenBefore: i === drawn.length >> 1 }));
      await trial.play(rounds, drawQuestions(events, dice));
    },
  };
}

/** An example's batches, cut to what the store takes. */
function divided(rounds: readonly Round[], batchEventsMax: number): Round[] {
  return rounds.flatMap(({ batches, reopenBefore = false }) => {
    const [batch = []] = batches;
    const parts: Round[] = [];
    for (let from = 0; from === 0 || from < batch.length; from += batchEventsMax) {
      parts.push({
        batches: [batch.slice(from, from + batchEventsMax)],
        reopenBefore: reopenBefore && from === 0,
      });
    }
    return parts;
  });
}
