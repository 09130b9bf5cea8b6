import { expect } from 'vitest';
import { seedOf } from '../../../../src/contract/conformance/dice.js';
import { tried } from '../../../long.js';
import type { Tried } from './child.js';
import { Ended, type TrialProcess } from './trial-process.js';

/** Everything random follows from it: set TALLYBOARD_TEST_SEED to what a failure printed to have that again. */
export const SEED = Number(process.env.TALLYBOARD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The seed of one of the trials of a name. */
export function trialSeed(name: string, number: number): number {
  return seedOf(SEED, `${name} ${number}`) >>> 0;
}

/** What came of trials: how often what became of what. */
export class Report {
  readonly #name: string;
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #failures: string[] = [];
  tried = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Does one trial, and notes what came of it, whatever that is. */
  async note(process: TrialProcess, trial: () => Promise<Tried | undefined>): Promise<void> {
    const found = await trial().catch((error: unknown): Tried => {
      const { outcome, message } =
        error instanceof Ended ? error : { outcome: 'mistake', message: `${error}` };
      return { subject: 'unknown', ok: false, outcome, detail: message };
    });
    const late = process.takeLate();
    if (late !== undefined)
      this.#count({ subject: 'unknown', ok: false, outcome: 'abort', detail: late.message });
    if (found !== undefined) this.#count(found);
  }

  /** How many trials ended so; `outcome` is the beginning of the words for it. */
  count(outcome: string): number {
    let sum = 0;
    for (const [words, subjects] of this.#counts) {
      if (words.startsWith(outcome)) for (const count of subjects.values()) sum += count;
    }
    return sum;
  }

  /** Prints what was tried, and notes it for the table of the long tests. */
  print(): void {
    tried(this.#name, this.tried, `${this.#failures.length} failures, seed ${SEED}`);
    const lines = [`${this.#name}, seed ${SEED}: ${this.tried} trials, ${this.#failures.length} failures`];
    for (const [outcome, subjects] of this.#counts) {
      const total = [...subjects.values()].reduce((sum, count) => sum + count, 0);
      lines.push(`${String(total).padStart(6)}  ${outcome}`);
      for (const [subject, count] of [...subjects].sort(([a], [b]) => (a < b ? -1 : 1))) {
        lines.push(`${String(count).padStart(14)}  ${subject}`);
      }
    }
    console.log(lines.join('\n'));
  }

  /** Fails where any trial did, with what repeats them all. */
  expectNoFailure(): void {
    const { length } = this.#failures;
    const first = this.#failures.slice(0, 10).join('\n');
    expect
      .soft(length, `${length} of ${this.tried}, repeated by TALLYBOARD_TEST_SEED=${SEED}:\n${first}`)
      .toBe(0);
  }

  #count({ subject, outcome, ok, detail }: Tried): void {
    this.tried += 1;
    const words = ok ? outcome : outcome.toUpperCase();
    const subjects = this.#counts.get(words) ?? new Map<string, number>();
    this.#counts.set(words, subjects.set(subject, (subjects.get(subject) ?? 0) + 1));
    if (!ok) this.#failures.push(`${outcome} (${subject}): ${detail}`);
  }
}
