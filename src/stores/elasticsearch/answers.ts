import type { ContactDocument, ReplayDocument } from '../../contract/documents/engine.js';

/** What names one state of a document. */
export interface Version {
  readonly if_seq_no: number;
  readonly if_primary_term: number;
}

export interface Found<Source> {
  readonly found: boolean;
  readonly error?: unknown;
  readonly _source: Source;
  readonly _seq_no: number;
  readonly _primary_term: number;
}

export interface Searched<Aggregations = unknown> {
  readonly timed_out: boolean;
  readonly _shards: Shards;
  readonly hits: {
    readonly hits: readonly {
      readonly _source: ContactDocument & ReplayDocument;
      readonly sort: unknown[];
    }[];
  };
  readonly aggregations: Aggregations;
}

export interface Shards {
  readonly failed: number;
}

export interface BulkItem {
  readonly _id: string;
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason: string };
}
