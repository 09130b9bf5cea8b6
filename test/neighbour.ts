import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';

/**
 * How many milliseconds of work may lie between two turns of a neighbour. Five, and the piece in which they end,
 * make a turn; whose own comes in the midst of it sees the end of one and the beginning of the next.
 */
export const PIECES_SEEN_MAX = 12;

/**
 * Somebody in the same process who works on something else, and sees how much is done between two of its turns.
 * Each piece of work takes a millisecond by the clock; a slow machine only makes them fewer.
 */
export function neighbour() {
  const seen = { pieces: 0, most: 0 };
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + seen.pieces);
  let isOver = false;
  const over = (async () => {
    for (let before = 0; !isOver; before = seen.pieces) {
      await nextTurn();
      seen.most = Math.max(seen.most, seen.pieces - before);
    }
  })();
  return {
    seen,
    work() {
      seen.pieces += 1;
    },
    /** The same for each look at the clock, of what nothing else can be seen. */
    workByLooks() {
      clock.mockImplementation(() => {
        seen.pieces += 1;
        return now() + seen.pieces;
      });
    },
    async end() {
      isOver = true;
      await over;
      // The turn that began by this clock ends by it.
      await nextTurn();
      clock.mockRestore();
      return seen;
    },
  };
}
