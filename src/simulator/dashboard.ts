import { setTimeout as sleep } from 'node:timers/promises';
import { type ContactSymbol, SYMBOLS } from '../domain/contact.js';
import { type Instant, parseInstant } from '../domain/time.js';
import type { Attempt, HttpClient, Reply } from './client.js';

/** What the dashboard says of one symbol. */
export interface DashboardRow {
  readonly symbol: ContactSymbol;
  readonly count: number;
  readonly earliest: Instant | null;
  readonly latest: Instant | null;
  readonly followups: number;
}

/** All 26 rows, `a` to `z`, and the time by the server's own clock when they were asked for. */
export interface Dashboard {
  readonly rows: readonly DashboardRow[];
  /** The clocks of two machines differ: what the dashboard says is held against the server's. */
  readonly readAt: Instant;
}

export type DashboardReading =
  | { readonly ok: true; readonly dashboard: Dashboard }
  /** `isThere`: a Tallyboard answered, and said why it cannot. */
  | { readonly ok: false; readonly reason: string; readonly isThere: boolean };

/** Reads `/dashboard/symbol/` of all 26 symbols. */
export async function readDashboard(client: HttpClient): Promise<DashboardReading> {
  const rows: DashboardRow[] = [];
  let readAt: Instant | undefined;
  for (const symbol of SYMBOLS) {
    const path = `/dashboard/symbol/${symbol}`;
    const attempt = await get(client, path);
    if (attempt.kind !== 'reply') {
      return { ok: false, reason: `GET ${path}: ${attempt.reason}`, isThere: false };
    }
    const { reply } = attempt;
    const row = reply.status === 200 ? readRow(symbol, reply.text) : undefined;
    if (row === undefined) {
      const problem = readProblem(reply);
      const reason = `GET ${path} was answered ${problem ?? describeReply(reply)}`;
      return { ok: false, reason, isThere: problem !== undefined };
    }
    rows.push(row);
    readAt ??= (reply.serverMilliseconds ?? Date.now()) * 1000;
  }
  return { ok: true, dashboard: { rows, readAt: readAt! } };
}

const ATTEMPTS_MAX = 5;
const RETRY_MILLISECONDS = 200;

/** A read can be repeated without harm: once more where its connection was lost or the server is busy. */
async function get(client: HttpClient, path: string): Promise<Attempt> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = await client.request('GET', path);
    const again = sent.kind === 'lost' || (sent.kind === 'reply' && sent.reply.status === 503);
    if (!again || attempt >= ATTEMPTS_MAX || client.destroyed()) return sent;
    await sleep(RETRY_MILLISECONDS);
  }
}

function readRow(symbol: ContactSymbol, text: string): DashboardRow | undefined {
  let row: Partial<Record<keyof DashboardRow, unknown>> | null;
  try {
    row = JSON.parse(text) as typeof row;
  } catch {
    return undefined;
  }
  if (typeof row !== 'object' || row === null || row.symbol !== symbol) return undefined;
  const { count, followups } = row;
  const earliest = readInstant(row.earliest);
  const latest = readInstant(row.latest);
  if (!isCount(count) || !isCount(followups) || earliest === undefined || latest === undefined) {
    return undefined;
  }
  return { symbol, count, earliest, latest, followups };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readInstant(value: unknown): Instant | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? parseInstant(value) : undefined;
}

/** Status, code and detail of a problem document; undefined where the reply is none of ours. */
function readProblem({ status, text }: Reply): string | undefined {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return typeof code === 'string' ? `${status} ${code}: ${detail}` : undefined;
  } catch {
    return undefined;
  }
}

const REPLY_CHARACTERS_MAX = 200;

function describeReply({ status, text }: Reply): string {
  return `${status} '${text.slice(0, REPLY_CHARACTERS_MAX)}', which is not a tally of the dashboard`;
}
