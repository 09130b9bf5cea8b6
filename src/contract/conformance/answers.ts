import type { ContactEvent } from '../../domain/contact.js';
import { SYMBOLS } from '../../domain/contact.js';
import { isSameTally, type SplitTally, type Tally } from '../../domain/tally.js';
import { formatInstant, INSTANT_MAX, INSTANT_MIN, type Instant, type Range } from '../../domain/time.js';
import type { EventSpan, Outcome, Store } from '../store.js';
import type { Questions } from './questions.js';

/** Everything that a store, or the model, answered. */
export interface Answers {
  readonly symbols: readonly SplitTally[];
  readonly ranges: readonly { readonly range: Range; readonly rows: readonly SplitTally[] }[];
  readonly unmatched: number;
  readonly events: readonly { readonly span: EventSpan; readonly events: readonly ContactEvent[] }[];
}

/** The first thing in which a store is wrong. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What need not be equal. */
export interface Leniency {
  /** Of events at the same instant, the order; for batches that were appended at the same time. */
  readonly ties: boolean;
  /** Event ids; for a store that declares that it does not look for them. */
  readonly ids: boolean;
}

/** Asks for every symbol, and all the questions. */
export async function ask(
  store: Pick<Store, 'tallyOfSymbol' | 'talliesOfRange' | 'unmatched' | 'events'>,
  questions: Questions,
): Promise<Answers> {
  const symbols = await Promise.all(SYMBOLS.map((symbol) => store.tallyOfSymbol(symbol)));
  const ranges = await Promise.all(
    questions.ranges.map(async (range) => ({ range, rows: await store.talliesOfRange(range) })),
  );
  const unmatched = await store.unmatched();
  const events: { span: EventSpan; events: ContactEvent[] }[] = [];
  for (const span of questions.spans) events.push({ span, events: await collect(store.events(span)) });
  return { symbols, ranges, unmatched, events };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

export function firstDifference(expected: Answers, got: Answers, lenient: Leniency): Difference | undefined {
  const tallies =
    rowsDifference(() => 'the tally', expected.symbols, got.symbols) ??
    firstOf(expected.ranges, ({ range, rows }, i) =>
      rowsDifference(() => `the range ${showSpan(range)}, the tally`, rows, got.ranges[i]!.rows),
    );
  if (tallies !== undefined) return tallies;
  if (expected.unmatched !== got.unmatched) {
    return {
      what: 'the number of unmatched followups',
      expected: `${expected.unmatched}`,
      got: `${got.unmatched}`,
    };
  }
  return firstOf(expected.events, ({ span, events }, i) =>
    eventsDifference(`the events of ${showSpan(span)}`, events, got.events[i]!.events, lenient),
  );
}

/** The first difference between the outcomes of a batch. */
export function outcomeDifference(
  name: string,
  batch: readonly ContactEvent[],
  expected: readonly Outcome[],
  got: readonly Outcome[],
): Difference | undefined {
  if (expected.length !== got.length) {
    return {
      what: `the number of outcomes of ${name}`,
      expected: `${expected.length}`,
      got: `${got.length}`,
    };
  }
  return firstOf(expected, (outcome, i) =>
    showOutcome(outcome) === showOutcome(got[i])
      ? undefined
      : {
          what: `the outcome of ${showEvent(batch[i]!)}, number ${i} of ${name}`,
          expected: showOutcome(outcome),
          got: showOutcome(got[i]),
        },
  );
}

/** An instant, or a bound of any year, for a reader. */
export function showInstant(at: Instant): string {
  return at >= INSTANT_MIN && at < INSTANT_MAX ? `${formatInstant(at)} (${at})` : `${at} µs from 1970`;
}

/** The first tally that differs. `what` is asked for then only, as words take longer than the comparison. */
export function rowsDifference(
  what: () => string,
  expected: readonly SplitTally[],
  got: readonly SplitTally[],
): Difference | undefined {
  if (got.length !== expected.length) {
    return { what: `${what()}: the number of rows`, expected: `${expected.length}`, got: `${got.length}` };
  }
  return firstOf(expected, (row, i) =>
    firstOf(['vowel', 'consonant'] as const, (part) => {
      const [right, answer] = [row[part], got[i]![part]];
      if (isSameTally(right, answer)) return undefined;
      return {
        what: `${what()} of '${SYMBOLS[i]}' where the guess was ${part}`,
        expected: showTally(right),
        got: showTally(answer),
      };
    }),
  );
}

/** Compares events that must be in time order. */
export function eventsDifference(
  what: string,
  expected: readonly ContactEvent[],
  got: readonly ContactEvent[],
  lenient: Leniency,
): Difference | undefined {
  const backwards = got.findIndex((event, i) => i > 0 && event.at < got[i - 1]!.at);
  if (backwards > 0) {
    return {
      what: `${what}, number ${backwards}: the time order`,
      expected: `an instant not before ${showInstant(got[backwards - 1]!.at)}`,
      got: showEvent(got[backwards]!),
    };
  }
  return linesDifference(what, expected, got, lenient);
}

/** Compares events one by one. */
export function linesDifference(
  what: string,
  expected: readonly ContactEvent[],
  got: readonly ContactEvent[],
  lenient: Leniency,
): Difference | undefined {
  const lines = (events: readonly ContactEvent[]) => {
    const keyed = events.map((event) => ({ event, key: keyOf(event, lenient.ids) }));
    // Where the order of `at` matters it has been looked at, so this moves nothing but ties.
    if (lenient.ties) keyed.sort((a, b) => a.event.at - b.event.at || compareTexts(a.key, b.key));
    return keyed;
  };
  const expectedLines = lines(expected);
  const gotLines = lines(got);
  const show = (line: { readonly event: ContactEvent } | undefined) =>
    line === undefined ? 'no more events' : showEvent(line.event, lenient.ids);
  const length = Math.max(expectedLines.length, gotLines.length);
  for (let i = 0; i < length; i += 1) {
    if (expectedLines[i]?.key === gotLines[i]?.key) continue;
    return {
      what: `${what}, number ${i} of ${expectedLines.length}`,
      expected: show(expectedLines[i]),
      got: show(gotLines[i]),
    };
  }
  return undefined;
}

/** All that `showEvent` shows, made sooner. */
function keyOf(event: ContactEvent, withoutId: boolean): string {
  const guess = event.kind === 'initial' ? `${event.symbol} ${event.isVowel}` : '';
  return `${event.kind} ${guess} ${event.uuid} ${event.at} ${withoutId ? '' : event.id} ${event.replay ? 1 : 0}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function firstOf<T>(
  list: readonly T[],
  look: (item: T, index: number) => Difference | undefined,
): Difference | undefined {
  for (const [index, item] of list.entries()) {
    const found = look(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function showTally({ count, earliest, latest, followups }: Tally): string {
  const show = (at: Instant | null) => (at === null ? 'null' : showInstant(at));
  return `count ${count}, earliest ${show(earliest)}, latest ${show(latest)}, followups ${followups}`;
}

export function showEvent(event: ContactEvent, withoutId = false): string {
  const guess = event.kind === 'initial' ? ` '${event.symbol}' isVowel ${event.isVowel}` : '';
  const id = withoutId ? '' : `, id ${event.id}`;
  const replay = event.replay ? ', replay' : '';
  return `${event.kind}${guess} of ${event.uuid} at ${showInstant(event.at)}${id}${replay}`;
}

export function showOutcome(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  return outcome.status === 'conflict'
    ? `conflict with '${outcome.symbol}'`
    : `${outcome.status}, isVowel ${outcome.isVowel}`;
}

function showSpan({ lower, upper }: EventSpan): string {
  if (lower === undefined && upper === undefined) return 'all time';
  const show = (at: Instant | undefined) => (at === undefined ? '…' : showInstant(at));
  return `[${show(lower)}, ${show(upper)})`;
}
