import type { ContactEvent } from '../../domain/contact.js';
import type { BadRow } from './row.js';

export const FORMATS = ['ndjson', 'csv', 'sqlite'] as const;
export type Format = (typeof FORMATS)[number];

/** Some rows of a file, in their order. */
export interface RowChunk {
  readonly events: readonly ContactEvent[];
  /** The line or row that each event was read from. */
  readonly places: readonly number[];
  readonly bad: readonly BadRow[];
  /** How much of `size` has been read. */
  readonly position: number;
}

/** A file of raw events that can be read several times, each time the same. */
export interface Source {
  readonly format: Format;
  readonly size: number;
  readonly unit: 'bytes' | 'rows';
  /** What the places of its rows are called. */
  readonly place: 'line' | 'row';
  /** What is added to the file after it was opened is not read. */
  chunks(): AsyncIterable<RowChunk>;
  close(): Promise<void>;
}
