import { batch, computed, effect, signal } from '@preact/signals';
import type { EventRecord, LiveMessage } from '../src/http/dashboard-schemas.js';
import { setClock } from './clock.js';
import { askAgain, isLoading, refusal } from './data.js';

/** How many of the newest events are listed. */
const EVENTS_MAX = 50;
const RETRY_MILLISECONDS = 2000;

/** Whether the line to the server stands; `waiting` until it does for the first time. */
export const line = signal<'waiting' | 'open' | 'lost'>('waiting');
export const totals = signal<LiveMessage['totals'] | undefined>(undefined);
export const newestAt = signal<string | null>(null);
/** The newest events, the newest first. */
export const events = signal<readonly EventRecord[]>([]);
/** How many events were too many to be listed since the page was opened. */
export const missed = signal(0);
/** Whether the list stands still, at the reader's wish. */
export const isPaused = signal(false);

/** Whether the numbers shown may be older than those that the server has. */
export const isStale = computed(() => line.value === 'lost' || refusal.value?.isPassing === true);

/** What came while the list stood still. */
let held: readonly EventRecord[] = [];
let source: EventSource | undefined;

/** Listens to the server's messages while the page can be seen: a browser opens few lines to one server. */
export function startListening(): void {
  // For the same reason only once the first numbers have come: they shall have all lines.
  const stopWaiting = effect(() => {
    if (isLoading.value) return;
    queueMicrotask(() => stopWaiting());
    if (!document.hidden) listen();
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
  if (source !== undefined) return;
  source = new EventSource('/dashboard/live');
  source.onopen = () => {
    const wasLost = line.value === 'lost';
    line.value = 'open';
    if (wasLost) askAgain();
  };
  source.onmessage = ({ data }) => take(JSON.parse(data) as LiveMessage);
  source.onerror = () => {
    line.value = 'lost';
    // The questions find out why: the server is away, full, or asks for a sign-in.
    askAgain();
    if (source?.readyState !== EventSource.CLOSED) return;
    stop();
    setTimeout(() => {
      if (!document.hidden) listen();
    }, RETRY_MILLISECONDS);
  };
}

function stop(): void {
  source?.close();
  source = undefined;
}

function take(message: LiveMessage): void {
  const { events: news, missed: left } = message;
  setClock(message.now);
  const known = left === null ? [] : held;
  held = [...news.toReversed(), ...known].slice(0, EVENTS_MAX);
  batch(() => {
    totals.value = message.totals;
    newestAt.value = message.newestAt;
    missed.value += left ?? 0;
    if (!isPaused.value) events.value = held;
  });
  askAgain();
}
