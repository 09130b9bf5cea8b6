import { Type } from 'typebox';
import { breath, inTurns } from '../../contract/breath.js';
import type { DataInterface } from '../../contract/data-interface.js';
import type { ErrorCode } from '../../contract/errors.js';
import { TallyboardError } from '../../contract/errors.js';
import { cutRange, fitRange, type SeriesReading } from '../../domain/series.js';
import { type SplitTally, type Tally, whole } from '../../domain/tally.js';
import { formatInstant, type Instant, type Range, withinEvents } from '../../domain/time.js';
import type { LiveHub } from '../live/hub.js';
import { readCut, readNarrowing, readRangeOf, readZone } from '../read.js';
import { fromStore, sendJson } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { requireOpen } from '../sockets/lifecycle.js';
import { takeReading, takeSeries } from '../sockets/readings.js';
import type { Slots } from '../sockets/slots.js';
import { guessRows, maybeInstant, narrowed, splitCounts, verificationAnswer } from './dashboard-answers.js';
import {
  GuessRows,
  LiveMessage,
  NarrowedQuery,
  SeriesAnswer,
  type SeriesBucket,
  SeriesQuery,
  SummaryAnswer,
} from './dashboard-schemas.js';
import { createVerificationReader } from './last-verification.js';
import { RANGE_ERRORS, STORE_ERRORS } from './route-errors.js';
import type { App } from './routes.js';
import { RangePath } from './schemas.js';

/**
 * How many buckets of a store without roll-ups may be asked for: each looks at every event. There are 550
 * years in which events can be, and in a zone a part of one more.
 */
const SCANNED_BUCKETS_MAX = 551;

/** Adds what the dashboard's page asks besides the tallies of symbols and ranges. */
export function addDashboardRoutes(
  app: App,
  options: ServerOptions,
  { readings, series, hub }: { readings: Slots; series: Slots; hub: LiveHub },
): void {
  const { access, data, feed, lifecycle, limits, log, now } = options;
  const lastVerification = createVerificationReader(data, log);
  const isScanned = data.promises.rollups.length === 0;

  app.get('/dashboard/series/:lower/:upper', SERIES, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const tz = readZone(request);
    const cut = readCut(request.query);
    const symbol = readNarrowing(request.query);
    const bucketsMax = isScanned
      ? Math.min(SCANNED_BUCKETS_MAX, limits.seriesBucketsMax)
      : limits.seriesBucketsMax;
    const release = isScanned ? takeReading(readings, limits) : await takeSeries(series, limits);
    try {
      const { step, edges } = taken(
        await inTurns(
          cut === 'fit'
            ? fitRange(range, await extentOf(data, range), tz, bucketsMax)
            : cutRange(range, cut, tz, bucketsMax),
        ),
      );
      const buckets: string[] = [];
      const tallies = data.talliesOfSeries(edges)[Symbol.asyncIterator]();
      // Nobody waits for the rest where the client has gone.
      while (!request.raw.socket.destroyed) {
        const next = await fromStore(tallies.next());
        if (next.done === true) break;
        buckets.push(JSON.stringify(bucketOf(edges, buckets.length, narrowed(next.value, symbol))));
        const pause = breath();
        if (pause !== undefined) await pause;
      }
      await tallies.return?.();
      reply.header('cache-control', 'no-store');
      const head: Omit<SeriesAnswer, 'buckets'> = {
        lower: formatInstant(edges[0]!),
        upper: formatInstant(edges.at(-1)!),
        every: step,
        tz,
        symbol: symbol ?? null,
        source: isScanned ? 'scans' : 'rollups',
      };
      return sendJson(reply, `${JSON.stringify(head).slice(0, -1)},"buckets":[${buckets.join()}]}`);
    } finally {
      release();
    }
  });

  app.get('/dashboard/summary/:lower/:upper', SUMMARY, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const symbol = readNarrowing(request.query);
    const [rows, unmatched, replays, { verification, unreadable }] = await fromStore(
      Promise.all([data.talliesOfRange(range), data.unmatched(), data.replays(), lastVerification()]),
    );
    const split = narrowed(rows, symbol);
    const { earliest, latest } = whole(split);
    const { lower, upper } = withinEvents(range);
    reply.header('cache-control', 'no-store');
    return {
      now: formatInstant(now()),
      lower: formatInstant(lower),
      upper: formatInstant(upper),
      ...splitCounts(split),
      earliest: maybeInstant(earliest),
      latest: maybeInstant(latest),
      newestAt: maybeInstant(newer(feed.newestAt(), latest)),
      integrity: {
        unmatched,
        replays,
        replaysSinceStart: feed.replays,
        keepsVerification: data.keepsVerification,
        verification: verificationAnswer(verification),
        verificationUnreadable: unreadable,
      },
      signedIn: access.hasSession(request),
    };
  });

  app.get('/dashboard/guesses/:lower/:upper', GUESSES, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const symbol = readNarrowing(request.query);
    const rows = await fromStore(data.talliesOfRange(range));
    reply.header('cache-control', 'no-store');
    return guessRows(rows, symbol);
  });

  app.get('/dashboard/live', LIVE, async (request, reply) => {
    requireOpen(lifecycle);
    const id = request.headers['last-event-id'];
    const messages = await hub.connect(typeof id === 'string' ? id : undefined);
    request.raw.socket.once('end', () => hub.noteHalfOpen(messages));
    return reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-store, no-transform')
      .header('x-accel-buffering', 'no')
      .send(messages);
  });
}

function taken(reading: SeriesReading): SeriesReading & { readonly ok: true } {
  if (!reading.ok) throw new TallyboardError(reading.problem, reading.detail);
  return reading;
}

/** From when to when a range has contacts, of whatever symbol. */
async function extentOf(data: DataInterface, range: Range): Promise<Tally> {
  return whole(narrowed(await fromStore(data.talliesOfRange(range)), undefined));
}

function bucketOf(edges: readonly Instant[], index: number, split: SplitTally): SeriesBucket {
  return {
    start: formatInstant(edges[index]!),
    end: formatInstant(edges[index + 1]!),
    ...splitCounts(split),
  };
}

function newer(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || (other !== null && other > one) ? other : one;
}

const SERIES = {
  schema: {
    operationId: 'seriesOfRange',
    summary: 'The contacts of a range over time',
    description:
      'Cut where the clocks of the zone `tz` begin a minute, an hour, a day, a week (Monday), a month or a year. Years in which no event can be (before 1700, from 2250 on) are left out.',
    params: RangePath,
    querystring: SeriesQuery,
    response: { 200: SeriesAnswer },
  },
  config: {
    guarded: 'dashboard' as const,
    errors: [
      'EVERY_INVALID',
      'BUCKETS_TOO_MANY',
      'SYMBOL_INVALID',
      'READINGS_TOO_MANY',
      ...RANGE_ERRORS,
    ] as ErrorCode[],
  },
};

const SUMMARY = {
  schema: {
    operationId: 'summaryOfRange',
    summary: 'The contacts of a range in one row, and what is known of the store',
    params: RangePath,
    querystring: NarrowedQuery,
    response: { 200: SummaryAnswer },
  },
  config: { guarded: 'dashboard' as const, errors: ['SYMBOL_INVALID', ...RANGE_ERRORS] as ErrorCode[] },
};

const GUESSES = {
  schema: {
    operationId: 'guessesOfRange',
    summary: 'How good the guesses were: by letters and by what was said',
    params: RangePath,
    querystring: NarrowedQuery,
    response: { 200: GuessRows },
  },
  config: { guarded: 'dashboard' as const, errors: ['SYMBOL_INVALID', ...RANGE_ERRORS] as ErrorCode[] },
};

/** What is sent is a stream of texts; what each is like is for the document. */
const STREAMED = Type.Unsafe<unknown>(LiveMessage);

const LIVE = {
  // A HEAD would have to wait for the end of what has none.
  exposeHeadRoute: false,
  schema: {
    operationId: 'listenLive',
    summary: 'Totals and newest events, as they change: server-sent events',
    description:
      'Each message has the schema below as its data, and an id; a client that comes back with it in `Last-Event-ID` is told what it missed. At most two messages a second. Where there is none for ten seconds comes an event of the type `alive`, with the clock of the server as its data (UTC, YYYY-MM-DD HH:MM:SS.ffffff): a line that is silent for 15 seconds is broken. Where all places are taken and others want one, the client that was there longest has its stream ended: it comes back as it does after a break.',
    response: {
      200: { description: 'Server-sent events', content: { 'text/event-stream': { schema: STREAMED } } },
    },
  },
  config: { guarded: 'dashboard' as const, errors: ['CLIENTS_TOO_MANY', ...STORE_ERRORS] as ErrorCode[] },
};
