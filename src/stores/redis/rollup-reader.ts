import type { Executor, Job } from './executor.js';
import type { Keys } from './keys.js';
import { mergeReplies, type Question } from './rollups.js';
import { SCRIPTS } from './scripts.js';

/** Questions that are asked in one call. */
const QUESTIONS_MAX = 64;

interface Waiting {
  readonly question: Question;
  readonly resolve: (row: Float64Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks all partitions, in one call each; questions that come in the same turn of the event loop share it, so
 * that a dashboard of 26 symbols, or many of them, cost as little as one.
 */
export class RollupReader {
  readonly #executor: Executor;
  readonly #keys: Keys;
  readonly #partitions: number;
  #waiting: Waiting[] = [];

  constructor(executor: Executor, keys: Keys, partitions: number) {
    this.#executor = executor;
    this.#keys = keys;
    this.#partitions = partitions;
  }

  /** The sum of the question's rows over all partitions; its instants count from 1970. */
  ask(question: Question): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#askAll());
    });
  }

  #askAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += QUESTIONS_MAX) {
      void this.#askTogether(waiting.slice(from, from + QUESTIONS_MAX));
    }
  }

  async #askTogether(waiting: readonly Waiting[]): Promise<void> {
    try {
      const questions = waiting.map(({ question }) => question);
      const args = questions.flatMap((question) => question.arguments());
      const jobs = Array.from(
        { length: this.#partitions },
        (_, partition): Job => ({
          slot: this.#keys.slot(partition),
          key: this.#keys.meta(partition),
          call: SCRIPTS.rows,
          arguments: args,
        }),
      );
      const rows = mergeReplies(questions, (await this.#executor.run(jobs)) as Buffer[]);
      for (const [i, { resolve }] of waiting.entries()) resolve(rows[i]!);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
