/** What the server allows a client, and itself. Each is a flag of `serve` by the same name. */
export interface Limits {
  readonly headersSeconds: number;
  readonly headerBytesMax: number;
  readonly bodySeconds: number;
  readonly bodyBytesMax: number;
  readonly urlBytesMax: number;
  readonly idleSeconds: number;
  readonly connectionsMax: number;
  readonly queueEventsMax: number;
  readonly batchEventsMax: number;
  readonly batchBytesMax: number;
  readonly batchQueueEventsMax: number;
  readonly stopSecondsMax: number;
  readonly seriesBucketsMax: number;
  readonly seriesReadingsMax: number;
  readonly seriesWaitingMax: number;
  readonly eventReadingsMax: number;
  readonly liveClientsMax: number;
}

/** The limits where none are given. */
export const LIMITS: Limits = Object.freeze({
  headersSeconds: 5,
  headerBytesMax: 8 * 1024,
  bodySeconds: 10,
  bodyBytesMax: 4 * 1024,
  urlBytesMax: 2 * 1024,
  // Longer than the 60 seconds after which most proxies drop an idle connection, so that they close it first.
  idleSeconds: 72,
  connectionsMax: 10_000,
  queueEventsMax: 16_384,
  batchEventsMax: 10_000,
  batchBytesMax: 4 * 1024 * 1024,
  // Those of 64 clients that send two thousand each.
  batchQueueEventsMax: 131_072,
  stopSecondsMax: 10,
  // A day of minutes, or eleven weeks of hours.
  seriesBucketsMax: 2000,
  seriesReadingsMax: 4,
  // Each takes some milliseconds: those of a hundred pages that are opened at once.
  seriesWaitingMax: 256,
  eventReadingsMax: 4,
  liveClientsMax: 100,
});

/** What each limit is, for `--help`. */
export const LIMIT_DESCRIPTIONS: Readonly<Record<keyof Limits, string>> = {
  headersSeconds: 'how long the headers of a request may take to arrive',
  headerBytesMax: 'the size of the URL and the headers of a request together',
  bodySeconds: 'how long a whole request, body included, may take to arrive',
  bodyBytesMax: 'the size of the body of a request',
  urlBytesMax: 'the length of a URL',
  idleSeconds: 'how long a connection may stay open between two requests',
  connectionsMax: 'how many connections may be open at the same time; further ones are closed at once',
  queueEventsMax: 'how many events of single calls may wait for the store; further ones are answered 503',
  batchEventsMax: 'how many events a batch may have',
  batchBytesMax: 'the size of a batch, unpacked',
  batchQueueEventsMax:
    'how many events of batches may be read, or wait for the store, at the same time; further batches are answered 503',
  stopSecondsMax: 'how long requests in flight are waited for when the server stops',
  seriesBucketsMax: 'how many buckets a series may have',
  seriesReadingsMax: 'how many series may be read at the same time; further ones wait their turn',
  seriesWaitingMax: 'how many series may wait for that; further ones are answered 429',
  eventReadingsMax:
    'how many requests may read raw events, or a store without roll-ups, at the same time; further ones are answered 429',
  liveClientsMax:
    'how many live connections of pages may be open; beyond it the one that was there longest makes room for another',
};

/** How often Node looks for connections that have exceeded their time: the precision of those limits. */
export const CONNECTIONS_CHECK_SECONDS = 1;

/** Node takes whole milliseconds only, and 0 for no limit. */
export function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}
