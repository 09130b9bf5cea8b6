import { inTurns, oneByOne } from '../../../contract/breath.js';
import { jobsInAll } from '../jobs.js';
import type { Keys } from '../keys.js';
import type { Layout } from '../layout.js';
import { SCRIPTS } from '../scripts.js';
import type { Executor } from '../servers/executor.js';
import { argumentsOf, mergeReplies, type Question, questionOfAll } from './rollups.js';

/** Questions that are asked in one call. */
export const QUESTIONS_MAX = 64;

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
  readonly #layout: Layout;
  #waiting: Waiting[] = [];
  #ofAll: Promise<Float64Array> | undefined;

  constructor(executor: Executor, keys: Keys, layout: Layout) {
    this.#executor = executor;
    this.#keys = keys;
    this.#layout = layout;
  }

  /** The sum of the question's rows over all partitions; its instants count from 1970. */
  ask(question: Question): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#askWaiting());
    });
  }

  /** The row of all contacts, which is asked for once a turn: a page asks for 26 symbols of it. */
  askOfAll(): Promise<Float64Array> {
    this.#ofAll ??= this.ask(questionOfAll());
    return this.#ofAll;
  }

  #askWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#ofAll = undefined;
    for (let from = 0; from < waiting.length; from += QUESTIONS_MAX) {
      void this.#askTogether(waiting.slice(from, from + QUESTIONS_MAX));
    }
  }

  async #askTogether(waiting: readonly Waiting[]): Promise<void> {
    try {
      const questions = waiting.map(({ question }) => question);
      const args = [this.#layout.id, ...argumentsOf(questions)];
      const jobs = jobsInAll(this.#keys, this.#layout.partitions, SCRIPTS.rows, args);
      const replies = (await this.#executor.run(jobs)) as Buffer[];
      const rows = await inTurns(mergeReplies(questions, replies));
      for (const [i, { resolve }] of waiting.entries()) {
        // Whoever is answered does something with it at once.
        if (i > 0) await oneByOne();
        resolve(rows[i]!);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
