import { Agent, type ClientRequest, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Uuid } from '../../domain/contact.js';
import { DAY, HOUR, type Instant } from '../../domain/time.js';
import type { Plan } from '../plan.js';
import type { WaitsKind, WaitsResult } from '../report/results.js';
import { startServer } from '../servers/server-process.js';
import type { Target } from '../servers/targets.js';
import { fillStore, inWorker, wholeMinute } from './growth.js';
import { bound, pathsOf } from './questions.js';
import { type Bench, drive } from './rounds.js';

/** What is read beside the probe: so many at the same time, each again as soon as it is answered. */
interface Kind {
  readonly name: string;
  readonly parallel: number;
  /** The path of the `n`-th question of the run. */
  path(n: number): string;
}

/** A contact that repeats itself. */
const REPEATER: Uuid = '6f1c2a52-9a3e-4b7e-8c55-0d1f6a7b9c10';
/** As many as one series may have. */
const BUCKETS = 1999;
const PROBES_A_SECOND = 100;
/** So many that no probe waits for one before it: each shows what the server does, and not a queue of probes. */
const PROBE_CONNECTIONS = 200;
const FILL_REPEATS_SECONDS_MAX = 300;

/**
 * How long a neighbour waits while others read: a probe on `/healthz`, by itself and beside each kind of
 * question. The server has a journal of made-up contacts, and one that repeated itself.
 */
export async function measureWaits(bench: Bench, target: Target, plan: Plan): Promise<WaitsResult> {
  const contacts = Math.min(plan.waitsContacts, target.contactsMax);
  const repeats = Math.min(plan.waitsRepeats, target.contactsMax);
  const seconds = plan.waitsSeconds;
  bench.say(`waits beside reads: ${target.name}, ${contacts.toLocaleString('en-US')} contacts`);
  const site = await target.place(bench.workspace, `${target.name}-waits`);
  const end = wholeMinute(Date.now() * 1000);
  await fillStore(bench, site, contacts, end);
  const repeated = { job: 'repeat', url: site.storeUrl!, uuid: REPEATER, count: repeats, end } as const;
  await inWorker(bench, repeated, FILL_REPEATS_SECONDS_MAX);
  const server = await startServer(bench.workspace, site.command);
  const kinds = kindsOf(end);
  const results = kinds.map(({ name, parallel }) => ({
    name,
    parallel,
    rounds: [] as WaitsKind['rounds'][number][],
    answered: 0,
    refused: 0,
  }));
  // The first round shows what code takes that has not run yet.
  for (let round = -1; round < plan.waitsRounds; round += 1) {
    for (const [at, kind] of kinds.entries()) {
      await server.settle();
      const readers = new Readers(server.port, kind);
      const probe = {
        port: server.port,
        connections: PROBE_CONNECTIONS,
        seconds,
        requests: ['/healthz'],
        rate: PROBES_A_SECOND,
      };
      const { p50, p99, max } = await drive(bench.writer, probe);
      const { answered, refused } = await readers.end();
      if (round === -1) continue;
      results[at]!.rounds.push({ p50, p99, max });
      results[at]!.answered += answered;
      results[at]!.refused += refused;
    }
  }
  await server.stop();
  await site.remove();
  return { store: target.name, contacts, repeats, kinds: results };
}

function kindsOf(end: Instant): Kind[] {
  const zones = Intl.supportedValuesOf('timeZone');
  const ranges = pathsOf('ninetyDays', end, Math.random);
  const series = (length: number, every: string, tz: string) =>
    `/dashboard/series/${bound(end - BUCKETS * length)}Z/${bound(end)}Z?every=${every}&tz=${tz}`;
  const year = `${bound(end - 365 * DAY)}/${bound(end)}`;
  const page = [
    '/',
    `/dashboard/summary/${year}`,
    `/dashboard/series/${year}?every=fit`,
    `/dashboard/range/${year}`,
    `/dashboard/guesses/${year}`,
  ];
  return [
    { name: 'nothing', parallel: 0, path: () => '/' },
    { name: 'the page', parallel: 10, path: (n) => page[n % page.length]! },
    { name: 'series by day, UTC', parallel: 10, path: () => series(DAY, 'day', 'UTC') },
    {
      name: 'series by hour, Asia/Kathmandu',
      parallel: 10,
      path: () => series(HOUR, 'hour', 'Asia/Kathmandu'),
    },
    {
      name: 'series by day, one zone written in many ways',
      parallel: 20,
      path: (n) => series(DAY, 'day', written('America/New_York', n)),
    },
    {
      name: 'series by day, all zones',
      parallel: 20,
      path: (n) => series(DAY, 'day', zones[n % zones.length]!),
    },
    { name: 'ranges of 90 days', parallel: 64, path: (n) => ranges[n % ranges.length]! },
    { name: 'symbols', parallel: 64, path: () => '/dashboard/symbol/e' },
    { name: 'all raw events', parallel: 4, path: () => '/events' },
    { name: 'the story of a contact that repeated itself', parallel: 4, path: () => `/events/${REPEATER}` },
    { name: 'metrics', parallel: 20, path: () => '/metrics' },
  ];
}

/** A name with other letters in upper case for each number. */
function written(name: string, number: number): string {
  return [...name.toLowerCase()].map((c, i) => ((number >> i) & 1 ? c.toUpperCase() : c)).join('');
}

/** Each asks again as soon as it is answered; how long it waits is not looked at. */
class Readers {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #kind: Kind;
  readonly #all: Promise<unknown>;
  readonly #requests = new Set<ClientRequest>();
  readonly #counts = { answered: 0, refused: 0 };
  #asked = 0;
  #over = false;

  constructor(port: number, kind: Kind) {
    this.#port = port;
    this.#kind = kind;
    this.#all = Promise.all(Array.from({ length: kind.parallel }, () => this.#read()));
    this.#all.catch(() => {});
  }

  /** Cuts off what is under way. */
  async end(): Promise<{ readonly answered: number; readonly refused: number }> {
    this.#over = true;
    for (const request of this.#requests) request.destroy();
    await this.#all;
    this.#agent.destroy();
    return this.#counts;
  }

  async #read(): Promise<void> {
    while (!this.#over) {
      const path = this.#kind.path(this.#asked);
      this.#asked += 1;
      try {
        const status = await this.#ask(path);
        if (status === 200) this.#counts.answered += 1;
        else if (status === 429) this.#counts.refused += 1;
        else throw new Error(`${path} was answered ${status}`);
        // As its Retry-After says, about.
        if (status === 429) await pause(REFUSED_MILLISECONDS);
      } catch (error) {
        if (!this.#over) throw error;
      }
    }
  }

  #ask(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent }, (response) => {
        response.once('end', () => resolve(response.statusCode!)).once('error', reject);
        response.resume();
      });
      this.#requests.add(request);
      request.once('close', () => this.#requests.delete(request)).once('error', reject);
    });
  }
}

const REFUSED_MILLISECONDS = 1000;
