import { setImmediate as nextTurn } from 'node:timers/promises';

const HELD_MILLISECONDS_MAX = 50;

/**
 * Gives way to signals and timers now and then. Where a store answers at once, a loop of awaits would never
 * let them in, and could not be interrupted.
 */
export class Breath {
  #last = performance.now();

  take(): Promise<void> | undefined {
    if (performance.now() - this.#last < HELD_MILLISECONDS_MAX) return undefined;
    return nextTurn().then(() => {
      this.#last = performance.now();
    });
  }
}
