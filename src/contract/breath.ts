import { setImmediate } from 'node:timers';

/** How long all readings together may hold the event loop before everybody else has a turn. */
const HELD_MILLISECONDS_MAX = 5;

/** When the readings of this turn of the event loop began; undefined while there was none in it. */
let since: number | undefined;
/** Those that wait for time in a later turn, in the order in which they came. */
const waiting: (() => void)[] = [];

/**
 * To be asked for in every loop over much, right before the next piece of it: undefined while there is time
 * left in this turn of the event loop, else a promise of time in a later one. All loops of the process share
 * that time, so that many at once keep the others waiting no longer than one alone.
 */
export function breath(): Promise<void> | undefined {
  return hasTime() ? undefined : new Promise(waitForTime);
}

/**
 * To be awaited before work that many may ask for at the same time: undefined for the first in a turn of the
 * event loop. Each of the others goes on when the one before it has done what it could do at once, if there is
 * time left, so that what all of them take is seen.
 */
export function oneByOne(): Promise<void> | undefined {
  return since === undefined ? breath() : new Promise(waitForTime);
}

/** Does work to its end, which gives way wherever it yields. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const pause = breath();
    if (pause !== undefined) await pause;
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

function hasTime(): boolean {
  if (since !== undefined) return performance.now() - since < HELD_MILLISECONDS_MAX;
  since = performance.now();
  // Comes in the next turn before those that wait, for they stand behind it.
  setImmediate(() => {
    since = undefined;
  });
  return true;
}

function waitForTime(resolve: () => void): void {
  waiting.push(resolve);
  setImmediate(goOn);
}

/** There is one of these for each that waits; what is done at once comes before the next of them. */
function goOn(): void {
  if (hasTime()) waiting.shift()!();
  else setImmediate(goOn);
}
