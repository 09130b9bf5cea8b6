import { breath } from '../../contract/breath.js';
import type { EventSource, StoreView } from '../../contract/store.js';
import { SYMBOLS } from '../../domain/contact.js';
import type { RandomSource } from '../../domain/guess.js';
import { whole } from '../../domain/tally.js';
import { BUCKETS, type Bucket, bucketStart, type Instant, MINUTE } from '../../domain/time.js';
import { chunked } from '../archive/merge.js';
import { type Compared, Comparison } from './comparison.js';
import type { Difference } from './contact-state.js';
import { Fold, type FoldOptions } from './fold.js';
import { chooseRanges, RangeSums } from './ranges.js';
import { emptyRow, mergeInto, type Row, rowOf } from './rows.js';

export interface VerifyOptions extends FoldOptions {
  /** How many ranges are drawn at random, beside those at the edges. */
  readonly ranges: number;
  readonly random: RandomSource;
  /** Where all raw events of the store are read, if some of them are kept elsewhere. */
  readonly source?: Pick<EventSource, 'events' | 'everyEvent'>;
  readonly interrupted?: AbortSignal;
  /** Called now and then: events and contacts are read, then folded, and then what they come to is compared. */
  readonly onProgress?: (phase: VerifyPhase, done: number, total: number) => void;
}

export type VerifyPhase = 'read' | 'contacts' | 'fold' | 'compare';

export interface VerifySummary {
  readonly complete: boolean;
  /** Somebody logged events meanwhile, so that differences say nothing. */
  readonly changed: boolean;
  readonly events: number;
  readonly contacts: number;
  readonly unmatched: number;
  /** How many answers of the store were compared, by what they are. */
  readonly compared: Readonly<Record<Compared, number>>;
  /** The first differences in full. */
  readonly differences: readonly Difference[];
  readonly differencesTotal: number;
}

/**
 * Folds the raw events of an open store, and compares with them every tally of a symbol, the number of
 * unmatched contacts, each bucket of each roll-up that the store promises and has contacts for, the gaps
 * between them, and many ranges. It is of one moment, or nobody else may write to it meanwhile.
 */
export async function verifyStore(store: StoreView, options: VerifyOptions): Promise<VerifySummary> {
  const comparison = new Comparison(store);
  const fold = new Fold(store.promises.replays, comparison.listener, options);
  let complete = false;
  let changed = false;
  try {
    const before = await answersOf(store);
    complete =
      (await readEvents(options.source ?? store, fold, store.moment?.events ?? before.events, options)) &&
      (await readContacts(store, fold, before.contacts, options)) &&
      (await foldEvents(fold, comparison, options)) &&
      (await compareAll(fold, comparison, options));
    await comparison.settle();
    changed = complete && (await answersOf(store)).text !== before.text;
  } finally {
    await fold.close();
  }
  return {
    complete,
    changed,
    events: fold.events,
    contacts: fold.contacts,
    unmatched: fold.unmatched,
    compared: comparison.compared,
    differences: comparison.differences,
    differencesTotal: comparison.differencesTotal,
  };
}

/** What tells that a contact began, was followed up, or came first with its followup; and the events of all these. */
async function answersOf(store: StoreView): Promise<Answers> {
  const tallies = [];
  for (const symbol of SYMBOLS) tallies.push(await store.tallyOfSymbol(symbol));
  const unmatched = await store.unmatched();
  const totals = tallies.map(whole);
  const contacts = totals.reduce((sum, { count }) => sum + count, unmatched);
  const events = totals.reduce((sum, { followups }) => sum + followups, contacts);
  return { text: JSON.stringify([tallies, unmatched]), events, contacts };
}

interface Answers {
  readonly text: string;
  readonly events: number;
  readonly contacts: number;
}

async function readEvents(
  source: Pick<EventSource, 'events' | 'everyEvent'>,
  fold: Fold,
  total: number,
  options: VerifyOptions,
): Promise<boolean> {
  // There may be replays, which no tally counts.
  const tell = () => options.onProgress?.('read', fold.events, Math.max(total, fold.events));
  for await (const events of source.everyEvent?.() ?? chunked(source.events())) {
    for (const event of events) {
      const room = fold.add(event);
      if (room !== undefined) await room;
    }
    tell();
    if (options.interrupted?.aborted) return false;
  }
  tell();
  return true;
}

/** What the store knows of contacts is folded with their events, so that the two are side by side. */
async function readContacts(
  store: StoreView,
  fold: Fold,
  total: number,
  options: VerifyOptions,
): Promise<boolean> {
  let read = 0;
  for await (const contacts of store.everyContact?.() ?? []) {
    for (const contact of contacts) {
      const room = fold.addKnown(contact);
      if (room !== undefined) await room;
    }
    read += contacts.length;
    options.onProgress?.('contacts', read, Math.max(total, read));
    if (options.interrupted?.aborted) return false;
    const pause = breath();
    if (pause !== undefined) await pause;
  }
  return true;
}

async function foldEvents(fold: Fold, comparison: Comparison, options: VerifyOptions): Promise<boolean> {
  for await (const folded of fold.fold()) {
    options.onProgress?.('fold', folded, fold.events);
    if (options.interrupted?.aborted) return false;
    if (comparison.hasContactsToAsk) await comparison.askContacts();
    const pause = breath();
    if (pause !== undefined) await pause;
  }
  await comparison.askContacts();
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
