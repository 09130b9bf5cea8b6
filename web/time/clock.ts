import { computed, signal } from '@preact/signals';
import { millisecondsOf } from '../../src/reading/time.js';

const MINUTE = 60_000;
/** By how much the server's clock is ahead of the browser's, in milliseconds. */
const ahead = signal(0);
const browser = signal(Date.now());

/** The server's clock, in milliseconds since 1970, to the second. */
export const now = computed(() => browser.value + ahead.value);

/** The same to the minute, by which ranges move. */
export const minute = computed(() => Math.floor(now.value / MINUTE) * MINUTE);

/** Takes the server's clock from an answer. */
export function setClock(serverNow: string): void {
  const difference = millisecondsOf(serverNow) - Date.now();
  // An answer takes its time to come: less than a second is no difference.
  if (Math.abs(difference - ahead.value) >= 1000) ahead.value = difference;
}

/** Lets the clock run. */
export function startClock(): void {
  setInterval(() => {
    browser.value = Date.now();
  }, 1000);
}
