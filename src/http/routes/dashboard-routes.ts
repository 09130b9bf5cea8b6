import { breath } from '../../contract/breath.js';
import type { ErrorCode } from '../../contract/errors.js';
import type { ContactSymbol } from '../../domain/contact.js';
import { whole } from '../../domain/tally.js';
import type { Range } from '../../domain/time.js';
import type { Notes } from '../kept/notes.js';
import { Type } from '../libraries.js';
import type { LiveHub } from '../live/hub.js';
import { readAgainst, readCut, readNarrowing, readRangeOf, readUsual, readZone } from '../read.js';
import { fromStore, sendJson, tallyRows } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { requireOpen } from '../sockets/lifecycle.js';
import type { Slots } from '../sockets/slots.js';
import { counts, guessRows, narrowed } from './dashboard-answers.js';
import { createDashboardReadings } from './dashboard-readings.js';
import {
  AboutAnswer,
  type Counts,
  GuessRows,
  LiveMessage,
  NarrowedQuery,
  OverviewAnswer,
  OverviewQuery,
  SeriesAnswer,
  SeriesQuery,
  SummaryAnswer,
} from './dashboard-schemas.js';
import { RANGE_ERRORS, STORE_ERRORS } from './route-errors.js';
import type { App } from './routes.js';
import { RangePath } from './schemas.js';

/** Adds what the dashboard's page asks besides the tallies of symbols and ranges. */
export function addDashboardRoutes(
  app: App,
  options: ServerOptions,
  { readings, series, hub, notes }: { readings: Slots; series: Slots; hub: LiveHub; notes: Notes },
): void {
  const { about, data, lifecycle, metrics, warnings } = options;
  const answers = createDashboardReadings(options, { readings, series });

  app.get('/dashboard/series/:lower/:upper', SERIES, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const tz = readZone(request);
    const cut = readCut(request.query);
    const symbol = readNarrowing(request.query);
    const text = await answers.series({ range, tz, cut, symbol }, request);
    reply.header('cache-control', 'no-store');
    return sendJson(reply, text);
  });

  app.get('/dashboard/summary/:lower/:upper', SUMMARY, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const symbol = readNarrowing(request.query);
    const { summary } = await answers.summary(range, symbol, request);
    reply.header('cache-control', 'no-store');
    return summary;
  });

  app.get('/dashboard/guesses/:lower/:upper', GUESSES, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const symbol = readNarrowing(request.query);
    const rows = await fromStore(data.talliesOfRange(range));
    reply.header('cache-control', 'no-store');
    return guessRows(rows, symbol);
  });

  app.get('/dashboard/overview/:lower/:upper', OVERVIEW, async (request, reply) => {
    requireOpen(lifecycle);
    const range = readRangeOf(request);
    const symbol = readNarrowing(request.query);
    const question = { tz: readZone(request), cut: readCut(request.query), symbol };
    const against = readAgainst(request);
    const usual = readUsual(request);
    const { summary, tallies } = await answers.summary(range, symbol, request);
    const head = JSON.stringify({
      summary,
      rows: tallyRows(tallies),
      guesses: guessRows(tallies, symbol),
      usual: await usualCounts(usual, symbol),
      notes: await notes.within(range),
      keepsNotes: data.keepsDocuments,
    });
    const parts = [`"series":${await answers.series({ ...question, range, bySymbol: true }, request)}`];
    if (against === undefined) parts.push('"against":null');
    else {
      const rows = await fromStore(data.talliesOfRange(against.untilNow));
      const sums = JSON.stringify({
        ...counts(whole(narrowed(rows, symbol))),
        rows: tallyRows(rows),
        guesses: guessRows(rows, symbol),
      });
      const text = await answers.series({ ...question, range: against.range }, request);
      parts.push(`"against":${sums.slice(0, -1)},"series":${text}}`);
    }
    reply.header('cache-control', 'no-store');
    return sendJson(reply, `${head.slice(0, -1)},${parts.join()}}`);
  });

  async function usualCounts(ranges: readonly Range[], symbol: ContactSymbol | undefined): Promise<Counts[]> {
    const found: Counts[] = [];
    for (const range of ranges) {
      found.push(counts(whole(narrowed(await fromStore(data.talliesOfRange(range)), symbol))));
      const pause = breath();
      if (pause !== undefined) await pause;
    }
    return found;
  }

  app.get('/dashboard/about', ABOUT, async (_request, reply) => {
    requireOpen(lifecycle);
    const { survives, writers } = data.promises;
    reply.header('cache-control', 'no-store');
    return {
      version: about.version,
      store: about.scheme,
      ...{ survives, writers },
      warnings: [...(warnings?.() ?? [])],
      commits: await metrics.commitTimes(),
    };
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

/** What sums a range, of all symbols or of one. */
const OF_RANGE = {
  guarded: 'dashboard' as const,
  isShared: true,
  errors: ['SYMBOL_INVALID', ...RANGE_ERRORS] as ErrorCode[],
};

/** What has a series in its answer. */
const OF_SERIES = {
  ...OF_RANGE,
  errors: ['EVERY_INVALID', 'BUCKETS_TOO_MANY', 'READINGS_TOO_MANY', ...OF_RANGE.errors] as ErrorCode[],
};

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
  config: OF_SERIES,
};

const OVERVIEW = {
  schema: {
    operationId: 'overviewOfRange',
    summary: 'All that the page shows of a range, in one answer',
    description:
      'The summary, the rows of all symbols, the guesses and the series of a range; of `against`, the range that it is compared with, the same as far as `until`, and the whole series; and the counts of the ranges in `usual`. Each part is read in turn: while events come, a later one may have some that an earlier one lacks.',
    params: RangePath,
    querystring: OverviewQuery,
    response: { 200: OverviewAnswer },
  },
  config: OF_SERIES,
};

const SUMMARY = {
  schema: {
    operationId: 'summaryOfRange',
    summary: 'The contacts of a range in one row, and what is known of the store',
    params: RangePath,
    querystring: NarrowedQuery,
    response: { 200: SummaryAnswer },
  },
  config: OF_RANGE,
};

const GUESSES = {
  schema: {
    operationId: 'guessesOfRange',
    summary: 'How good the guesses were: by letters and by what was said',
    params: RangePath,
    querystring: NarrowedQuery,
    response: { 200: GuessRows },
  },
  config: OF_RANGE,
};

const ABOUT = {
  schema: {
    operationId: 'aboutServer',
    summary: 'Which server this is, what its store promises, and how long it takes for a batch',
    response: { 200: AboutAnswer },
  },
  config: { guarded: 'dashboard' as const, errors: ['STORE_OPENING'] as ErrorCode[] },
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
