import type { Store } from '../contract/data-interface.js';
import { type Contact, type ContactEvent, SYMBOLS } from '../domain/contact.js';
import type { RandomSource } from '../domain/guess.js';
import { EMPTY_SPLIT, type SplitTally, type Tally } from '../domain/tally.js';
import {
  BUCKETS,
  type Bucket,
  bucketStart,
  formatInstant,
  type Instant,
  MINUTE,
  type Range,
} from '../domain/time.js';
import { Breath } from './breath.js';
import type { ContactState, Difference } from './contact-state.js';
import { Fold, type FoldListener, type FoldSpillOptions } from './fold.js';
import { chooseRanges, RangeSums } from './ranges.js';
import { emptyRow, mergeInto, type Row, rowOf } from './rows.js';

export interface VerifyOptions {
  /** How many ranges are drawn at random, beside those at the edges. */
  readonly ranges: number;
  readonly random: RandomSource;
  /** Raw events of the store that are kept elsewhere. */
  readonly archived?: AsyncIterable<ContactEvent> | undefined;
  readonly spill?: FoldSpillOptions;
  readonly interrupted?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (phase: 'read' | 'compare', done: number, total?: number) => void;
}

export interface VerifySummary {
  readonly complete: boolean;
  readonly events: number;
  readonly contacts: number;
  readonly unmatched: number;
  /** How many answers of the store were compared, by what they are. */
  readonly compared: Readonly<Record<Compared, number>>;
  /** The first differences in full. */
  readonly differences: readonly Difference[];
  readonly differencesTotal: number;
}

export type Compared = Bucket | 'contact' | 'symbol' | 'unmatched' | 'gap' | 'range';

/** How many differences are told in full. */
export const DIFFERENCES_MAX = 20;

const QUESTIONS_IN_FLIGHT_MAX = 16;
const PROGRESS_EVENTS = 4096;
const CONTACTS_A_QUESTION = 1024;

/**
 * Folds the raw events of an open store, and compares with them every tally of a symbol, the number of
 * unmatched contacts, each bucket of each roll-up that the store promises and has contacts for, the gaps
 * between them, and many ranges. Nobody else may write to the store meanwhile.
 */
export async function verifyStore(store: Store, options: VerifyOptions): Promise<VerifySummary> {
  const comparison = new Comparison(store);
  const fold = new Fold(store.promises.replays, comparison.listener, options.spill);
  let complete = false;
  try {
    complete =
      (await readEvents(store, fold, comparison, options)) && (await compareAll(fold, comparison, options));
    await comparison.settle();
  } finally {
    await fold.close();
  }
  return {
    complete,
    events: fold.events,
    contacts: fold.contacts,
    unmatched: fold.unmatched,
    compared: comparison.compared,
    differences: comparison.differences,
    differencesTotal: comparison.differencesTotal,
  };
}

async function readEvents(
  store: Store,
  fold: Fold,
  comparison: Comparison,
  options: VerifyOptions,
): Promise<boolean> {
  for (const events of [options.archived ?? [], store.events()]) {
    for await (const event of events) {
      const room = fold.add(event);
      if (room !== undefined) await room;
      if (fold.events % PROGRESS_EVENTS !== 0) continue;
      options.onProgress?.('read', fold.events);
      if (options.interrupted?.aborted) return false;
    }
  }
  options.onProgress?.('read', fold.events);
  await fold.fold();
  await comparison.contactsLeft();
  return true;
}

async function compareAll(fold: Fold, comparison: Comparison, options: VerifyOptions): Promise<boolean> {
  const ranges = chooseRanges(fold.span, options.ranges, options.random);
  const sums = new RangeSums(ranges);
  const total = emptyRow();
  const rollups = new Rollups(comparison);
  let done = 0;
  for await (const { minute, contacts } of fold.minutes()) {
    const row = rowOf(contacts);
    await rollups.add(minute, row);
    sums.add(minute, row);
    mergeInto(total, row);
    done += contacts.length;
    options.onProgress?.('compare', done, fold.contacts);
    if (options.interrupted?.aborted) return false;
  }
  await rollups.end();
  await comparison.unmatched(fold.unmatched);
  for (const [index, symbol] of SYMBOLS.entries()) await comparison.symbol(symbol, total[index]!);
  for (const { range, row } of sums.all()) {
    await comparison.range('range', range, row);
    if (options.interrupted?.aborted) return false;
  }
  return true;
}

/** Adds minutes up to the buckets of each promised roll-up, and has each compared when it is complete. */
class Rollups {
  readonly #comparison: Comparison;
  readonly #open: { readonly bucket: Bucket; start: Instant | undefined; row: Row }[];
  #lastMinute: Instant | undefined;

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
    this.#open = comparison.rollups.map((bucket) => ({ bucket, start: undefined, row: emptyRow() }));
  }

  async add(minute: Instant, row: Row): Promise<void> {
    if (this.#open.length === 0) return;
    if (this.#lastMinute !== undefined && minute > this.#lastMinute + MINUTE) {
      // Rows of a roll-up where there are no contacts show in a range between them.
      await this.#comparison.range('gap', { lower: this.#lastMinute + MINUTE, upper: minute }, emptyRow());
    }
    this.#lastMinute = minute;
    for (const open of this.#open) {
      const start = bucketStart(minute, BUCKETS[open.bucket]);
      if (start !== open.start) {
        await this.#finish(open);
        open.start = start;
        open.row = emptyRow();
      }
      mergeInto(open.row, row);
    }
  }

  async end(): Promise<void> {
    for (const open of this.#open) await this.#finish(open);
  }

  async #finish(open: { readonly bucket: Bucket; start: Instant | undefined; row: Row }): Promise<void> {
    if (open.start === undefined) return;
    const range = { lower: open.start, upper: open.start + BUCKETS[open.bucket] };
    await this.#comparison.range(open.bucket, range, open.row);
  }
}

/** Asks the store, some questions at the same time, and notes where its answers differ. */
class Comparison {
  readonly compared: Record<Compared, number> = {
    contact: 0,
    symbol: 0,
    unmatched: 0,
    minute: 0,
    hour: 0,
    day: 0,
    gap: 0,
    range: 0,
  };
  readonly differences: Difference[] = [];
  differencesTotal = 0;
  readonly #store: Store;
  readonly #breath = new Breath();
  #contacts: ContactState[] = [];
  #inFlight: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Hears of contradictions and, where the store keeps contacts, of each contact. */
  get listener(): FoldListener {
    const difference = (found: Difference) => this.report(found);
    if (this.#store.contacts === undefined) return { difference };
    return { difference, contact: (state) => this.#contact(state) };
  }

  async contactsLeft(): Promise<void> {
    const states = this.#contacts;
    this.#contacts = [];
    const got = (await this.#store.contacts?.(states.map(({ uuid }) => uuid))) ?? [];
    this.compared.contact += states.length;
    for (const [i, state] of states.entries()) this.#compareContact(state, got[i]);
  }

  #contact(state: ContactState): Promise<void> | undefined {
    this.#contacts.push(state);
    return this.#contacts.length >= CONTACTS_A_QUESTION ? this.contactsLeft() : undefined;
  }

  #compareContact(state: ContactState, got: Contact | undefined): void {
    const [initial] = state.initials;
    const expected = printContact(
      initial && { ...initial, symbol: SYMBOLS[initial.symbol]! },
      state.followups > 0 || (initial === undefined && state.isUnmatched),
    );
    const answer = printContact(got?.initial ?? undefined, (got?.followupAt ?? null) !== null);
    if (answer !== expected) this.report({ what: `the contact ${state.uuid}`, expected, got: answer });
  }

  get rollups(): readonly Bucket[] {
    return this.#store.promises.rollups;
  }

  report(difference: Difference): void {
    this.differencesTotal += 1;
    if (this.differences.length < DIFFERENCES_MAX) this.differences.push(difference);
  }

  range(kind: Compared, range: Range, expected: Row): Promise<void> | undefined {
    return this.#ask(kind, async () => {
      const got = await this.#store.talliesOfRange(range);
      const name = `the ${kind} ${formatInstant(range.lower)} to ${formatInstant(range.upper)}`;
      for (const [index, symbol] of SYMBOLS.entries()) {
        this.#compareSplit(`${name}, symbol ${symbol}`, expected[index]!, got[index] ?? EMPTY_SPLIT);
      }
    });
  }

  symbol(symbol: string, expected: SplitTally): Promise<void> | undefined {
    return this.#ask('symbol', async () => {
      this.#compareSplit(`the symbol ${symbol}`, expected, await this.#store.tallyOfSymbol(symbol));
    });
  }

  unmatched(expected: number): Promise<void> | undefined {
    return this.#ask('unmatched', async () => {
      const got = await this.#store.unmatched();
      if (got !== expected) {
        this.report({ what: 'the unmatched contacts', expected: String(expected), got: String(got) });
      }
    });
  }

  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#inFlight = [];
    await this.#breath.take();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #ask(kind: Compared, question: () => Promise<void>): Promise<void> | undefined {
    this.compared[kind] += 1;
    this.#inFlight.push(
      question().catch((error: unknown) => {
        this.#failure ??= { error };
      }),
    );
    return this.#inFlight.length >= QUESTIONS_IN_FLIGHT_MAX ? this.settle() : undefined;
  }

  #compareSplit(what: string, expected: SplitTally, got: SplitTally): void {
    for (const part of ['vowel', 'consonant'] as const) {
      if (isSame(expected[part], got[part])) continue;
      const name = `${what}, guessed ${part === 'vowel' ? 'a vowel' : 'no vowel'}`;
      this.report({ what: name, expected: printTally(expected[part]), got: printTally(got[part]) });
    }
  }
}

function isSame(a: Tally, b: Tally): boolean {
  return (
    a.count === b.count && a.earliest === b.earliest && a.latest === b.latest && a.followups === b.followups
  );
}

function printContact(initial: Contact['initial'] | undefined, followed: boolean): string {
  const opened =
    initial === undefined || initial === null
      ? 'no initial'
      : `${initial.symbol}, guessed ${initial.isVowel ? 'a vowel' : 'no vowel'}, at ${formatInstant(initial.at)}`;
  return `${opened}, ${followed ? 'followed up' : 'no followup'}`;
}

function printTally({ count, earliest, latest, followups }: Tally): string {
  const span =
    earliest === null || latest === null
      ? 'no dates'
      : `from ${formatInstant(earliest)} to ${formatInstant(latest)}`;
  return `${count} contacts ${span}, ${followups} followed up`;
}
