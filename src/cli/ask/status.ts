import { setTimeout } from 'node:timers/promises';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Promises } from '../../contract/store.js';
import { formatInstant } from '../../domain/time.js';
import { type Command, EXIT_FAILED, EXIT_OK, type Terminal } from '../terminal/command.js';
import { printCount, printMegabytes, printSeconds } from '../terminal/progress.js';
import { parseServerUrl } from './simulate.js';

interface StatusValues {
  readonly url: string;
  readonly watch: boolean;
  readonly json: boolean;
}

/** How a server stands. What `--json` prints; rates are of the second before, null where it was restarted in it. */
export interface Status {
  readonly url: string;
  readonly version: string;
  readonly upSeconds: number;
  /** The scheme of its store's URL. */
  readonly store: string;
  /** What an acknowledged event survives. */
  readonly survives: Promises['survives'];
  readonly ready: boolean;
  /** Why it is not ready, and what its store warns of. */
  readonly notes: readonly string[];
  /** Events that were handed to the store. */
  readonly eventsPerSecond: number | null;
  readonly questionsPerSecond: number | null;
  /** Requests that were answered 500 or more. */
  readonly failuresPerSecond: number | null;
  readonly queue: Filled;
  readonly connections: Filled;
  readonly live: Filled;
  /** Null where the store was never verified, keeps no result, or cannot be asked. */
  readonly verification: Proof | null;
  /** Null where the data are not on the server's machine, or cannot be reached. */
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | null;
  readonly residentBytes: number;
}

interface Proof {
  readonly at: string;
  readonly differences: number;
  /** From when on it proved; null: raw events of all time were there. */
  readonly since: string | null;
}

interface Filled {
  readonly now: number;
  readonly max: number;
}

const REQUEST_MILLISECONDS_MAX = 10_000;
const ONCE_MILLISECONDS = 1000;
const WATCH_MILLISECONDS = 2000;

export const statusCommand: Command = {
  name: 'status',
  summary:
    'Say how a running server stands: its store, rates, queue, last proof, disk and memory. Exits with 0 where it is ready, else with 1.',
  arguments: [],
  flags: [
    {
      name: 'url',
      value: 'URL',
      description: 'the address of the server',
      fallback: 'http://127.0.0.1:5000',
      parse: parseServerUrl,
    },
    { name: 'watch', description: 'go on, every two seconds, until interrupted', fallback: false },
    { name: 'json', description: 'print an object, with --watch one a line', fallback: false },
  ],
  examples: ['tallyboard status', 'tallyboard status --url http://10.0.0.7:5000 --watch'],
  async run(values, terminal) {
    const { url, watch, json } = values as unknown as StatusValues;
    const pause = (milliseconds: number) =>
      setTimeout(milliseconds, undefined, { signal: terminal.interrupted }).catch(() => {});
    const print = (status: Status) =>
      json ? `${JSON.stringify(status, undefined, watch ? 0 : 2)}\n` : screen(status);
    let before = await read(url);
    await pause(ONCE_MILLISECONDS);
    if (!watch) {
      const status = statusOf(url, before, await read(url));
      terminal.stdout.write(print(status));
      return status.ready ? EXIT_OK : EXIT_FAILED;
    }
    while (!terminal.interrupted.aborted) {
      try {
        const now = await read(url);
        show(print(statusOf(url, before, now)), terminal);
        before = now;
      } catch (error) {
        terminal.stderr.write(`${describe(error)}\n`);
      }
      await pause(WATCH_MILLISECONDS);
    }
    return EXIT_OK;
  },
};

const CLEAR_SCREEN = '\u001b[H\u001b[2J';

function show(text: string, { stdout }: Terminal): void {
  stdout.write(stdout.isTTY === true ? CLEAR_SCREEN + text : text);
}

/** What a server says of itself at one moment. */
interface Reading {
  readonly at: number;
  readonly metrics: string;
  readonly ready: boolean;
  readonly notes: readonly string[];
}

/** Whether metrics are those of a Tallyboard of this version. */
export function isOfTallyboard(metrics: string): boolean {
  return metrics.includes('\ntallyboard_info{');
}

async function read(url: string): Promise<Reading> {
  const [metrics, readiness] = await Promise.all([ask(url, '/metrics'), ask(url, '/readyz')]);
  if (metrics.status !== 200 || !isOfTallyboard(metrics.text)) {
    throw new TallyboardError(
      'SERVER_UNREACHABLE',
      `${url}/metrics answers ${metrics.status}, and not as a Tallyboard of this version does: ask the server itself, not a proxy before it`,
    );
  }
  const { detail, warnings } = JSON.parse(readiness.text) as { detail?: string; warnings?: string[] };
  return {
    at: performance.now(),
    metrics: metrics.text,
    ready: readiness.status === 200,
    notes: detail === undefined ? (warnings ?? []) : [detail],
  };
}

async function ask(url: string, path: string): Promise<{ status: number; text: string }> {
  try {
    const reply = await fetch(url.replace(/\/+$/, '') + path, {
      signal: AbortSignal.timeout(REQUEST_MILLISECONDS_MAX),
    });
    return { status: reply.status, text: await reply.text() };
  } catch (error) {
    const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    if (cause.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || cause.code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
      throw new TallyboardError(
        'SERVER_UNREACHABLE',
        `what answers at ${url} does not speak HTTPS: write http:// where that is the server itself`,
      );
    }
    throw new TallyboardError(
      'SERVER_UNREACHABLE',
      `no server answers at ${url}: start it, or name another with --url`,
      { cause },
    );
  }
}

/** How a server stands, from what it said at two moments. */
function statusOf(url: string, before: Reading, now: Reading): Status {
  const [was, is] = [before.metrics, now.metrics];
  const seconds = (now.at - before.at) / 1000;
  const restarted = value(was, START) !== value(is, START);
  const perSecond = (count: (metrics: string) => number) =>
    restarted ? null : (count(is) - count(was)) / seconds;
  const filled = (name: string): Filled => ({
    now: value(is, name) ?? 0,
    max: value(is, `${name}_max`) ?? 0,
  });
  const info = (label: string) => new RegExp(`^tallyboard_info\\{.*\\b${label}="([^"]*)"`, 'm').exec(is)![1]!;
  const verifiedAt = value(is, 'tallyboard_verification_timestamp_seconds');
  const provedSince = value(is, 'tallyboard_verification_since_timestamp_seconds');
  const freeBytes = value(is, 'tallyboard_disk_free_bytes');
  return {
    url,
    version: info('version'),
    upSeconds: Math.max(0, Date.now() / 1000 - (value(is, START) ?? 0)),
    store: info('store'),
    survives: info('survives') as Promises['survives'],
    ready: now.ready,
    notes: now.notes,
    eventsPerSecond: perSecond((metrics) => value(metrics, 'tallyboard_commit_events_sum') ?? 0),
    questionsPerSecond: perSecond((metrics) =>
      requests(metrics, /route="\/(dashboard|events)\b.*status="200"/),
    ),
    failuresPerSecond: perSecond((metrics) => requests(metrics, /status="5..?"/)),
    queue: filled('tallyboard_queue_events'),
    connections: filled('tallyboard_http_connections'),
    live: filled('tallyboard_live_clients'),
    verification:
      verifiedAt === undefined
        ? null
        : {
            at: secondsText(verifiedAt),
            differences: value(is, 'tallyboard_verification_differences') ?? 0,
            since: provedSince === undefined ? null : secondsText(provedSince),
          },
    disk:
      freeBytes === undefined
        ? null
        : { freeBytes, sizeBytes: value(is, 'tallyboard_disk_size_bytes') ?? freeBytes },
    residentBytes: value(is, 'process_resident_memory_bytes') ?? 0,
  };
}

function secondsText(seconds: number): string {
  return formatInstant(Math.round(seconds * 1e6));
}

const START = 'process_start_time_seconds';

/** The value of a metric without labels; undefined where there is none. */
function value(metrics: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics);
  return found === null ? undefined : Number(found[1]);
}

/** How many requests were answered whose labels fit. */
function requests(metrics: string, labels: RegExp): number {
  return [...metrics.matchAll(/^tallyboard_http_requests_total\{(.*)\} (\S+)$/gm)]
    .filter(([, text]) => labels.test(text!))
    .reduce((total, [, , count]) => total + Number(count), 0);
}

const SURVIVES: Readonly<Record<Promises['survives'], string>> = {
  nothing: 'keeps nothing',
  process: 'what it acknowledged survives the end of a process, not a power cut',
  power: 'what it acknowledged survives a power cut',
};

function screen(status: Status): string {
  const { verification, disk, queue, connections, live } = status;
  const rows: [string, string][] = [
    ['server', `Tallyboard ${status.version} at ${status.url}, up ${printSeconds(status.upSeconds)}`],
    ['store', `${status.store}: ${SURVIVES[status.survives]}`],
    ['state', status.ready ? 'ready' : 'NOT READY'],
    ...status.notes.map((note): [string, string] => ['', note]),
    [
      'rates',
      `${rate(status.eventsPerSecond)} events, ${rate(status.questionsPerSecond)} questions, ${rate(status.failuresPerSecond)} failures`,
    ],
    ['waiting', `${printCount(queue.now)} of ${printCount(queue.max, 'event')}`],
    [
      'clients',
      `${printCount(connections.now)} of ${printCount(connections.max, 'connection')}, ${printCount(live.now)} of ${printCount(live.max)} live`,
    ],
    ['last proof', verification === null ? 'none is known: run tallyboard verify' : proof(verification)],
    [
      'disk',
      disk === null
        ? 'not known: the data are on another machine, or cannot be reached'
        : `${gigabytes(disk.freeBytes)} of ${gigabytes(disk.sizeBytes)} GB free`,
    ],
    ['memory', printMegabytes(status.residentBytes)],
  ];
  return rows.map(([label, text]) => `${label.padEnd(12)}${text}\n`).join('');
}

function rate(perSecond: number | null): string {
  return perSecond === null ? '?/s' : `${printCount(perSecond)}/s`;
}

function proof({ at, differences, since }: Proof): string {
  const found = differences === 0 ? 'every answer agreed' : `${printCount(differences, 'DIFFERENCE')}`;
  const reach = since === null ? '' : `, with raw events since ${since} UTC`;
  return `${at} UTC, ${found}${reach}`;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
