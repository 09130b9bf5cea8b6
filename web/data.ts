import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { GuessRow, SeriesAnswer, SummaryAnswer } from '../src/http/dashboard-schemas.js';
import type { TallyRow } from '../src/http/schemas.js';
import { askGuesses, askRows, askSeries, askSummary, type Question, Refusal } from './api.js';
import { minute, now, setClock } from './clock.js';
import { ALWAYS, type Extent, type View, viewOf } from './ranges.js';
import { state } from './state.js';
import { millisecondsOf } from './time.js';

/** The numbers of the period before. */
export interface Before {
  readonly summary: SummaryAnswer;
  readonly guesses: readonly GuessRow[];
  readonly series: SeriesAnswer;
  /** Whether it was cut to the part that has a counterpart by now. */
  readonly isPart: boolean;
}

/** Everything that the page shows of a range, asked at one time. */
export interface Numbers {
  readonly view: View;
  readonly symbol: string | undefined;
  readonly summary: SummaryAnswer;
  readonly rows: readonly TallyRow[];
  readonly guesses: readonly GuessRow[];
  readonly series: SeriesAnswer;
  readonly before: Before | undefined;
}

/** The least time between two times that the same numbers are asked for: messages may come twice a second. */
const REST_MILLISECONDS = 1000;
/** Numbers are asked for as often though nothing is said to be new: silence may be a broken line. */
const SILENCE_MILLISECONDS = 30_000;
/** After the server could not answer. */
const RETRY_MILLISECONDS = 2000;

/** The last numbers that came. */
export const numbers = signal<Numbers | undefined>(undefined);
/** Why the last question was not answered; undefined where it was. */
export const refusal = signal<Refusal | undefined>(undefined);
/** Whether numbers of another state than that which is shown are on their way. */
export const isLoading = signal(true);
/** When the last numbers came, in milliseconds by the server's clock. */
export const numbersAt = signal(0);

/** What decides the questions, the clock aside, as one text. */
const asked = computed(() => {
  const { range, zone, compare, symbol } = state.value;
  return JSON.stringify([range, zone, compare, symbol]);
});

let controller = new AbortController();
let isUnderWay = false;
let isWanted = false;
let startedAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks at once, whenever other numbers are wanted, and whenever the clock moves the range. */
export function startAsking(): void {
  let last = '';
  effect(() => {
    const [wanted] = [asked.value, minute.value];
    untracked(() => {
      if (wanted !== last) isLoading.value = true;
      last = wanted;
      controller.abort();
      controller = new AbortController();
      isUnderWay = false;
      void load(controller.signal);
    });
  });
}

/** Asks again soon: at once, or once the last time is a rest ago. */
export function askAgain(): void {
  isWanted = true;
  if (isUnderWay || document.hidden) return;
  schedule(Math.max(0, startedAt + REST_MILLISECONDS - performance.now()));
}

function schedule(milliseconds: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!document.hidden && !isUnderWay) void load(controller.signal);
  }, milliseconds);
}

async function load(signal: AbortSignal): Promise<void> {
  clearTimeout(timer);
  isUnderWay = true;
  isWanted = false;
  startedAt = performance.now();
  let pause = SILENCE_MILLISECONDS;
  try {
    const answer = await askAll(signal);
    if (signal.aborted) return;
    setClock(answer.summary.now);
    batch(() => {
      numbers.value = answer;
      numbersAt.value = now.peek();
      refusal.value = undefined;
      isLoading.value = false;
    });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refusal)) throw error;
    if (error.isPassing) pause = RETRY_MILLISECONDS;
    batch(() => {
      refusal.value = error;
      isLoading.value = false;
    });
  } finally {
    if (!signal.aborted) {
      isUnderWay = false;
      if (isWanted) askAgain();
      else schedule(pause);
    }
  }
}

async function askAll(signal: AbortSignal): Promise<Numbers> {
  const { range, zone, compare, symbol } = state.value;
  const extent = range === 'all' ? await askExtent(signal) : undefined;
  const view = viewOf(range, zone, minute.value, extent);
  const question: Question & { every: SeriesAnswer['every'] } = { ...view, symbol };
  const [summary, rows, guesses, series, before] = await Promise.all([
    askSummary(question, signal),
    askRows(question, signal),
    askGuesses(question, signal),
    askSeries(question, signal),
    compare ? askBefore(view, symbol, signal) : undefined,
  ]);
  return { view, symbol, summary, rows, guesses, series, before };
}

async function askExtent(signal: AbortSignal): Promise<Extent> {
  const { earliest, latest } = await askSummary({ ...ALWAYS, zone: 'UTC', symbol: undefined }, signal);
  return {
    earliest: earliest && millisecondsOf(earliest),
    latest: latest && millisecondsOf(latest),
  } as Extent;
}

async function askBefore(
  { before, beforeUntilNow, zone, every }: View,
  symbol: string | undefined,
  signal: AbortSignal,
): Promise<Before | undefined> {
  if (before === undefined || beforeUntilNow === undefined) return undefined;
  const [summary, guesses, series] = await Promise.all([
    askSummary({ ...beforeUntilNow, zone, symbol }, signal),
    askGuesses({ ...beforeUntilNow, zone, symbol }, signal),
    askSeries({ ...before, zone, symbol, every }, signal),
  ]);
  return { summary, guesses, series, isPart: before.upper !== beforeUntilNow.upper };
}
