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

it.each([
  ['today', 61],
  ['yesterday', 1],
])(
  '%s is asked for %i times at most in a minute in which a hundred events come a second',
  async (range, most) => {
    vi.stubGlobal('location', { search: `?range=${range}` });
    vi.stubGlobal('fetch', async () => {
      asked += 1;
      const now = new Date().toISOString().slice(0, 23).replace('T', ' ');
      return Response.json({
        summary: { now: `${now}000` },
        series: { buckets: [], every: 'hour' },
        against: null,
      });
    });
    const { askForNews, startAsking } = await import('../../web/data/data.js');
    startAsking();
    for (let tenth = 0; tenth < 600; tenth += 1) {
      for (let event = 0; event < 10; event += 1) askForNews();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toBeLessThanOrEqual(most);
    // It does follow.
    expect(asked).toBeGreaterThan(most / 2);
  },
);

it('a range that is refused is asked for once, whatever comes', async () => {
  vi.stubGlobal('location', { search: '?from=2026-06-02&to=2026-06-01' });
  vi.stubGlobal('fetch', async () => {
    asked += 1;
    return Response.json({ title: 'The range ends before it begins' }, { status: 400 });
  });
  const { askForNews, startAsking } = await import('../../web/data/data.js');
  startAsking();
  for (let tenth = 0; tenth < 600; tenth += 1) {
    askForNews();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked).toBe(1);
});
