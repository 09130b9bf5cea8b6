import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { breath, inTurns, noteConnection, noteEvent, oneByOne } from '../../src/contract/breath.js';
import { neighbour, PIECES_SEEN_MAX } from '../neighbour.js';

describe('loops that take a breath', () => {
  it.each([3, 20])(
    'keep a neighbour waiting for no more than a few pieces of work, %d at once',
    async (loops) => {
      const { work, end } = neighbour();
      const loop = async () => {
        for (let piece = 0; piece < 20; piece += 1) {
          const pause = breath();
          if (pause !== undefined) await pause;
          work();
        }
      };
      await Promise.all(Array.from({ length: loops }, loop));
      const { most, pieces } = await end();
      expect(pieces).toBe(20 * loops);
      expect(most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
    },
  );

  it('go on in the order in which they came, and none is forgotten', async () => {
    const { work, end } = neighbour();
    const done: number[] = [];
    const loop = async (number: number) => {
      for (let piece = 0; piece < 3; piece += 1) {
        const pause = breath();
        if (pause !== undefined) await pause;
        for (let i = 0; i < 6; i += 1) work();
        done.push(number);
      }
    };
    // The time of this turn is used up.
    breath();
    for (let i = 0; i < 6; i += 1) work();
    await Promise.all([0, 1, 2, 3].map(loop));
    await end();
    expect(done).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('do not wait while there is time', async () => {
    await nextTurn();
    expect([breath(), breath()]).toEqual([undefined, undefined]);
  });

  it('stand back while connections and events come, but not for ever', async () => {
    await nextTurn();
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    /** How long the turn is held, and how many turns at a millisecond each pass until the next that is. */
    const heldAndTurns = async (comes: () => void, times: number) => {
      const began = now;
      while (breath() === undefined) now += 1;
      const held = now - began;
      let goesOn = false;
      void breath()!.then(() => {
        goesOn = true;
      });
      let turns = 0;
      for (; !goesOn; turns += 1) {
        if (turns < times) comes();
        now += 1;
        await nextTurn();
      }
      return [held, turns];
    };
    const ever = Number.POSITIVE_INFINITY;
    const [held, turns] = await heldAndTurns(() => {}, 0);
    expect(held).toBe(5);
    expect(await heldAndTurns(noteConnection, 3)).toEqual([5, turns! + 3]);
    // Five milliseconds after those in which it was held.
    expect(await heldAndTurns(noteConnection, ever)).toEqual([5, turns! + 4]);
    // The first is held before any event came.
    expect(await heldAndTurns(noteEvent, ever)).toEqual([5, turns]);
    expect(await heldAndTurns(noteEvent, 2)).toEqual([1, turns! + 2]);
    expect(await heldAndTurns(noteEvent, ever)).toEqual([5, turns]);
    clock.mockRestore();
  });

  it('are those of questions that come at once, too', async () => {
    const { work, end } = neighbour();
    const done: number[] = [];
    const question = async (number: number) => {
      await oneByOne();
      // As a store that answers from its memory.
      await Promise.resolve();
      work();
      done.push(number);
    };
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    await Promise.all(numbers.map(question));
    expect(done).toEqual(numbers);
    expect((await end()).most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });

  it('are those of work that yields, too', async () => {
    const { work, end } = neighbour();
    function* inPieces(): Generator<void, string> {
      for (let piece = 0; piece < 30; piece += 1) {
        work();
        yield;
      }
      return 'done';
    }
    const results = await Promise.all([inTurns(inPieces()), inTurns(inPieces())]);
    expect(results).toEqual(['done', 'done']);
    expect((await end()).most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
  });
});
