import { formatInstant, type Instant, SECOND } from '../domain/time.js';
import type { Dashboard, DashboardRow } from './dashboard.js';
import type { RequestCounts, SymbolRecord, UnknownFate } from './ledger.js';

/** Whether the dashboard gained what was sent. */
export interface CheckResult {
  readonly ok: boolean;
  /** What the dashboard should have gained. */
  readonly initials: number;
  readonly followups: number;
  /** One line a difference, or a reason why there is nothing to compare. */
  readonly differences: readonly string[];
}

export interface Sent {
  readonly symbols: readonly SymbolRecord[];
  readonly initials: RequestCounts;
  readonly followups: RequestCounts;
  readonly unknown: readonly UnknownFate[];
}

/** Compares what was sent, and acknowledged, with what the dashboard gained between two readings. */
export function compareGains(sent: Sent, before: Dashboard, after: Dashboard): CheckResult {
  const span = { lower: before.readAt - CLOCK_SLACK, upper: after.readAt + CLOCK_SLACK };
  const differences = sent.symbols.flatMap((record, place) =>
    compareSymbol(record, before.rows[place]!, after.rows[place]!, span),
  );
  return checkResult(sent, [...differences, ...unknownFates(sent)]);
}

/** The result of a check whose second reading failed. */
export function unreadable(sent: Sent, reason: string): CheckResult {
  return checkResult(sent, [
    `the dashboard could not be read after the run: ${reason}`,
    ...unknownFates(sent),
  ]);
}

/** A Date header names the second that has begun, and a busy server may write the one before. */
const CLOCK_SLACK = 2 * SECOND;

interface Span {
  readonly lower: Instant;
  readonly upper: Instant;
}

function compareSymbol(
  record: SymbolRecord,
  before: DashboardRow,
  after: DashboardRow,
  span: Span,
): string[] {
  const { symbol } = record;
  const expected = newOf(record);
  const differences: string[] = [];
  for (const field of ['count', 'followups'] as const) {
    const gained = after[field] - before[field];
    if (gained !== expected[field]) {
      differences.push(
        `${symbol}: ${field} gained ${gained} (from ${before[field]} to ${after[field]}), but ${expected[field]} were sent and acknowledged`,
      );
    }
  }
  if (expected.count === 0) {
    // Where nothing was sent, a difference of the count says already that somebody else wrote.
    if (after.count !== before.count) return differences;
    for (const field of ['earliest', 'latest'] as const) {
      if (after[field] !== before[field]) {
        differences.push(
          `${symbol}: ${field} moved from ${print(before[field])} to ${print(after[field])}, but no new initial was sent`,
        );
      }
    }
    return differences;
  }
  for (const field of ['earliest', 'latest'] as const) {
    if (!movedSensibly(field, before[field], after[field], span)) {
      differences.push(
        `${symbol}: ${field} went from ${print(before[field])} to ${print(after[field])}, though ${expected.count} initials were sent between ${print(span.lower)} and ${print(span.upper)}`,
      );
    }
  }
  return differences;
}

/** With new initials in the span, `latest` is the greatest of what it was and something within the span. */
function movedSensibly(
  field: 'earliest' | 'latest',
  before: Instant | null,
  after: Instant | null,
  span: Span,
): boolean {
  if (after === null) return false;
  const within = span.lower <= after && after <= span.upper;
  if (before === null) return within;
  if (field === 'latest') return after === before ? before >= span.lower : within && after > before;
  return after === before ? before <= span.upper : within && after < before;
}

function newOf(record: SymbolRecord): { count: number; followups: number } {
  return {
    count: record.initials - record.initialsReplayed,
    followups: record.followups - record.followupsReplayed,
  };
}

function unknownFates({ initials, followups, unknown }: Sent): string[] {
  const count = initials.unknown + followups.unknown;
  if (count === 0) return [];
  const named = unknown.map(({ kind, uuid, symbol, reason }) => `${kind} '${symbol}' of ${uuid} (${reason})`);
  if (count > named.length) named.push(`and ${count - named.length} more`);
  return [
    `the fate of ${count} ${count === 1 ? 'request' : 'requests'} is unknown, so the gain cannot be proved: ${named.join(', ')}`,
  ];
}

function checkResult(sent: Sent, differences: readonly string[]): CheckResult {
  const news = sent.symbols.map(newOf);
  return {
    ok: differences.length === 0,
    initials: news.reduce((sum, { count }) => sum + count, 0),
    followups: news.reduce((sum, { followups }) => sum + followups, 0),
    differences,
  };
}

function print(at: Instant | null): string {
  return at === null ? 'none' : formatInstant(at);
}
