import { setImmediate } from 'node:timers';

/** How long all readings together may hold the event loop before everybody else has a turn. */
const HELD_MILLISECONDS_MAX = 5;
/** The same while events come, whose clients wait. */
const HELD_BESIDE_EVENTS_MILLISECONDS_MAX = 1;
/** How long, from when they began, they stand back for connections, and for events, of which more may be waiting. */
const STOOD_BACK_MILLISECONDS_MAX = 2 * HELD_MILLISECONDS_MAX;
const STOOD_BACK_FOR_EVENTS_MILLISECONDS_MAX = 5 * HELD_BESIDE_EVENTS_MILLISECONDS_MAX;

/** When the readings of this turn of the event loop began; undefined while there was none in it. */
let since: number | undefined;
let heldMillisecondsMax = HELD_MILLISECONDS_MAX;
/** Whether a connection came since then, or since that was last looked at. */
let connectionCame = false;
/** Whether an event did. */
let eventCame = false;
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

/**
 * Says that a connection came. Since version 1.45 libuv takes one in a turn of the event loop: behind sixty
 * others a neighbour's would come a third of a second later, if each of the turns were held as long as it may be.
 */
export function noteConnection(): void {
  connectionCame = true;
}

/** Says that an event came: readings give way to those who log, also where that makes them slower. */
export function noteEvent(): void {
  eventCame = true;
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
  if (since !== undefined) return performance.now() - since < heldMillisecondsMax;
  since = performance.now();
  heldMillisecondsMax = eventCame ? HELD_BESIDE_EVENTS_MILLISECONDS_MAX : HELD_MILLISECONDS_MAX;
  connectionCame = false;
  eventCame = false;
  // Comes in the next turn before those that wait, for they stand behind it.
  setImmediate(endTurn);
  return true;
}

function endTurn(): void {
  const stoodBackMax = connectionCame ? STOOD_BACK_MILLISECONDS_MAX : STOOD_BACK_FOR_EVENTS_MILLISECONDS_MAX;
  if ((connectionCame || eventCame) && performance.now() - since! < stoodBackMax) {
    connectionCame = false;
    eventCame = false;
    setImmediate(endTurn);
  } else since = undefined;
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
