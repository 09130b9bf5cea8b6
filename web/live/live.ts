import { batch, computed, effect, signal } from '@preact/signals';
import type { EventRecord, LiveMessage } from '../../src/http/routes/dashboard-schemas.js';
import { askAgain, askForNews, isLoading, refusal } from '../data/data.js';
import { newestOf } from '../data/events.js';
import { state } from '../state.js';
import { setClock } from '../time/clock.js';
import { lend } from './lend.js';
import type { Line, LineNews } from './line.js';

/**
 * Whether the line to the server stands; `waiting` until it does for the first time, `refused` where the
 * server answers but lends none.
 */
export const line = signal<'waiting' | 'open' | 'lost' | 'refused'>('waiting');
/** What the server told last. */
export const message = signal<LiveMessage | undefined>(undefined);
export const totals = signal<LiveMessage['totals'] | undefined>(undefined);
export const newestAt = signal<string | null>(null);
/** The first initial of all time, once it was told. */
export const oldestAt = signal<string | null>(null);
/** The newest events, the newest first. */
export const events = signal<readonly EventRecord[]>([]);
/** How many events were too many to be listed since the page was opened. */
export const missed = signal(0);
/** Whether the list stands still, at the reader's wish. */
export const isPaused = signal(false);

/** Whether the numbers shown may be older than those that the server has. */
export const isStale = computed(() => line.value === 'lost' || refusal.value?.isPassing === true);

/** How often a page asks that is read by a shared link: what it would hear tells of single contacts. */
const SHARED_MILLISECONDS = 5000;

/** What came while the list stood still. */
let held: readonly EventRecord[] = [];
/** The window's end of the line; undefined while it does not listen. */
let listening: Line | undefined;

/** Listens to the server's messages while the page can be seen: a browser opens few lines to one server. */
export function startListening(): void {
  if (state.peek().share !== undefined) {
    line.value = 'refused';
    setInterval(askForNews, SHARED_MILLISECONDS);
    return;
  }
  // For the same reason only once the first numbers have come: they shall have all lines.
  const stopWaiting = effect(() => {
    if (isLoading.value) return;
    queueMicrotask(() => stopWaiting());
    if (!document.hidden) listen();
  });
  // A server that can answer again may lend a line again.
  effect(() => {
    if (refusal.value === undefined && line.peek() === 'refused') listening?.hurry();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop();
    else {
      listen();
      askAgain();
    }
  });
}

/** Lets the list of the newest events stand still, or go on. */
export function setPaused(paused: boolean): void {
  isPaused.value = paused;
  if (!paused) events.value = held;
}

function listen(): void {
  listening ??= lend(hear);
}

function stop(): void {
  listening?.close();
  listening = undefined;
  // Whether the next one stands has to show.
  if (line.value === 'open') line.value = 'waiting';
}

function hear(news: LineNews): void {
  if (news.kind === 'message') {
    // Its time is that of the moment when another window was told.
    if (!news.isOld) setClock(news.told.now);
    take(news.told);
    return;
  }
  const was = line.value;
  line.value = news.state;
  // What was missed, or why the line went: the server is away, full, or asks for a sign-in.
  if (news.state !== 'open' || was === 'lost' || was === 'refused') askAgain();
}

function take(told: LiveMessage): void {
  held = newestOf(told, held);
  batch(() => {
    message.value = told;
    totals.value = told.totals;
    newestAt.value = told.newestAt;
    oldestAt.value = told.oldestAt;
    missed.value += told.missed ?? 0;
    if (!isPaused.value) events.value = held;
  });
  askForNews();
}
