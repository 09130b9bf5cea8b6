/**
 * A client of a Tallyboard server, for browsers and for Node, without dependencies. What is not answered, or is
 * answered that the server is busy, is sent again; the uuid keeps a repetition from being counted twice.
 */

import type { ContactSymbol, Uuid } from '../domain/contact.js';
import type { SeriesCut } from '../domain/series.js';
import type { LiveMessage, SeriesAnswer } from '../http/routes/dashboard-schemas.js';
import type { BatchAnswer, FollowupAnswer, InitialAnswer, TallyRow } from '../http/routes/schemas.js';
import { liveMessages } from './live.js';
import { type CallOptions, type ClientOptions, Sender } from './sender.js';

export { ClientError, type ClientErrorCode } from './client-error.js';
export type {
  BatchAnswer,
  CallOptions,
  ClientOptions,
  FollowupAnswer,
  InitialAnswer,
  LiveMessage,
  SeriesAnswer,
  TallyRow,
};

export interface InitialOptions extends CallOptions {
  /** The contact's name; a new one where it is left out. */
  readonly uuid?: Uuid;
}

/** An initial, where there is a symbol; else a followup. */
export interface BatchItem {
  readonly uuid: Uuid;
  readonly symbol?: ContactSymbol;
}

export interface RangeOptions extends CallOptions {
  /** The IANA zone of bounds that carry none. Default UTC. */
  readonly tz?: string;
}

export interface SeriesOptions extends RangeOptions {
  /** The length of the buckets; `fit` narrows the range to the days of its contacts, and chooses. */
  readonly every: SeriesCut;
  /** Only the contacts of one symbol. */
  readonly symbol?: ContactSymbol;
}

/** Each call rejects with a `ClientError`, or with the reason of its `signal` where that was aborted. */
export interface Client {
  /** Opens a contact, and answers with the guess. */
  initial(symbol: ContactSymbol, options?: InitialOptions): Promise<InitialAnswer>;
  /** Goes on with a contact. */
  followup(uuid: Uuid, options?: CallOptions): Promise<FollowupAnswer>;
  /**
   * Logs many events in their order, 10,000 at most where the server has no other limit. The answer has one result
   * for each; one that is refused keeps no other from being stored.
   */
  batch(items: readonly BatchItem[], options?: CallOptions): Promise<BatchAnswer>;
  /** The tally of one symbol, of all time. */
  symbol(symbol: ContactSymbol, options?: CallOptions): Promise<TallyRow>;
  /** 26 tallies, `a` to `z`, of the contacts with `lower <= initial < upper`: dates, or dates and times to the minute. */
  range(lower: string, upper: string, options?: RangeOptions): Promise<TallyRow[]>;
  /** The range cut into buckets of time. */
  series(lower: string, upper: string, options: SeriesOptions): Promise<SeriesAnswer>;
  /**
   * Totals and newest events as they come, until the loop over them is left. A connection that breaks is made
   * again, and told what it missed; after `attemptsMax` in a row that brought no message it rejects.
   */
  live(options?: CallOptions): AsyncGenerator<LiveMessage, void, void>;
}

const AS_JSON = { 'content-type': 'application/json' };

/**
 * A client of the server at a URL, which may end in a path; in a browser '' is the server of the page. Throws a
 * `TypeError` where it is none.
 */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const sender = new Sender(url, options);
  const span = (lower: string, upper: string) => `${encodeURIComponent(lower)}/${encodeURIComponent(upper)}`;
  return {
    initial: (symbol, { uuid = newUuid(), signal } = {}) =>
      sender.json({ method: 'POST', path: '/initial', query: { uuid, symbol } }, signal),
    followup: (uuid, { signal } = {}) =>
      sender.json({ method: 'POST', path: '/followup', query: { uuid } }, signal),
    batch: (items, { signal } = {}) =>
      sender.json({ method: 'POST', path: '/batch', headers: AS_JSON, body: JSON.stringify(items) }, signal),
    symbol: (symbol, { signal } = {}) =>
      sender.json({ method: 'GET', path: `/dashboard/symbol/${encodeURIComponent(symbol)}` }, signal),
    range: (lower, upper, { signal, ...query } = {}) =>
      sender.json({ method: 'GET', path: `/dashboard/range/${span(lower, upper)}`, query }, signal),
    series: (lower, upper, { signal, ...query }) =>
      sender.json(
        { method: 'GET', path: `/dashboard/series/${span(lower, upper)}`, query: { ...query } },
        signal,
      ),
    live: ({ signal } = {}) => liveMessages(sender, signal),
  };
}

/** `crypto.randomUUID` is missing in pages that did not come by HTTPS. */
function newUuid(): Uuid {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
