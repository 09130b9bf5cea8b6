import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventRecord, LiveMessage } from '../../src/http/routes/dashboard-schemas.js';
import type { Refusal } from '../../web/data/api.js';
import { followStory } from '../../web/data/story.js';
import { message } from '../../web/live/live.js';

const UUID = 'abcdefab-cdef-4bcd-8fab-cdefabcdefab';
const OTHER = '00000000-0000-4000-8000-000000000001';

interface Asked {
  readonly signal: AbortSignal;
  answer(status?: number): Promise<void>;
}

let asked: Asked[];
let told: unknown[];
let stop: () => void;

/** The server answers when a test says so, and time passes only then. */
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  told = [];
  message.value = undefined;
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('fetch', (_path: string, { signal }: { signal: AbortSignal }) => {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      asked.push({
        signal,
        async answer(status = 200) {
          resolve(Response.json({ told: asked.length, title: 'Too many' }, { status }));
          await vi.advanceTimersByTimeAsync(0);
        },
      });
    });
  });
  stop = followStory(UUID.toUpperCase(), (answer) => told.push(answer));
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function hear(uuids: readonly string[], missed: number | null = 0): void {
  const events = uuids.map((uuid) => ({ uuid }) as EventRecord);
  message.value = { events, missed } as unknown as LiveMessage;
}

describe('the story of a contact', () => {
  it('is asked for once, whatever happens to others', async () => {
    expect(asked).toHaveLength(1);
    await asked[0]!.answer();
    for (let second = 0; second < 60; second += 1) {
      hear([OTHER, OTHER]);
      await vi.advanceTimersByTimeAsync(500);
    }
    expect({ asked: asked.length, told: told.length }).toEqual({ asked: 1, told: 1 });
  });

  it.each([
    ['an event of it is among the news', [OTHER, UUID], 0],
    ['events were too many to be listed', [OTHER], 1],
    ['the line came back after a break', [OTHER], null],
    ['another server took something', [], 0],
  ] as const)('is asked for again when %s', async (_what, uuids, missed) => {
    await asked[0]!.answer();
    await vi.advanceTimersByTimeAsync(5000);
    hear(uuids, missed);
    expect(asked).toHaveLength(2);
    await asked[1]!.answer();
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('is never asked for twice at a time, and rests the longer the longer it took', async () => {
    for (let message = 0; message < 20; message += 1) {
      hear([UUID]);
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(asked).toHaveLength(1);
    expect(asked[0]!.signal.aborted).toBe(false);
    await asked[0]!.answer();
    expect({ asked: asked.length, told: told.length }).toEqual({ asked: 1, told: 1 });
    // It took ten seconds.
    await vi.advanceTimersByTimeAsync(39_900);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toHaveLength(2);
    await asked[1]!.answer();
    hear([UUID]);
    await vi.advanceTimersByTimeAsync(900);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toHaveLength(3);
  });

  it('is asked for again where the server was busy, but not where there is none', async () => {
    await asked[0]!.answer(429);
    expect((told[0] as Refusal).status).toBe(429);
    await vi.advanceTimersByTimeAsync(1100);
    expect(asked).toHaveLength(2);
    await asked[1]!.answer(404);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('is not asked for while the page cannot be seen', async () => {
    await asked[0]!.answer(429);
    vi.stubGlobal('document', { hidden: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    vi.stubGlobal('document', { hidden: false });
    hear([], null);
    expect(asked).toHaveLength(2);
  });

  it('is given up when nobody reads it any more', async () => {
    stop();
    expect(asked[0]!.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    hear([UUID]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect({ asked: asked.length, told }).toEqual({ asked: 1, told: [] });
    expect(vi.getTimerCount()).toBe(0);
  });
});
