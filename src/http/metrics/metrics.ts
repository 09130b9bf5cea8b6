import type { Server } from 'node:http';
import { breath } from '../../contract/breath.js';
import type { DataInterface } from '../../contract/data-interface.js';
import type { Commit } from '../../contract/lane.js';
import { Counter, collectDefaultMetrics, Gauge, Registry } from '../libraries.js';
import { type Lifecycle, PHASES } from '../sockets/lifecycle.js';
import { Histogram } from './histogram.js';
import { type Standing, watchStanding } from './standing.js';

const REQUEST_SECONDS_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const COMMIT_SECONDS_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];
const COMMIT_EVENTS_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/** The route of a request that has none: an unknown path, or no HTTP at all. */
export const NO_ROUTE = 'none';

/** What is watched when the metrics are read. */
export interface Watched extends Standing {
  readonly data: Standing['data'] & Pick<DataInterface, 'unmatched'> & { queueDepth(): number };
  readonly lifecycle: Lifecycle;
  readonly server: Server;
  readonly readings: { readonly taken: number };
  readonly batches: { readonly events: number };
  readonly hub: { readonly clients: number };
}

/** In milliseconds, as near as the buckets of the metric tell. */
export interface CommitTimes {
  readonly batches: number;
  readonly median: number;
  readonly p99: number;
}

export interface Metrics {
  readonly contentType: string;
  /** All of them as they are now. Whoever asks while that is gathered is told the same. */
  text(): Promise<string>;
  /** To be handed to the group commit. */
  readonly onCommit: (commit: Commit) => void;
  /** How long the store took for batches since the start; null where it took none. */
  commitTimes(): Promise<CommitTimes | null>;
  readonly replays: Readonly<Record<'initial' | 'followup', { inc(by?: number): void }>>;
  readonly conflicts: { inc(by?: number): void };
  /** The items of batches, by what became of them. */
  readonly batchItems: Readonly<Record<'accepted' | 'replayed' | 'refused', { inc(by?: number): void }>>;
  readonly connectionsDropped: { inc(): void };
  /** Makes the counting function of one route; to be made once and called for each request. */
  forRoute(method: string, route: string): (status: number, seconds: number) => void;
  /** Counts a request that reached no route. */
  unrouted(method: string, status: number): void;
  /** Adds what is looked up when the metrics are read. */
  watch(watched: Watched): void;
}

/** Makes the metrics of one server, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // Under their usual names (process_…, nodejs_…), which dashboards and alarms for Node know.
  collectDefaultMetrics({ register: registry });

  /** How many requests of each route were answered with each status since the metrics were last read. */
  const answered: { method: string; route: string; byStatus: Map<number, number> }[] = [];
  const requests = new Counter({
    name: 'tallyboard_http_requests_total',
    help: 'Requests answered, by method, route and status; route "none" is an unknown path or malformed HTTP',
    labelNames: ['method', 'route', 'status'],
    registers,
    collect() {
      for (const { method, route, byStatus } of answered) {
        for (const [status, count] of byStatus) this.inc({ method, route, status }, count);
        byStatus.clear();
      }
    },
  });
  const requestSeconds = new Histogram({
    name: 'tallyboard_http_request_duration_seconds',
    help: 'Time from the end of the headers of a request to its answer, by method and route',
    buckets: REQUEST_SECONDS_BUCKETS,
    registry,
  });
  const connectionsDropped = new Counter({
    name: 'tallyboard_http_connections_dropped_total',
    help: 'Connections closed at once because connectionsMax were open',
    registers,
  });
  const replays = new Counter({
    name: 'tallyboard_replays_total',
    help: 'Requests that repeated an earlier one of the same contact, by kind of event',
    labelNames: ['kind'],
    registers,
  });
  const conflicts = new Counter({
    name: 'tallyboard_symbol_conflicts_total',
    help: 'Initials refused because their contact has another symbol',
    registers,
  });
  const batchItems = new Counter({
    name: 'tallyboard_batch_items_total',
    help: 'Items of batches that were answered 200, by what became of them: accepted, replayed or refused',
    labelNames: ['result'],
    registers,
  });
  const commitEvents = new Histogram({
    name: 'tallyboard_commit_events',
    help: 'Events in one batch handed to the store',
    buckets: COMMIT_EVENTS_BUCKETS,
    registry,
  }).under();
  const commitDuration = new Histogram({
    name: 'tallyboard_commit_duration_seconds',
    help: 'Time that the store took for one batch',
    buckets: COMMIT_SECONDS_BUCKETS,
    registry,
  });
  const commitSeconds = commitDuration.under();
  const commitFailures = new Counter({
    name: 'tallyboard_commit_failures_total',
    help: 'Batches that the store could not take',
    registers,
  });

  let gathering: Promise<string> | undefined;
  let beginnings: readonly (() => void)[] = [];
  return {
    contentType: registry.contentType,
    text() {
      gathering ??= gather(registry, beginnings).finally(() => {
        gathering = undefined;
      });
      return gathering;
    },
    onCommit({ events, seconds, failed }) {
      commitEvents(events);
      commitSeconds(seconds);
      if (failed) commitFailures.inc();
    },
    async commitTimes() {
      const { values } = await commitDuration.get();
      const counts = values.flatMap(({ labels, value }) => {
        const { le } = labels as { readonly le?: number | string };
        return le === undefined ? [] : [{ upTo: Number(le === '+Inf' ? Infinity : le), count: value }];
      });
      const batches = counts.at(-1)?.count ?? 0;
      if (batches === 0) return null;
      return { batches, median: quantile(counts, batches / 2), p99: quantile(counts, 0.99 * batches) };
    },
    replays: { initial: replays.labels('initial'), followup: replays.labels('followup') },
    conflicts,
    batchItems: {
      accepted: batchItems.labels('accepted'),
      replayed: batchItems.labels('replayed'),
      refused: batchItems.labels('refused'),
    },
    connectionsDropped,
    forRoute(method, route) {
      const byStatus = new Map<number, number>();
      answered.push({ method, route, byStatus });
      const observe = requestSeconds.under({ method, route });
      return (status, seconds) => {
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
        observe(seconds);
      };
    },
    unrouted(method, status) {
      requests.inc({ method, route: NO_ROUTE, status });
    },
    watch(watched) {
      watch(registry, watched);
      beginnings = watchStanding(registry, watched);
    },
  };
}

/** The milliseconds within which so many were, evenly within a bucket; of the last, where it begins. */
function quantile(
  counts: readonly { readonly upTo: number; readonly count: number }[],
  rank: number,
): number {
  const place = counts.findIndex(({ count }) => count >= rank);
  const { upTo, count } = counts[place]!;
  const below = counts[place - 1] ?? { upTo: 0, count: 0 };
  if (upTo === Infinity) return 1000 * below.upTo;
  return 1000 * (below.upTo + ((upTo - below.upTo) * (rank - below.count)) / (count - below.count));
}

/** One after the other, because some take a millisecond; as the registry would put them together. */
async function gather(registry: Registry, beginnings: readonly (() => void)[]): Promise<string> {
  for (const begin of beginnings) begin();
  const texts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    const pause = breath();
    if (pause !== undefined) await pause;
    texts.push(await registry.getSingleMetricAsString(name));
  }
  return `${texts.join('\n\n')}\n`;
}

function watch(registry: Registry, watched: Watched): void {
  const { data, lifecycle, server, readings, batches, hub, trouble } = watched;
  const registers = [registry];
  new Gauge({
    name: 'tallyboard_queue_events',
    help: 'Events that wait for a batch',
    registers,
    collect() {
      this.set(data.queueDepth());
    },
  });
  new Gauge({
    name: 'tallyboard_batch_queue_events',
    help: 'Events of batches that are read or wait for the store, of batchQueueEventsMax at most',
    registers,
    collect() {
      this.set(batches.events);
    },
  });
  new Gauge({
    name: 'tallyboard_unmatched_followups',
    help: 'Contacts with a followup whose initial has not come; absent while the store cannot say',
    registers,
    async collect() {
      // The other metrics are wanted most of all when the store is in trouble: then it is not waited for.
      const count = trouble?.() === undefined ? await data.unmatched().catch(() => undefined) : undefined;
      if (count === undefined) this.remove();
      else this.set(count);
    },
  });
  new Gauge({
    name: 'tallyboard_store_state',
    help: 'Where the server stands with its store: 1 for the state that it is in',
    labelNames: ['state'],
    registers,
    collect() {
      for (const phase of PHASES) this.set({ state: phase }, lifecycle.phase === phase ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tallyboard_store_reachable',
    help: 'Whether the engine of the store answers: 0 while /readyz says why it does not',
    registers,
    collect() {
      this.set(lifecycle.phase === 'open' && trouble?.() === undefined ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tallyboard_live_clients',
    help: 'Live connections that are open, of liveClientsMax at most',
    registers,
    collect() {
      this.set(hub.clients);
    },
  });
  new Gauge({
    name: 'tallyboard_event_readings',
    help: 'Readings of raw events that are under way, of eventReadingsMax at most',
    registers,
    collect() {
      this.set(readings.taken);
    },
  });
  new Gauge({
    name: 'tallyboard_http_connections',
    help: 'Connections that are open',
    registers,
    async collect() {
      this.set(
        await new Promise<number>((resolve) => {
          server.getConnections((error, count) => resolve(error === null ? count : 0));
        }),
      );
    },
  });
}
