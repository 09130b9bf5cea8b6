import { setTimeout as pause } from 'node:timers/promises';
import { ask, firstDifference, outcomeDifference } from '../../../../src/contract/conformance/answers.js';
import type { Dice } from '../../../../src/contract/conformance/dice.js';
import { askPage, pageDifference } from '../../../../src/contract/conformance/page-answers.js';
import type { Questions } from '../../../../src/contract/conformance/questions.js';
import { TallyboardError } from '../../../../src/contract/errors.js';
import type { Log, Store } from '../../../../src/contract/store.js';
import { createStore } from '../../../../src/stores/index.js';
import { verifyStore } from '../../../../src/transfer/verify/verify.js';
import type { Right, Round, Script } from './script.js';

/** A store did what it must not; `outcome` is the word for it in the table. */
export class Failure extends Error {
  readonly outcome: string;

  constructor(outcome: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.outcome = outcome;
  }
}

/** What was logged. */
export interface Lines extends Log {
  readonly lines: string[];
}

export function lines(): Lines {
  const kept: string[] = [];
  const keep = (fields: object, message: string) => {
    kept.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { lines: kept, info() {}, warn: keep, error: keep };
}

const LENIENT = { ties: false, ids: false };
/** How long a store that answers with 503 may take to be itself again before it is started anew. */
const HEALING_MILLISECONDS_MAX = 60_000;

/** Opens the store of a directory, and sees to it that what it rejects with is one of ours. */
export async function openJournal(url: string, log: Log, salvage = false): Promise<Store> {
  const store = await createStore(url, { log, salvage });
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw ofOurs('opening', error);
  }
  return store;
}

function ofOurs(what: string, error: unknown): TallyboardError | Failure {
  if (error instanceof TallyboardError || error instanceof Failure) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure('error without a code', `${what} was rejected: ${text}`, error);
}

/** Thrown where a store goes on answering with 503. */
class Unserved extends Error {}

/** Plays a script on the store of a directory, which must be right in all, or refuse and then be right. */
export class Examination {
  readonly log = lines();
  readonly #url: string;
  readonly #script: Script;
  readonly #journalIsDamaged: boolean;
  /** Answers with 503, and starts that were needed to be served again. */
  refusals = 0;
  restarts = 0;
  /** Readings of raw events that were refused because the journal is damaged. */
  damageFound = 0;
  /** How many rounds were begun: what was right before is not any more. */
  begun = 0;

  constructor(url: string, script: Script, { journalIsDamaged = false } = {}) {
    this.#url = url;
    this.#script = script;
    this.#journalIsDamaged = journalIsDamaged;
  }

  /** `meanwhile` is called once, when the store is open. Rejects as opening does, or with a `Failure`. */
  async run(dice: Dice, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const { before, rounds, questions } = this.#script;
    const verified = dice.below(rounds.length);
    let pending = meanwhile;
    await this.#served(async (store) => {
      if (this.begun === 0 && dice.once(2)) await this.#compare(store, before);
      await pending();
      pending = async () => {};
      if (this.begun === 0 && dice.once(2)) await this.#compare(store, before);
      this.begun = 1;
      await this.#play(store, rounds[0]!);
      await this.#compare(store, rounds[0]!.after);
      if (verified === 0) await this.#verify(store);
    });
    await this.#served(async (store) => {
      if (this.begun === 1) await this.#compare(store, rounds[0]!.after);
      this.begun = 2;
      await this.#play(store, rounds[1]!);
      if (verified === 1) await this.#verify(store);
      await this.#compare(store, rounds[1]!.after, questions.spans);
    });
  }

  /** Runs with the store opened; where it refuses to serve for good, once more after a restart. */
  async #served(what: (store: Store) => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const store = await openJournal(this.#url, this.log);
      try {
        await what(store);
        return;
      } catch (error) {
        if (!(error instanceof Unserved) || attempt > 0) throw error;
        this.restarts += 1;
      } finally {
        await store.close();
      }
    }
  }

  async #play(store: Store, round: Round): Promise<void> {
    let known = 0;
    let recognised = 0;
    let first: string | undefined;
    for (const [i, batch] of round.batches.entries()) {
      const expected = round.outcomes[i]!;
      const got = await this.#attempt('append', () => store.append(batch));
      for (const [n, { status }] of expected.entries()) {
        if (batch[n]!.kind !== 'initial' || status !== 'replayed') continue;
        known += 1;
        if (got[n]?.status === 'replayed') recognised += 1;
      }
      const difference = outcomeDifference(`batch ${i + 1}`, batch, expected, got);
      if (difference !== undefined) {
        first ??= `${difference.what}: ${difference.got}, not ${difference.expected}`;
      }
    }
    const counts = `${recognised} of ${known} known contacts recognised`;
    if (first !== undefined) throw new Failure('silently wrong', `${counts}; ${first}`);
  }

  async #verify(store: Store): Promise<void> {
    const verified = await this.#raw('verify', () => verifyStore(store, { ranges: 10, random: () => 0.5 }));
    if (verified === undefined) return;
    const { differencesTotal, differences, changed, complete } = verified;
    if (differencesTotal === 0 && !changed && complete) return;
    throw new Failure(
      'silently wrong',
      `verify found ${differencesTotal} differences, such as ${JSON.stringify(differences[0])}`,
    );
  }

  async #compare(store: Store, { answers, page }: Right, spans: Questions['spans'] = []): Promise<void> {
    const { ranges, page: asked } = this.#script.questions;
    const { series, lasts, stories } = asked!;
    const seriesOnly = { talliesOfSeries: (edges: readonly number[]) => store.talliesOfSeries!(edges) };
    const tallies = await this.#attempt('tallies', () => ask(store, { ranges, spans: [] }));
    const rows = await this.#attempt('series', () => askPage(seriesOnly, { series, lasts: [], stories: [] }));
    const raw = await this.#raw('events', () => ask(store, { ranges: [], spans }));
    const last = await this.#raw('last events', () => askPage(store, { series: [], lasts, stories: [] }));
    const told = await this.#raw('stories', () => askPage(store, { series: [], lasts: [], stories }));
    const found =
      firstDifference({ ...answers, events: [] }, tallies, LENIENT) ??
      pageDifference(page, rows, LENIENT) ??
      (raw &&
        firstDifference(
          { ...answers, ranges: [], events: answers.events.slice(0, spans.length) },
          raw,
          LENIENT,
        )) ??
      (last && pageDifference(page, last, LENIENT)) ??
      (told && pageDifference(page, told, LENIENT));
    if (found !== undefined) {
      throw new Failure('silently wrong', `${found.what}: ${found.got}, not ${found.expected}`);
    }
  }

  /** What reads the journal itself may find that damaged. */
  async #raw<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    if (!this.#journalIsDamaged) return this.#attempt(what, run);
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof TallyboardError) || error.code !== 'STORE_DAMAGED') throw ofOurs(what, error);
      this.damageFound += 1;
      return undefined;
    }
  }

  /** Asks again while the answer is a 503. */
  async #attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
    for (const began = Date.now(); ; ) {
      try {
        return await run();
      } catch (error) {
        const ours = ofOurs(what, error);
        if (ours instanceof Failure) throw ours;
        if (ours.status !== 503)
          throw new Failure('wrong refusal', `${what}: ${ours.code}, ${ours.message}`, ours);
        this.refusals += 1;
        if (Date.now() - began > HEALING_MILLISECONDS_MAX) throw new Unserved(`${what}: ${ours.message}`);
        await pause(10);
      }
    }
  }
}
