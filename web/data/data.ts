import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type {
  Counts,
  GuessRow,
  OverviewAnswer,
  SeriesBucket,
  SummaryAnswer,
} from '../../src/http/routes/dashboard-schemas.js';
import type { TallyRow } from '../../src/http/routes/schemas.js';
import { instantOfBound, isOpen, shownOf, type View, viewOf } from '../../src/reading/ranges.js';
import { leaveZone, START, state } from '../state.js';
import { minute, now, setClock } from '../time/clock.js';
import { type Bucket, counterparts, cutAt } from '../time/compare.js';
import { askOverview, Refusal } from './api.js';

/** The numbers of the period before, as far as the present one has come. */
export interface Before extends Counts {
  readonly rows: readonly TallyRow[];
  readonly guesses: readonly GuessRow[];
  /** For each bucket of the series as much of that which it is compared with. */
  readonly buckets: readonly (Bucket | undefined)[];
  /** Whether it was cut to the part that has a counterpart by now. */
  readonly isPart: boolean;
}

/** Everything that the page shows of a range, asked at one time. */
export interface Numbers {
  /** What decided the question, as one text. */
  readonly choice: string;
  /** The bounds that were asked for. */
  readonly asked: View;
  /** What is shown: bounds that were fitted to the contacts, where all were asked for. */
  readonly view: View;
  readonly symbol: string | undefined;
  readonly summary: SummaryAnswer;
  readonly rows: readonly TallyRow[];
  readonly guesses: readonly GuessRow[];
  readonly series: OverviewAnswer['series'];
  readonly notes: OverviewAnswer['notes'];
  readonly keepsNotes: boolean;
  readonly before: Before | undefined;
  /** Of the periods that tell what is usual, the latest first. */
  readonly usual: readonly Counts[];
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

/** What decides the question, the clock aside, as one text. */
const choice = computed(() => {
  const { range, zone, compare, every, symbol } = state.value;
  return JSON.stringify([range, zone, compare, every, symbol]);
});

/** What is asked for: the same object until something of it has changed. */
export const view = computed<View>((): View => {
  const { range, zone, compare, every } = state.value;
  const found = viewOf(range, zone, minute.value, { compare, every });
  if (JSON.stringify(found) !== JSON.stringify(lastView)) lastView = found;
  return lastView!;
});
let lastView: View | undefined;

/** Whether the last numbers are of something else than what was chosen since. */
export const isOther = computed(() => numbers.value !== undefined && numbers.value.choice !== choice.value);

let controller = new AbortController();
let isUnderWay = false;
let isWanted = false;
let startedAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks at once whenever other numbers are wanted, and soon when the clock has moved what they are of. */
export function startAsking(): void {
  let last = '';
  effect(() => {
    const [wanted] = [choice.value, view.value];
    untracked(() => {
      const isNew = wanted !== last;
      if (isNew) isLoading.value = true;
      // Nobody sees it; it is asked again when somebody does.
      else if (document.hidden) return;
      last = wanted;
      controller.abort();
      controller = new AbortController();
      isUnderWay = false;
      if (isNew) void load(controller.signal);
      else askAgain();
    });
  });
}

/** Asks again where what has come may have changed the answer: not of a range that was over, nor a refusal. */
export function askForNews(): void {
  const isRefused = refusal.peek()?.isPassing === false && !isUnderWay;
  if (!isRefused && !isSettled()) askAgain();
}

/** Asks again soon: at once, or once the last time is a rest ago. */
export function askAgain(): void {
  isWanted = true;
  if (isUnderWay || document.hidden) return;
  schedule(Math.max(0, startedAt + REST_MILLISECONDS - performance.now()));
}

/** Whether the numbers are of a range that was over when they came. Late followups are seen at the next look. */
function isSettled(): boolean {
  const shown = numbers.peek();
  if (shown === undefined || isOther.peek() || refusal.peek() !== undefined) return false;
  return !isOpen(shown.asked, numbersAt.peek());
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
  let pause: number | undefined = SILENCE_MILLISECONDS;
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
    if (isSettled()) {
      // Nor for what came while it was asked for.
      isWanted = false;
      pause = undefined;
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refusal)) throw error;
    // The browser may know zones that the server does not: theirs is not the same list.
    if (error.code === 'ZONE_UNKNOWN' && state.peek().zone !== START.zone) {
      leaveZone();
      return;
    }
    // What was refused once is refused again, whatever came meanwhile.
    isWanted &&= error.isPassing;
    pause = error.isPassing ? RETRY_MILLISECONDS : undefined;
    batch(() => {
      refusal.value = error;
      isLoading.value = false;
    });
  } finally {
    if (!signal.aborted) {
      isUnderWay = false;
      if (isWanted) askAgain();
      else if (pause !== undefined) schedule(pause);
    }
  }
}

async function askAll(signal: AbortSignal): Promise<Numbers> {
  const { symbol } = state.value;
  const [chosen, asked] = [choice.value, view.value];
  const known = numbers.peek();
  // What it is compared with moves with the minute, and not with what comes.
  const same = known?.asked === asked && known.choice === chosen ? known : undefined;
  const answer = await askOverview({ ...asked, symbol }, same ? undefined : asked, signal);
  const { summary, rows, guesses, series, notes, keepsNotes } = answer;
  return {
    choice: chosen,
    asked,
    view: shownOf(asked, series, minute.value),
    symbol,
    summary,
    rows,
    guesses,
    series,
    notes,
    keepsNotes,
    before: same
      ? same.before
      : answer.against === null
        ? undefined
        : beforeOf(answer.against, asked, series.buckets),
    usual: same ? same.usual : answer.usual,
  };
}

function beforeOf(
  { contacts, followups, rows, guesses, series }: NonNullable<OverviewAnswer['against']>,
  { before, beforeUntilNow, shift, zone }: View,
  buckets: readonly SeriesBucket[],
): Before {
  const until = instantOfBound(beforeUntilNow!.upper, zone);
  const cut = cutAt(series.buckets, until, { contacts, followups });
  return {
    contacts,
    followups,
    rows,
    guesses,
    buckets: counterparts(buckets, cut, series.every, shift!),
    isPart: before!.upper !== beforeUntilNow!.upper,
  };
}
