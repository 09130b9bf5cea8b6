import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let asked: number;

beforeEach(() => {
  // In the middle of a minute: 61 seconds later it is the next one, not the one after it.
  // The page's clock reads it when it is loaded: not before, by another file's tests.
  vi.resetModules();
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 12, 0, 30) });
  asked = 0;
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('fetch', () => {
    asked += 1;
    return new Promise(() => {});
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('the range moves with the minute, but not while nobody sees the page', async () => {
  const [{ startClock }, { startAsking }] = await Promise.all([
    import('../../web/time/clock.js'),
    import('../../web/data/data.js'),
  ]);
  startClock();
  startAsking();
  const once = asked;
  expect(once).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(asked).toBe(2 * once);
  vi.stubGlobal('document', { hidden: true });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toBe(2 * once);
});
