import type { FastifyRequest } from 'fastify';
import { breath, inTurns } from '../../contract/breath.js';
import type { DataInterface } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { ContactSymbol } from '../../domain/contact.js';
import { cutRange, fitRange, type SeriesCut, type SeriesReading } from '../../domain/series.js';
import { type SplitTally, type Tally, whole } from '../../domain/tally.js';
import { formatInstant, type Instant, type Range, withinEvents } from '../../domain/time.js';
import { fromStore, maybeInstant } from '../reply.js';
import type { ServerOptions } from '../server-options.js';
import { takeReading, takeSeries } from '../sockets/readings.js';
import type { Slots } from '../sockets/slots.js';
import { later, narrowed, splitCounts, verificationAnswer } from './dashboard-answers.js';
import type { SeriesAnswer, SeriesBucket, SummaryAnswer } from './dashboard-schemas.js';
import { createVerificationReader } from './last-verification.js';

/**
 * How many buckets of a store without roll-ups may be asked for: each looks at every event. There are 550
 * years in which events can be, and in a zone a part of one more.
 */
const SCANNED_BUCKETS_MAX = 551;

export interface SeriesQuestion {
  readonly range: Range;
  readonly tz: string;
  readonly cut: SeriesCut;
  readonly symbol: ContactSymbol | undefined;
  /** Whether each bucket lists the contacts of all symbols. */
  readonly bySymbol?: boolean;
}

/** What several questions of the dashboard are answered with. */
export interface DashboardReadings {
  /** A `SeriesAnswer` as JSON. It ends early where the client has gone. */
  series(question: SeriesQuestion, request: FastifyRequest): Promise<string>;
  /** The summary of a range, and the tallies that it was made of. */
  summary(
    range: Range,
    symbol: ContactSymbol | undefined,
    request: FastifyRequest,
  ): Promise<{ summary: SummaryAnswer; tallies: readonly SplitTally[] }>;
}

/** Makes them of what the server has. */
export function createDashboardReadings(
  { access, data, feed, limits, log, now }: ServerOptions,
  { readings, series }: { readings: Slots; series: Slots },
): DashboardReadings {
  const lastVerification = createVerificationReader(data, log);
  const isScanned = data.promises.rollups.length === 0;
  const bucketsMax = isScanned
    ? Math.min(SCANNED_BUCKETS_MAX, limits.seriesBucketsMax)
    : limits.seriesBucketsMax;

  return {
    async series({ range, tz, cut, symbol, bySymbol = false }, request) {
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
          const bucket = bucketOf(edges, buckets.length, narrowed(next.value, symbol));
          buckets.push(JSON.stringify(bySymbol ? { ...bucket, symbols: countsOf(next.value) } : bucket));
          const pause = breath();
          if (pause !== undefined) await pause;
        }
        await tallies.return?.();
        const head: Omit<SeriesAnswer, 'buckets'> = {
          lower: formatInstant(edges[0]!),
          upper: formatInstant(edges.at(-1)!),
          every: step,
          tz,
          symbol: symbol ?? null,
          source: isScanned ? 'scans' : 'rollups',
        };
        return `${JSON.stringify(head).slice(0, -1)},"buckets":[${buckets.join()}]}`;
      } finally {
        release();
      }
    },

    async summary(range, symbol, request) {
      const [tallies, unmatched, replays, { verification, unreadable }] = await fromStore(
        Promise.all([data.talliesOfRange(range), data.unmatched(), data.replays(), lastVerification()]),
      );
      const split = narrowed(tallies, symbol);
      const { earliest, latest } = whole(split);
      const { lower, upper } = withinEvents(range);
      const summary = {
        now: formatInstant(now()),
        lower: formatInstant(lower),
        upper: formatInstant(upper),
        ...splitCounts(split),
        earliest: maybeInstant(earliest),
        latest: maybeInstant(latest),
        newestAt: maybeInstant(later(feed.newestAt(), latest)),
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
      return { summary, tallies };
    },
  };
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

function countsOf(tallies: readonly SplitTally[]): number[] {
  return tallies.map((split) => whole(split).count);
}
