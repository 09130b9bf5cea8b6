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

/** What says whether an answer is whole. */
export interface Parts {
  readonly timed_out?: boolean;
  readonly _shards: { readonly failed: number };
}

export interface Hits<Source> extends Parts {
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: Source }[] };
}

export interface BulkItem {
  readonly _id: string;
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason: string };
}
