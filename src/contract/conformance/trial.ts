import { AssertionError } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContactEvent } from '../../domain/contact.js';
import { dashboardQuestions } from '../dashboard-questions.js';
import { describe } from '../errors.js';
import { Model } from '../model.js';
import type { Outcome, Store } from '../store.js';
import { ask, type Difference, firstDifference, type Leniency, outcomeDifference } from './answers.js';
import type { Dice } from './dice.js';
import { askPage, pageDifference } from './page-answers.js';
import type { PageQuestions, Questions } from './questions.js';
import type { Round } from './streams.js';

/** What an author hands in: a store on data of its own. */
export interface Fixture {
  /** Fresh, empty and unopened. */
  readonly store: Store;
  /** Another store on the same data, unopened; null where nothing outlives a store. */
  readonly another: (() => Store | Promise<Store>) | null;
  /**
   * Breaks what the stores have under way: cuts their connections, kills the engine, lets the disk refuse
   * what is written. Answers with what mends it again. Called while batches are under way, many times.
   */
  readonly interrupt?: () => Promise<() => Promise<void>>;
  /** Removes the data. The stores have been closed before. */
  dispose(): Promise<void> | void;
}

/** How long is waited for what a store may take its time for. */
export interface Patience {
  readonly eventualMillisecondsMax: number;
  readonly settledMillisecondsMax: number;
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
  readonly patience: Patience;
  /** How many batches were handed in, and the first of those that are under way. */
  #handed = 0;
  #underWay: number | undefined;
  /** After how many batches the store was opened again last. */
  #reopened: number | undefined;
  #atOnce = false;

  constructor(fixture: Fixture, name: string, seed: number, patience: Patience) {
    this.#fixture = fixture;
    this.store = fixture.store;
    this.batchEventsMax = Math.min(this.store.limits.batchEventsMax, BATCH_EVENTS_MAX);
    this.model = new Model(this.store.promises.replays);
    this.#name = name;
    this.#seed = seed;
    this.patience = patience;
  }

  get persists(): boolean {
    return this.store.promises.survives !== 'nothing';
  }

  get hasAnother(): boolean {
    return this.#fixture.another !== null;
  }

  /** Where the fixture says how to: breaks what is under way, and answers with what mends it. */
  get interrupt(): Fixture['interrupt'] {
    return this.#fixture.interrupt;
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
    this.#reopened = this.#handed;
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
    await this.during(batches.length > 1, async () => {
      const numbers = batches.map(() => this.number());
      const got = await this.attempt('append', () =>
        Promise.all(batches.map((batch) => this.store.append(batch))),
      );
      for (const [i, batch] of batches.entries()) {
        const expected: readonly Outcome[] = await this.model.append(batch);
        this.check(outcomeDifference(`batch ${numbers[i]}`, batch, expected, got[i]!));
      }
    });
  }

  /** Runs what hands batches in, one or several at once, so that a failure says which were under way. */
  async during(atOnce: boolean, run: () => Promise<void>): Promise<void> {
    this.#atOnce ||= atOnce;
    this.#underWay = this.#handed + 1;
    await run();
    this.#underWay = undefined;
  }

  /** The number of a batch that is handed in now, for whoever reads of a failure. */
  number(): number {
    this.#handed += 1;
    return this.#handed;
  }

  /** Asks the store and compares with what the model answers, or another model where that is given. */
  async compare(questions: Questions, model?: Model): Promise<void> {
    const right = model ?? (this.store.promises.keepsEvents ? this.model : this.#empty);
    await this.eventually(() => this.difference(questions, right));
  }

  /** The first difference between what the store and a model answer now. */
  async difference(questions: Questions, model: Model): Promise<Difference | undefined> {
    const lenient = { ties: this.#atOnce, ids: this.store.promises.replays === 'counted' };
    const right = await ask(model, questions);
    const got = await this.attempt('reading', () => ask(this.store, questions));
    return (
      firstDifference(right, got, lenient) ?? (await this.#pageDifference(questions.page, model, lenient))
    );
  }

  /** Looks until nothing differs, for as long as it may take to show: once, where `reads` is immediate. */
  async eventually(look: () => Promise<Difference | undefined>, millisecondsLeast = 0): Promise<void> {
    const isEventual = this.store.promises.reads === 'eventual';
    const deadline =
      Date.now() + Math.max(millisecondsLeast, isEventual ? this.patience.eventualMillisecondsMax : 0);
    for (;;) {
      const difference = await look();
      if (difference === undefined || Date.now() >= deadline) return this.check(difference);
      await pause(POLL_MILLISECONDS);
    }
  }

  async #pageDifference(
    questions: PageQuestions | undefined,
    model: Model,
    lenient: Leniency,
  ): Promise<Difference | undefined> {
    if (questions === undefined) return undefined;
    const right = await askPage(dashboardQuestions(model), questions);
    const got = await this.attempt('reading for the page', () => askPage(this.store, questions));
    return pageDifference(right, got, lenient);
  }

  check(difference: Difference | undefined): void {
    if (difference !== undefined) throw this.failure(difference);
  }

  failure({ what, expected, got }: Difference): AssertionError {
    return new AssertionError({
      message: `seed ${this.#seed}, '${this.#name}', ${this.#moment()}: ${what}\n  expected ${expected}\n  got      ${got}`,
      expected,
      actual: got,
    });
  }

  /** Says where it was when the store rejected. */
  async attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const moment = this.#moment();
      throw new Error(
        `seed ${this.#seed}, '${this.#name}', ${moment}: ${what} was rejected: ${describe(error)}`,
        { cause: error },
      );
    }
  }

  async dispose(): Promise<void> {
    for (const store of this.#opened) await store.close();
    await this.#fixture.dispose();
  }

  /** Where the trial is, for whoever repeats it. */
  #moment(): string {
    const to = this.#handed;
    const from = this.#underWay ?? to + 1;
    const isUnderWay = from <= to;
    if (to === 0) return 'before the first batch';
    const batches = from < to ? `at batches ${from} to ${to}` : `${isUnderWay ? 'at' : 'after'} batch ${to}`;
    if (this.#reopened === undefined) return batches;
    if (this.#reopened === to && !isUnderWay) return `${batches}, after closing and opening again`;
    return `${batches}, opened again after batch ${this.#reopened}`;
  }
}
