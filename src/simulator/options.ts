import type { RandomSource } from '../domain/guess.js';
import type { Tokens } from './client.js';
import type { LetterSource } from './letters.js';

export interface SimulationOptions {
  /** The server's address, or those of several that share a store, separated by commas. */
  readonly url: string;
  readonly tokens?: Tokens | undefined;
  /** Default: drawn by their frequency in English. */
  readonly letters?: LetterSource | undefined;
  /** All that is left to chance. The same source and the same letters make the same stream of contacts. */
  readonly random?: RandomSource | undefined;
  /** How many contacts, and connections, may be under way at the same time. Default 8. */
  readonly concurrency?: number | undefined;
  /** Send up to so many events in one request; `concurrency` counts requests then, and so many contacts in each. */
  readonly batchMax?: number | undefined;
  /** Initials a second, evenly paced. Default: as fast as the connections allow. */
  readonly rate?: number | undefined;
  /** Ends after this many initials, or after this time, or at the signal: whichever comes first. */
  readonly initialsMax?: number | undefined;
  readonly durationMilliseconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Compare what was sent with what the dashboard gained. */
  readonly check?: boolean | undefined;
  /** How often a request is sent in all where its connection is lost. Default 16: six seconds of patience. */
  readonly attemptsMax?: number | undefined;
  /**
   * How long a reply may take before its connection is held for lost. Default 45,000: a server whose engine is
   * away says so after 23 seconds.
   */
  readonly requestMillisecondsMax?: number | undefined;
  /** How long the contacts that are under way at the signal may take to finish. Default 2,000. */
  readonly graceMilliseconds?: number | undefined;
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
  readonly progressMilliseconds?: number | undefined;
}

export interface SimulationProgress {
  readonly seconds: number;
  readonly initials: number;
  readonly initialsMax: number | undefined;
  /** Of the time since the last progress. */
  readonly initialsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly followups: number;
  readonly refused: number;
  /** Attempts that brought no reply that can be read. */
  readonly losses: number;
}

export const CONCURRENCY = 8;
export const ATTEMPTS_MAX = 16;
export const REQUEST_MILLISECONDS_MAX = 45_000;
export const GRACE_MILLISECONDS = 2000;
export const PROGRESS_MILLISECONDS = 1000;
