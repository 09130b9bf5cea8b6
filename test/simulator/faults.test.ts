import { afterEach, describe, expect, test } from 'vitest';
import { circle } from '../../src/simulator/letters.js';
import { freePort } from '../stores/shared/ports.js';
import { closeServers, run, start } from './support.js';

afterEach(closeServers);

describe('faults', () => {
  test('that many clients wait out at the same time bring no warning of Node', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    try {
      const server = await start({ fault: (index) => (index < 24 ? 'cut-before' : undefined) });
      const result = await run(server.url, { concurrency: 24, rate: 400, initialsMax: 100 });
      expect(result.initials.stored).toBe(100);
    } finally {
      process.off('warning', listen);
    }
    expect(warnings).toEqual([]);
  });

  test('a connection that is lost before or after the request was stored is retried, and the check is exact', async () => {
    const server = await start({
      fault: (index) => (index % 11 === 3 ? 'cut-before' : index % 11 === 7 ? 'cut-after' : undefined),
    });
    const result = await run(server.url, { initialsMax: 1000, check: true });
    expect(result.initials).toMatchObject({ total: 1000, stored: 1000, unknown: 0 });
    expect([...result.losses.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(150);
    expect(result.symbols.every((record) => record.initialsReplayed === 0)).toBe(true);
    expect(result.check).toMatchObject({ ok: true, initials: 1000, differences: [] });
  });

  test('a failure of a proxy after the request was stored settles nothing, and is retried', async () => {
    const server = await start({ fault: (index) => (index % 10 === 4 ? 'break-after' : undefined) });
    const result = await run(server.url, { initialsMax: 300, check: true });
    expect(result.initials.stored).toBe(300);
    expect(result.replies.get('502 PROXY')).toBeGreaterThan(20);
    expect(result.check?.ok).toBe(true);
  });

  test('a 503 is a refusal: not sent again, not followed up, not counted as stored', async () => {
    const server = await start({ fault: (index) => (index % 5 === 0 ? 'busy' : undefined) });
    const result = await run(server.url, { initialsMax: 500, check: true });
    const refused = result.initials.refused + result.followups.refused;
    expect(result.replies.get('503 STORE_BUSY')).toBe(refused);
    expect(refused).toBeGreaterThan(90);
    expect(result.initials.stored).toBe(500 - result.initials.refused);
    expect(server.seen).toHaveLength(result.initials.total + result.followups.total);
    expect(result.check).toMatchObject({ ok: true, initials: result.initials.stored });
  });

  test('a 503 that does not know is a loss: sent again, and counted once', async () => {
    const server = await start({ fault: (index) => (index % 5 === 0 ? 'uncertain' : undefined) });
    const result = await run(server.url, { initialsMax: 500, check: true });
    expect(result.replies.get('503 STORE_UNCERTAIN')).toBeGreaterThan(90);
    expect(result.initials).toMatchObject({ stored: 500, refused: 0, unknown: 0 });
    expect(result.check).toMatchObject({ ok: true, initials: 500 });
  });

  test('a 503 after a loss settles nothing: the lost attempt may have been stored', async () => {
    const faults = ['cut-after', 'busy', undefined] as const;
    const server = await start({ fault: (index) => faults[index] });
    const result = await run(server.url, {
      letters: circle(['e']),
      initialsMax: 1,
      concurrency: 1,
      check: true,
    });
    expect(result.initials).toMatchObject({ stored: 1, refused: 0, unknown: 0 });
    expect(result.check).toMatchObject({ ok: true, initials: 1 });
  });

  test('a fate that stays unknown fails the check, which names it', async () => {
    let unlucky: string | undefined;
    const server = await start({
      fault: (index) => {
        if (index === 50) unlucky = server.seen[50]!.uuid;
        return server.seen[index]!.uuid === unlucky ? 'cut-after' : undefined;
      },
    });
    const result = await run(server.url, { initialsMax: 2000, attemptsMax: 3, check: true });
    expect(result.initials.unknown + result.followups.unknown).toBe(1);
    expect(result.check?.ok).toBe(false);
    const named = result.check?.differences.find((difference) => difference.includes('fate of 1 request'));
    expect(named).toContain(unlucky);
  });

  test.each(['/initial', '/followup'])(
    'a server that loses one %s is found out, by its symbol',
    async (path) => {
      let lost: string | undefined;
      const server = await start({
        fault: (index, pathname) => {
          if (index < 100 || pathname !== path || lost !== undefined) return undefined;
          lost = server.seen[index]!.uuid;
          return 'lose';
        },
      });
      const result = await run(server.url, { initialsMax: 500, check: true });
      const symbol = server.seen.find((post) => post.uuid === lost && post.path === '/initial')!.symbol;
      expect(result.check?.ok).toBe(false);
      expect(result.check?.differences[0]).toMatch(
        new RegExp(`^${symbol}: ${path === '/initial' ? 'count' : 'followups'} gained`),
      );
    },
  );

  test('another client that writes at the same time fails the check', async () => {
    let other: Promise<unknown> | undefined;
    const server = await start({
      delay: () => {
        // When the first reading of the dashboard is over.
        other ??= run(server.url, { initialsMax: 20, letters: circle(['b']) }, 2);
        return 0;
      },
    });
    const result = await run(server.url, {
      rate: 200,
      durationMilliseconds: 1000,
      check: true,
      letters: circle(['a']),
    });
    await other;
    expect(result.check?.ok).toBe(false);
    expect(result.check?.differences[0]).toMatch(/^b: count gained \d+ .* but 0 were sent/);
  });

  test('a server that is not there ends the run at once, and says why', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    for (const check of [false, true]) {
      const began = performance.now();
      const result = await run(url, { initialsMax: 1000, check });
      expect(result).toMatchObject({ ended: 'unreachable', initials: { stored: 0 } });
      expect(result.reason).toContain('ECONNREFUSED');
      // Less than the six seconds of patience.
      expect(performance.now() - began).toBeLessThan(5000);
    }
  });

  test('a server that goes away for good ends the run, and fails its check', async () => {
    const server = await start({
      fault: (index) => {
        if (index === 100) void closeServers();
        return undefined;
      },
    });
    const result = await run(server.url, { attemptsMax: 4, check: true });
    expect(result.ended).toBe('unreachable');
    expect(result.check?.ok).toBe(false);
    expect(result.check?.differences[0]).toContain('could not be read after the run');
  });

  test('a server that does not answer in time is taken for lost', async () => {
    const server = await start({ fault: (index) => (index === 5 ? 'hang' : undefined) });
    const result = await run(server.url, { initialsMax: 20, requestMillisecondsMax: 300, check: true });
    expect(result.initials.stored).toBe(20);
    expect([...result.losses.keys()].join()).toMatch(/Timeout/i);
    expect(result.check?.ok).toBe(true);
  });
});
