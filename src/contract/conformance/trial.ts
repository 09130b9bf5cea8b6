import { AssertionError } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContactEvent } from '../../domain/contact.js';
import { dashboardQuestions } from '../dashboard-questions.js';
import type { Outcome, Store } from '../data-interface.js';
import { Model } from '../model.js';
import {
  type Answers,
  ask,
  type Difference,
  firstDifference,
  type Leniency,
  outcomeDifference,
} from './answers.js';
import type { Dice } from './dice.js';
import { askPage, type PageAnswers, type PageQuestions, pageDifference } from './page-answers.js';
import type { Questions } from './questions.js';
import type { Round } from './streams.js';

/** What an author hands in: a store on data of its own. */
export interface Fixture {
  /** Fresh, empty and unopened. */
  readonly store: Store;
  /** Another store on the same data, unopened; null where nothing outlives a store. */
  readonly another: (() => Store | Promise<Store>) | null;
  /** Removes the data. The stores have been closed before. */
  dispose(): Promise<void> | void;
}

/** One thing that is looked at, whatever the store promises: what is right follows from the promises. */
export interface Case {
  readonly name: string;
  run(trial: Trial, dice: Dice, contacts: number): Promise<void>;
}

/** How many events the suite ever puts into one batch, however many the store takes. */
export const BATCH_EVENTS_MAX = 4096;

const POLL_MILLISECONDS = 25;

/**
 * One store beside the model: both are fed with the same, both are asked the same. What is expected follows
 * from the store's `promises` alone.
 */
export class Trial {
  store: Store;
  readonly batchEventsMax: number;
  /** Gives the outcomes, and the answers where the store keeps events. */
  readonly model: Model;
  readonly #empty = new Model();
  readonly #fixture: Fixture;
  readonly #opened = new Set<Store>();
  readonly #seed: number;
  readonly #name: string;
  readonly #eventualMillisecondsMax: number;
  #moment = 'before the first batch';
  #atOnce = false;

  constructor(fixture: Fixture, name: string, seed: number, eventualMillisecondsMax: number) {
    this.#fixture = fixture;
    this.store = fixture.store;
    this.batchEventsMax = Math.min(this.store.limits.batchEventsMax, BATCH_EVENTS_MAX);
    this.model = new Model(this.store.promises.replays);
    this.#name = name;
    this.#seed = seed;
    this.#eventualMillisecondsMax = eventualMillisecondsMax;
  }

  get persists(): boolean {
    return this.store.promises.survives !== 'nothing';
  }

  get hasAnother(): boolean {
    return this.#fixture.another !== null;
  }

  /** A second store on the same data, unopened. */
  async another(): Promise<Store> {
    const make = this.#fixture.another;
    if (make === null) {
      throw this.failure({
        what: `a second store on the same data, to look whether it survives as promises.survives says`,
        expected: `a fixture with 'another', since promises.survives is '${this.store.promises.survives}'`,
        got: 'null',
      });
    }
    const store = await make();
    this.#opened.add(store);
    return store;
  }

  async open(store = this.store): Promise<void> {
    this.#opened.add(store);
    await this.attempt('open', () => store.open());
  }

  /** Closes the store and opens it again: the same object, or another on the same data. */
  async reopen(how: 'same' | 'another'): Promise<void> {
    await this.attempt('close', () => this.store.close());
    if (how === 'another') this.store = await this.another();
    await this.open();
    this.#moment += ', after closing and opening again';
  }

  /** Plays rounds, and asks after a few of them. */
  async play(rounds: readonly Round[], questions: Questions): Promise<void> {
    const askAt = new Set([0.25, 0.5, 0.75, 1].map((part) => Math.ceil(rounds.length * part) - 1));
    let reopened = 0;
    for (const [i, round] of rounds.entries()) {
      if (round.reopenBefore && this.persists) {
        await this.reopen(reopened % 2 === 0 ? 'another' : 'same');
        reopened += 1;
      }
      this.#moment = `at round ${i} of ${rounds.length}`;
      await this.append(round.batches);
      if (askAt.has(i)) await this.compare(questions);
    }
    if (!this.persists) return;
    for (const how of ['same', 'another'] as const) {
      await this.reopen(how);
      await this.compare(questions);
    }
  }

  /** Appends batches at the same time, to the store and to the model, and compares the outcomes. */
  async append(batches: readonly (readonly ContactEvent[])[]): Promise<void> {
    this.#atOnce ||= batches.length > 1;
    const got = await this.attempt('append', () =>
      Promise.all(batches.map((batch) => this.store.append(batch))),
    );
    for (const [i, batch] of batches.entries()) {
      const expected: readonly Outcome[] = await this.model.append(batch);
      this.check(outcomeDifference(batch, expected, got[i]!));
    }
  }

  /** Asks the store and compares with the model, or with `expected` where that is given. */
  async compare(questions: Questions, expected?: Answers): Promise<void> {
    const { keepsEvents, reads, replays } = this.store.promises;
    const model = keepsEvents ? this.model : this.#empty;
    const right = expected ?? (await ask(model, questions));
    const page = expected === undefined ? questions.page : undefined;
    const rightPage = page === undefined ? undefined : await askPage(dashboardQuestions(model), page);
    const lenient = { ties: this.#atOnce, ids: replays === 'counted' };
    const deadline = Date.now() + (reads === 'eventual' ? this.#eventualMillisecondsMax : 0);
    for (;;) {
      const got = await this.attempt('reading', () => ask(this.store, questions));
      const difference =
        firstDifference(right, got, lenient) ?? (await this.#pageDifference(page, rightPage, lenient));
      if (difference === undefined || Date.now() >= deadline) return this.check(difference);
      await pause(POLL_MILLISECONDS);
    }
  }

  async #pageDifference(
    questions: PageQuestions | undefined,
    right: PageAnswers | undefined,
    lenient: Leniency,
  ): Promise<Difference | undefined> {
    if (questions === undefined || right === undefined) return undefined;
    const got = await this.attempt('reading for the page', () => askPage(this.store, questions));
    return pageDifference(right, got, lenient);
  }

  check(difference: Difference | undefined): void {
    if (difference !== undefined) throw this.failure(difference);
  }

  failure({ what, expected, got }: Difference): AssertionError {
    return new AssertionError({
      message: `seed ${this.#seed}, '${this.#name}', ${this.#moment}: ${what}\n  expected ${expected}\n  got      ${got}`,
      expected,
      actual: got,
    });
  }

  /** Says where it was when the store rejected. */
  async attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${this.#seed}, '${this.#name}', ${this.#moment}: ${what} was rejected: ${text}`, {
        cause: error,
      });
    }
  }

  async dispose(): Promise<void> {
    for (const store of this.#opened) await store.close();
    await this.#fixture.dispose();
  }
}
