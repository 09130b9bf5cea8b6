import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Shares } from '../../src/http/kept/shares.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a link is looked for two seconds at the most, however long the store waits for its engine', async () => {
  const silent = { documents: () => new Promise<never>(() => {}), keepDocument: async () => {} };
  const shares = new Shares(silent, { info() {}, warn() {}, error() {} });
  const found = shares.find('a-secret').catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await found).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(vi.getTimerCount()).toBe(0);
});
