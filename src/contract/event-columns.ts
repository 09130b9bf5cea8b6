/**
 * Raw events by column, for what is written by column: an object for each, and its uuid as text, would take longer
 * than all else. Where an event has no value, as a followup has no symbol, there is a 0.
 */
export interface EventColumns {
  readonly length: number;
  /** 16 bytes each, as the digits say. */
  readonly uuids: Uint8Array<ArrayBuffer>;
  /** 0 for an initial, 1 for a followup. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** 0 for `a` … 25 for `z`. */
  readonly symbols: Uint8Array<ArrayBuffer>;
  /** 1 where the guess was a vowel. */
  readonly vowels: Uint8Array<ArrayBuffer>;
  readonly instants: BigInt64Array<ArrayBuffer>;
  /** 1 for a replay. */
  readonly replays: Uint8Array<ArrayBuffer>;
}

/** How many events there are in columns at the most: what an engine that keeps columns takes at a time. */
export const COLUMN_EVENTS_MAX = 2048;

export function eventColumns(length: number): EventColumns {
  const bytes = () => new Uint8Array(length);
  return {
    length,
    uuids: new Uint8Array(16 * length),
    kinds: bytes(),
    symbols: bytes(),
    vowels: bytes(),
    instants: new BigInt64Array(length),
    replays: bytes(),
  };
}
