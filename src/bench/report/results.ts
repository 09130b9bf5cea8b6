import type { Machine } from '../machine.js';
import type { Role } from '../servers/targets.js';

/** One target, one number of connections, one round. Latencies in milliseconds. */
export interface IngestSlice {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Of the server, all of its threads, a request; null where the system does not tell. */
  readonly cpuMicroseconds: number | null;
  /** The same of the servers of its engine that the bench started; null where there are none. */
  readonly engineCpuMicroseconds: number | null;
  readonly refused: number;
  readonly generatorCpuShare: number;
}

/** What was measured of one target, one entry a round. */
export interface TargetRounds {
  readonly name: string;
  readonly role: Role;
  /** One for each number of connections; without rounds where the target was not driven with so many. */
  readonly slices: readonly { readonly connections: number; readonly rounds: IngestSlice[] }[];
  /** At the end of each round. */
  readonly residentBytes: (number | null)[];
  readonly diskBytesAContact: (number | null)[];
}

export interface FsyncTimes {
  readonly count: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface RoundsResult {
  readonly targets: readonly TargetRounds[];
  readonly fsync: FsyncTimes;
}

/** What the load generator reaches where the server does nothing at all. */
export interface GeneratorCheck {
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly cpuShare: number;
  readonly responderCpuShare: number | null;
}

/** What a histogram of stalls tells apart. */
export const STALL_MILLISECONDS = [3, 10, 30, 100, 300] as const;

/** Latencies of requests, in milliseconds. */
export interface Stalls {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** The share of requests that took longer than each of `STALL_MILLISECONDS`. */
  readonly stalls: readonly number[];
}

/** What was measured in one condition, one entry a round. */
export interface MixedCondition {
  readonly name: MixedName;
  readonly ingest: readonly Stalls[];
  /** Those of dashboard reads; where there are none, of a neighbour that asks for `/healthz`. */
  readonly reads: readonly Stalls[];
  /** Exports or verifications that were begun. */
  readonly begun: readonly number[];
}

export type MixedName =
  | 'reads alone'
  | 'full ingest'
  | 'full ingest, reads'
  | 'full ingest, reads, export'
  | 'half ingest'
  | 'half ingest, reads'
  | 'half ingest, export'
  | 'half ingest, verification'
  | 'half ingest, reads, export';

export interface MixedResult {
  readonly store: string;
  readonly contacts: number;
  readonly connections: number;
  readonly readsPerSecond: number;
  readonly halfRate: number;
  readonly conditions: readonly MixedCondition[];
}

/** One minute of a soak. */
export interface SoakMinute extends Stalls {
  /** Those that came to their end in it. */
  readonly exports: number;
  readonly verifications: number;
  readonly residentBytes: number | null;
}

/** Half of what a store can take, for many minutes: the first alone, the others beside exports and verifications. */
export interface SoakResult {
  readonly store: string;
  readonly contacts: number;
  readonly connections: number;
  readonly halfRate: number;
  readonly minutes: readonly SoakMinute[];
}

/** Latencies are those of a request, in milliseconds. */
export interface BatchRates {
  readonly eventsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** One round of single calls and batches, alone and beside each other. */
export interface BatchRound {
  readonly single: BatchRates;
  readonly batch: BatchRates;
  readonly singleBeside: BatchRates;
  readonly batchBeside: BatchRates;
  /** The longest wait of a neighbour beside batches, in milliseconds. */
  readonly probeMax: number;
  /** Of `sendersMax` senders, and what the server had resident at most until then. */
  readonly many: BatchRates;
  readonly residentPeakBytes: number | null;
}

export interface BatchResult {
  readonly store: string;
  readonly batchEvents: number;
  readonly senders: number;
  readonly sendersMax: number;
  readonly rounds: readonly BatchRound[];
}

/** How long a neighbour waited beside one kind of question, in milliseconds, one entry a round. */
export interface WaitsKind {
  readonly name: string;
  /** How many of it were under way at the same time. */
  readonly parallel: number;
  readonly rounds: readonly { readonly p50: number; readonly p99: number; readonly max: number }[];
  /** How many were answered whole, and how many with 429, in all rounds. */
  readonly answered: number;
  readonly refused: number;
}

export interface WaitsResult {
  readonly store: string;
  readonly contacts: number;
  /** How often one more contact repeated its initial. */
  readonly repeats: number;
  readonly kinds: readonly WaitsKind[];
}

/** What a store takes for one kind of question in its own process, in microseconds. */
export interface EngineTimes {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** Over HTTP, in milliseconds, `null` where no read was finished. */
export interface ReadTimes {
  readonly p50: number;
  readonly p99: number;
}

export const QUESTIONS = ['symbol', 'twoDays', 'ninetyDays', 'tenYears'] as const;
export type Question = (typeof QUESTIONS)[number];
export type ByQuestion<T> = Readonly<Record<Question, T>>;

export interface FillResult {
  readonly contacts: number;
  readonly events: number;
  readonly seconds: number;
  /** Of the last tenth of the events. */
  readonly lastEventsPerSecond: number;
}

/** One store at one size. */
export interface GrowthSize {
  readonly store: string;
  readonly role: Role;
  readonly contacts: number;
  /** Null for the naive reference, which gets an exported file. */
  readonly fill: FillResult | null;
  /** By what stands in the store's folder; null where the bench did not choose the place. */
  readonly diskBytes: Readonly<Record<string, number>> | null;
  readonly engine: ByQuestion<EngineTimes>;
  readonly readsAlone: ByQuestion<ReadTimes>;
  readonly readsUnderIngest: ByQuestion<ReadTimes>;
  readonly startSeconds: { readonly clean: number; readonly afterKill: number };
  readonly residentBytes: { readonly started: number; readonly peak: number } | null;
}

/** One way of moving many events with the command line. */
export interface TransferResult {
  readonly store: string;
  readonly what: string;
  readonly events: number;
  readonly seconds: number;
}

/** Everything that a run measured: what docs/benchmarks.json holds. */
export interface Results {
  readonly format: 1;
  readonly date: string;
  readonly version: string;
  readonly command: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly sliceSeconds: number;
  readonly leftOut: readonly string[];
  readonly generator: readonly GeneratorCheck[];
  readonly rounds: RoundsResult | null;
  readonly mixed: readonly MixedResult[];
  readonly soak: readonly SoakResult[];
  readonly batches: readonly BatchResult[];
  readonly waits: readonly WaitsResult[];
  readonly growth: readonly GrowthSize[];
  readonly transfers: readonly TransferResult[];
}
