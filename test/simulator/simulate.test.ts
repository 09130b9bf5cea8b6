import { afterEach, describe, expect, test } from 'vitest';
import { FOLLOWUP_SHARE } from '../../src/simulator/contact-plan.js';
import { totalOfKind } from '../../src/simulator/ledger.js';
import { circle } from '../../src/simulator/letters.js';
import type { SimulationProgress } from '../../src/simulator/options.js';
import { heldUp } from '../held-up.js';
import { closeServers, run, start } from './support.js';

afterEach(closeServers);

describe('a run', () => {
  test('follows up as often as the probabilities imply, and the dashboard gains exactly that', async () => {
    const server = await start();
    const result = await run(server.url, { initialsMax: 20_000, check: true }, 2017);
    expect(result).toMatchObject({ ended: 'requests', initials: { total: 20_000, stored: 20_000 } });
    for (const kind of ['vowel', 'consonant', 'y'] as const) {
      const { initials, followups } = totalOfKind(result.symbols, kind);
      const share = FOLLOWUP_SHARE[kind];
      const deviation = Math.sqrt((share * (1 - share)) / initials);
      expect(initials, kind).toBeGreaterThan(300);
      expect(Math.abs(followups / initials - share), kind).toBeLessThan(3 * deviation);
    }
    expect(result.check).toEqual({
      ok: true,
      initials: 20_000,
      followups: result.followups.stored,
      differences: [],
    });
  });

  test('sends the same contacts for the same seed, at any concurrency', async () => {
    const streams = await Promise.all(
      [1, 16].map(async (concurrency) => {
        const server = await start({ delay: (index) => (index * 7) % 5 });
        await run(server.url, { concurrency, initialsMax: 300 });
        return server.seen.map((post) => `${post.path} ${post.uuid} ${post.symbol}`).sort();
      }),
    );
    expect(streams[0]).toEqual(streams[1]);
    expect(streams[0]!.some((post) => post.startsWith('/followup'))).toBe(true);
  });

  test('sends the letters in a circle; those beyond a to z are refused, and counted by their code', async () => {
    const server = await start();
    const result = await run(server.url, {
      letters: circle([...'café']),
      initialsMax: 12,
      concurrency: 1,
      check: true,
    });
    const symbols = server.seen.filter((post) => post.path === '/initial').map((post) => post.symbol);
    expect(symbols.join('')).toBe('cafécafécafé');
    expect(result.initials).toMatchObject({ total: 12, stored: 9, refused: 3 });
    expect(result.replies.get('400 SYMBOL_INVALID')).toBe(3);
    expect(result.check?.ok).toBe(true);
  });

  test('reports its progress', async () => {
    const server = await start();
    const reports: SimulationProgress[] = [];
    const enough = new AbortController();
    const result = await run(server.url, {
      rate: 200,
      signal: enough.signal,
      onProgress: (progress) => {
        reports.push(progress);
        // A machine that stands still makes reports in which nothing was answered.
        const grew = progress.initials > reports[0]!.initials;
        if (reports.length >= 3 && grew && progress.p99 > 0) enough.abort();
      },
      progressMilliseconds: 100,
    });
    expect(result.ended).toBe('interrupted');
    const last = reports.at(-1)!;
    expect(last.initials).toBeLessThanOrEqual(result.initials.total);
    expect(last.p99).toBeGreaterThanOrEqual(last.p50);
  });

  test('that repeats another run sends replays, and the check knows them', async () => {
    const server = await start();
    const first = await run(server.url, { initialsMax: 200 });
    const second = await run(server.url, { initialsMax: 300, check: true });
    expect(second.symbols.reduce((sum, record) => sum + record.initialsReplayed, 0)).toBe(200);
    expect(second.symbols.reduce((sum, record) => sum + record.followupsReplayed, 0)).toBe(
      first.followups.stored,
    );
    expect(second.check).toMatchObject({ ok: true, initials: 100 });
  });
});

describe('a pace', () => {
  test('is kept within 5 %, but for what the machine held up', async () => {
    const server = await start();
    const { result, held } = await heldUp(() => run(server.url, { rate: 100, initialsMax: 200 }));
    expect(result.initials.total).toBe(200);
    expect(result.seconds).toBeGreaterThan(2 * 0.95);
    expect(result.seconds - held / 1000).toBeLessThan(2 * 1.05);
  });

  test('ends with the duration, with all that was due within it', async () => {
    // Where the machine stands still as the time ends, what was due then is overdue, and another run is looked at.
    for (let overdue = -1; overdue !== 0; ) {
      const server = await start();
      const result = await run(server.url, { rate: 100, durationMilliseconds: 1000 });
      expect(result.ended).toBe('duration');
      expect(result.initials.total + result.overdue).toBe(100);
      overdue = result.overdue;
    }
  });

  test('shows a stall in the latency of all that fell due meanwhile', async () => {
    // One stall of a second over one connection: twenty contacts fall due in it, and half of them wait long.
    const server = await start({ delay: (index) => (index === 10 ? 1000 : 0) });
    const options = { concurrency: 1, initialsMax: 60, letters: circle(['é']) };
    const { result: open, held } = await heldUp(() => run(server.url, { ...options, rate: 20 }));
    expect(open.latency.max).toBeGreaterThan(990);
    expect(open.latency.p90).toBeGreaterThan(600);
    expect(open.latency.p50 - held).toBeLessThan(200);
  });

  test('that the server cannot keep leaves initials overdue, and says how many', async () => {
    const server = await start({ delay: () => 100 });
    const result = await run(server.url, { rate: 200, durationMilliseconds: 1000, concurrency: 1 });
    expect(result.ended).toBe('duration');
    expect(result.initials.total).toBeLessThan(15);
    expect(result.overdue).toBe(200 - result.initials.total);
  });
});

describe('an interrupted run', () => {
  test('finishes the contacts under way, and can still be checked', async () => {
    const controller = new AbortController();
    const server = await start({
      delay: (index) => {
        if (index === 60) controller.abort();
        return 20;
      },
    });
    const result = await run(server.url, {
      signal: controller.signal,
      graceMilliseconds: 60_000,
      check: true,
    });
    expect(result.ended).toBe('interrupted');
    expect(result.initials.unknown).toBe(0);
    expect(result.initials.stored).toBeGreaterThan(20);
    expect(result.check?.ok).toBe(true);
  });

  test('ends quickly though the server hangs, and says that those fates are unknown', async () => {
    const controller = new AbortController();
    const server = await start({
      fault: (index) => {
        // From then on all four hang.
        if (index === 13) controller.abort();
        return index >= 10 ? 'hang' : undefined;
      },
    });
    const began = performance.now();
    const result = await run(server.url, {
      concurrency: 4,
      signal: controller.signal,
      graceMilliseconds: 200,
    });
    // Far less than what a reply may take.
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(result.ended).toBe('interrupted');
    expect(result.initials.unknown + result.followups.unknown).toBe(4);
  });

  test('is interrupted, too, where the time was over and only a contact lingered', async () => {
    const controller = new AbortController();
    const server = await start({
      fault: (index) => {
        if (index === 7) setTimeout(() => controller.abort(), 300);
        return index < 7 ? 'hang' : undefined;
      },
    });
    const result = await run(server.url, {
      durationMilliseconds: 100,
      signal: controller.signal,
      graceMilliseconds: 100,
    });
    expect(result).toMatchObject({ ended: 'interrupted', initials: { unknown: 7 } });
  });

  test('ends quickly though the next contact is not due for long', async () => {
    const server = await start();
    const began = performance.now();
    const result = await run(server.url, {
      rate: 0.01,
      signal: AbortSignal.timeout(200),
      graceMilliseconds: 60_000,
    });
    // It is due after 100 seconds.
    expect(performance.now() - began).toBeLessThan(90_000);
    expect(result).toMatchObject({ ended: 'interrupted', initials: { total: 1, stored: 1 }, overdue: 0 });
  });
});
