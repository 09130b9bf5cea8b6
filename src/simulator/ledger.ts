import { type ContactSymbol, parseSymbol, SYMBOLS, symbolIndex, type Uuid } from '../domain/contact.js';
import { type ContactPlan, type Kind, kindOf } from './contact-plan.js';
import type { Fate } from './delivery.js';
import { Histogram } from './histogram.js';

/** What a run has sent of one symbol, and the server has acknowledged. */
export interface SymbolRecord {
  readonly symbol: ContactSymbol;
  /** Acknowledged initials, and those of them that were replays of an earlier run. */
  initials: number;
  initialsReplayed: number;
  /** Initials that were answered `True`. */
  answeredVowel: number;
  followups: number;
  followupsReplayed: number;
}

/** A request of which nobody can say whether it was stored. */
export interface UnknownFate {
  readonly kind: 'initial' | 'followup';
  readonly uuid: Uuid;
  readonly symbol: string;
  readonly reason: string;
}

/** The counts of one kind of request, however often each was sent, by what became of it. */
export interface RequestCounts {
  total: number;
  /** Acknowledged. */
  stored: number;
  refused: number;
  unsent: number;
  unknown: number;
}

/** A latency summary in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The books of a run: everything that was sent, and what became of it. */
export class Ledger {
  readonly initials: RequestCounts = { total: 0, stored: 0, refused: 0, unsent: 0, unknown: 0 };
  readonly followups: RequestCounts = { total: 0, stored: 0, refused: 0, unsent: 0, unknown: 0 };
  readonly symbols: readonly SymbolRecord[] = SYMBOLS.map((symbol) => ({
    symbol,
    initials: 0,
    initialsReplayed: 0,
    answeredVowel: 0,
    followups: 0,
    followupsReplayed: 0,
  }));
  /** Replies by status and code, those to further attempts included. */
  readonly replies = new Map<string, number>();
  /** Attempts without a reply that can be read, by reason. */
  readonly losses = new Map<string, number>();
  lossesCount = 0;
  /** The first of the requests whose fate is unknown; their number is in the counts. */
  readonly unknown: UnknownFate[] = [];
  readonly latency = new Histogram();
  /** Since the last progress was reported. */
  readonly recentLatency = new Histogram();

  reply(label: string): void {
    countIn(this.replies, label);
  }

  loss(reason: string): void {
    this.lossesCount += 1;
    countIn(this.losses, reason);
  }

  /** Enters what became of a request, `milliseconds` after it was due. */
  settle(kind: 'initial' | 'followup', plan: ContactPlan, fate: Fate, milliseconds: number): void {
    this.latency.record(milliseconds);
    this.recentLatency.record(milliseconds);
    (kind === 'initial' ? this.initials : this.followups)[fate.fate] += 1;
    if (fate.fate === 'unknown' && this.unknown.length < UNKNOWN_NAMED_MAX) {
      this.unknown.push({ kind, uuid: plan.uuid, symbol: plan.letter, reason: fate.reason });
    }
    if (fate.fate !== 'stored') return;
    const symbol = parseSymbol(plan.letter);
    // A server that takes a letter beyond a to z is found out by what its dashboard has not gained.
    if (symbol === undefined) return;
    const record = this.symbols[symbolIndex(symbol)]!;
    if (kind === 'initial') {
      record.initials += 1;
      if (fate.replayed) record.initialsReplayed += 1;
      if (fate.text === 'True') record.answeredVowel += 1;
    } else {
      record.followups += 1;
      if (fate.replayed) record.followupsReplayed += 1;
    }
  }

  latencySummary(): Latency {
    const at = (share: number) => this.latency.percentile(share);
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: this.latency.max };
  }
}

/** Acknowledged initials and followups of one kind of symbols. */
export function totalOfKind(
  symbols: readonly SymbolRecord[],
  kind: Kind,
): { readonly initials: number; readonly followups: number } {
  const records = symbols.filter((record) => kindOf(record.symbol) === kind);
  return {
    initials: records.reduce((sum, record) => sum + record.initials, 0),
    followups: records.reduce((sum, record) => sum + record.followups, 0),
  };
}

const UNKNOWN_NAMED_MAX = 10;
/** A server may make up codes without end; they must not fill the memory. */
const LABELS_MAX = 50;

function countIn(counts: Map<string, number>, label: string): void {
  const key = counts.has(label) || counts.size < LABELS_MAX ? label : 'others';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
