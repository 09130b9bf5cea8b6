import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { SeriesCut } from '../../src/domain/series.js';
import type { GuessRow, SeriesAnswer, SeriesBucket, SummaryAnswer } from '../../src/http/routes/dashboard-schemas.js';
import type { TallyRow } from '../../src/http/routes/schemas.js';
import { askGuesses, askRows, askSeries, askSummary, type Question, Refusal } from './api.js';
import { minute, now, setClock } from '../time/clock.js';
import { counterparts, type Shift } from '../time/compare.js';
import { type Bounds, shownOf, type View, viewOf } from '../time/ranges.js';
import { leaveZone, START, state } from '../state.js';

/** The numbers of the period before. */
export interface Before {
  readonly summary: SummaryAnswer;
  readonly guesses: readonly GuessRow[];
  /** For each bucket of the series that which it is compared with. */
  readonly buckets: readonly (SeriesBucket | undefined)[];
  /** Whether it was cut to the part that has a counterpart by now. */
  readonly isPart: boolean;
}

/** Everything that the page shows of a range, asked at one time. */
export interface Numbers {
  /** What decided the questions, as one text. */
  readonly choice: string;
  /** The bounds that were asked for. */
  readonly asked: Bounds;
  /** What is shown: bounds that were fitted to the contacts, where all were asked for. */
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
const choice = computed(() => {
  const { range, zone, compare, symbol } = state.value;
  return JSON.stringify([range, zone, compare, symbol]);
});

/** Whether the last numbers are of something else than what was chosen since. */
export const isOther = computed(() => numbers.value !== undefined && numbers.value.choice !== choice.value);

let controller = new AbortController();
let isUnderWay = false;
let isWanted = false;
let startedAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks at once, whenever other numbers are wanted, and whenever the clock moves the range. */
export function startAsking(): void {
  let last = '';
  effect(() => {
    const [wanted] = [choice.value, minute.value];
    untracked(() => {
      if (wanted !== last) isLoading.value = true;
      // Nobody sees it; it is asked again when somebody does.
      else if (document.hidden) return;
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
    // The browser may know zones that the server does not: theirs is not the same list.
    if (error.code === 'ZONE_UNKNOWN' && state.peek().zone !== START.zone) {
      leaveZone();
      return;
    }
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
  const chosen = choice.value;
  const asked = viewOf(range, zone, minute.value);
  const question: Question & { every: SeriesCut } = { ...asked, symbol };
  const [summary, rows, guesses, series, whole] = await Promise.all([
    askSummary(question, signal),
    askRows(question, signal),
    askGuesses(question, signal),
    askSeries(question, signal),
    compare ? askBefore(asked, symbol, signal) : undefined,
  ]);
  const before = whole && beforeOf(whole, asked.shift!, series);
  const view = shownOf(asked, series, minute.value);
  return { choice: chosen, asked, view, symbol, summary, rows, guesses, series, before };
}

/** The answers of the period before. */
interface BeforeAnswers extends Omit<Before, 'buckets'> {
  readonly series: SeriesAnswer;
}

async function askBefore(
  { before, beforeUntilNow, zone, every }: View,
  symbol: string | undefined,
  signal: AbortSignal,
): Promise<BeforeAnswers | undefined> {
  if (before === undefined || beforeUntilNow === undefined) return undefined;
  const [summary, guesses, series] = await Promise.all([
    askSummary({ ...beforeUntilNow, zone, symbol }, signal),
    askGuesses({ ...beforeUntilNow, zone, symbol }, signal),
    askSeries({ ...before, zone, symbol, every }, signal),
  ]);
  return { summary, guesses, series, isPart: before.upper !== beforeUntilNow.upper };
}

function beforeOf({ series: before, ...rest }: BeforeAnswers, shift: Shift, series: SeriesAnswer): Before {
  return { ...rest, buckets: counterparts(series.buckets, before.buckets, series.every, shift) };
}
