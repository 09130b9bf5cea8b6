import { type CheckResult, compareGains, unreadable } from './check.js';
import { httpClient } from './client.js';
import { type Dashboard, type DashboardReading, readDashboard } from './dashboard.js';
import { type Latency, Ledger, type RequestCounts, type SymbolRecord, type UnknownFate } from './ledger.js';
import {
  CONCURRENCY,
  GRACE_MILLISECONDS,
  REQUEST_MILLISECONDS_MAX,
  type SimulationOptions,
} from './options.js';
import { type End, Run } from './run.js';

export type { SimulationOptions, SimulationProgress } from './options.js';

export interface SimulationResult extends End {
  readonly initials: RequestCounts;
  readonly followups: RequestCounts;
  /** By symbol, `a` to `z`. */
  readonly symbols: readonly SymbolRecord[];
  readonly replies: ReadonlyMap<string, number>;
  readonly losses: ReadonlyMap<string, number>;
  readonly unknown: readonly UnknownFate[];
  /** Of every request, from when it was due until its fate was known. */
  readonly latency: Latency;
  readonly check: CheckResult | undefined;
}

/**
 * Behaves as the original client does, many times at once: opens contacts, judges the answers, follows up.
 * Resolves when the run ends, however it ends; rejects only on options that make no sense.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { check = false, requestMillisecondsMax = REQUEST_MILLISECONDS_MAX } = options;
  const ledger = new Ledger();
  let before: Dashboard | undefined;
  if (check) {
    const reading = await readWithin(options, DASHBOARD_MILLISECONDS_MAX, options.signal);
    if (!reading.ok) {
      const failed = reading.isThere ? 'unready' : 'unreachable';
      const ended = options.signal?.aborted === true ? 'interrupted' : failed;
      return resultOf(ledger, { ended, reason: reading.reason, seconds: 0, overdue: 0 }, undefined);
    }
    before = reading.dashboard;
  }

  const { url, tokens, concurrency: connections = CONCURRENCY } = options;
  const client = httpClient(url, { connections, requestMillisecondsMax, tokens });
  const end = await new Run(client, ledger, options).finish();
  await client.destroy();

  if (before === undefined) return resultOf(ledger, end, undefined);
  // Whoever interrupts a run does not want to wait, but wants to know.
  const whole = end.ended === 'requests' || end.ended === 'duration';
  const limit = whole ? DASHBOARD_MILLISECONDS_MAX : GRACE_MILLISECONDS;
  const reading = await readWithin(options, limit);
  const result = reading.ok
    ? compareGains(ledger, before, reading.dashboard)
    : unreadable(ledger, reading.reason);
  return resultOf(ledger, end, result);
}

/** All 26 tallies together: a naive store looks through all of its events for each. */
const DASHBOARD_MILLISECONDS_MAX = 300_000;

async function readWithin(
  { url, tokens }: SimulationOptions,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<DashboardReading> {
  const client = httpClient(url, { connections: 1, requestMillisecondsMax: milliseconds, tokens });
  const giveUp = () => void client.destroy();
  const timer = setTimeout(giveUp, milliseconds);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal?.aborted === true) giveUp();
    return await readDashboard(client);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    await client.destroy();
  }
}

function resultOf(ledger: Ledger, end: End, check: CheckResult | undefined): SimulationResult {
  const { initials, followups, symbols, replies, losses, unknown } = ledger;
  const latency = ledger.latencySummary();
  return { ...end, initials, followups, symbols, replies, losses, unknown, latency, check };
}
