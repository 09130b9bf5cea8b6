import { afterEach, describe, expect, test } from 'vitest';
import { circle } from '../../src/simulator/letters.js';
import type { Fault } from './contract-server.js';
import { closeServers, run, start } from './support.js';

afterEach(closeServers);

describe('a run with batches', () => {
  test('sends the same contacts as one without, many in a request', async () => {
    let batches = 0;
    const [single, batched] = await Promise.all([
      start(),
      start({
        fault: () => {
          batches += 1;
          return undefined;
        },
      }),
    ]);
    const options = { initialsMax: 1000, letters: circle([...'café']), check: true };
    const one = await run(single.url, options);
    const other = await run(batched.url, { ...options, batchMax: 100, concurrency: 2 });
    for (const what of ['initials', 'followups', 'symbols', 'check'] as const) {
      expect(other[what]).toEqual(one[what]);
    }
    expect(other.check).toMatchObject({ ok: true, initials: 750 });
    expect(other.replies.get('400 SYMBOL_INVALID')).toBe(250);
    const sent = (server: typeof single) => server.seen.map(({ uuid, symbol }) => `${uuid} ${symbol}`).sort();
    expect(sent(batched)).toEqual(sent(single));
    expect(new Set(batched.seen.map(({ path }) => path))).toEqual(new Set(['/batch']));
    // Ten of initials, and what goes on behind them.
    expect(batches).toBeLessThan(40);
  });

  test.each<[Fault, object]>([
    ['cut-before', { stored: 60, unknown: 0 }],
    ['cut-after', { stored: 60, unknown: 0 }],
    ['uncertain', { stored: 60, unknown: 0 }],
    ['break-after', { stored: 60, unknown: 0 }],
    // Three of the twenty go on with a contact.
    ['busy', { stored: 43, refused: 17 }],
  ])('is checked although a batch meets %s', async (fault, initials) => {
    const server = await start({ fault: (index) => (index === 1 ? fault : undefined) });
    const result = await run(server.url, { initialsMax: 60, batchMax: 20, concurrency: 1, check: true });
    expect(result).toMatchObject({ initials, check: { ok: true } });
  });

  test('finds out a server that acknowledges what it does not store', async () => {
    const server = await start({ fault: (index) => (index === 0 ? 'lose' : undefined) });
    const result = await run(server.url, { initialsMax: 60, batchMax: 20, concurrency: 1, check: true });
    expect(result.check?.ok).toBe(false);
  });
});
