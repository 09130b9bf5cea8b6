import { connect, type Socket } from 'node:net';
import { Histogram } from '../../simulator/histogram.js';
import { STALL_MILLISECONDS } from '../report/results.js';
import { ReplyReader } from './reply-reader.js';
import { batchRequests, ingestRequests, type Requests, readRequests } from './requests.js';

/** One slice of load on a server. */
export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** `ingest`: initials and followups; else the paths that are read in a circle. */
  readonly requests: 'ingest' | readonly string[];
  /** So many of the initials and followups go out in one request; without it each in its own. */
  readonly batchEvents?: number;
  /** Requests a second over all connections; without it each connection sends as soon as it is answered. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** All that were answered, those after the end of the slice included. */
  readonly requests: number;
  /** Answered with another status than 200, by status. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests answered 200 that opened a contact are at most these. */
  readonly initials: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** The share of requests that took longer than each of `STALL_MILLISECONDS`. */
  readonly stalls: readonly number[];
  /** Processor time of this process over the time that passed. */
  readonly generatorCpuShare: number;
}

/**
 * Sends one kind of request over connections that are kept alive, one request in flight on each, and waits
 * for every reply. Latency counts from when a request was due, so a paced job shows the stalls of a server.
 */
export async function runLoadJob(job: LoadJob): Promise<LoadResult> {
  const load = new Load(job);
  try {
    await load.connect();
    return await load.run();
  } finally {
    load.end();
  }
}

/** How long replies are waited for after the end of a slice: a naive store scans its table for each. */
const DRAIN_SECONDS_MAX = 60;
/** The replies to batches are long, and all others short. */
const READ_BYTES = 16 * 1024;
const TICK_MILLISECONDS = 1;

class Load {
  readonly #job: LoadJob;
  readonly #connections: Connection[] = [];
  readonly #latency = new Histogram();
  readonly #refused: Record<string, number> = {};
  #free: Connection[] = [];
  /** When the requests that wait for a free connection were due. */
  #due: number[] = [];
  #deadline = Number.POSITIVE_INFINITY;
  #inTime = 0;
  #inFlight = 0;
  #fail: (error: Error) => void = () => {};
  #drained: () => void = () => {};

  constructor(job: LoadJob) {
    this.#job = job;
  }

  async connect(): Promise<void> {
    const { port, connections } = this.#job;
    for (let i = 0; i < connections; i += 1) {
      const connection = new Connection(
        sourceOf(this.#job),
        (status, sentAt) => this.#answered(connection, status, sentAt),
        (error) => this.#fail(error),
      );
      this.#connections.push(connection);
    }
    await Promise.all(this.#connections.map((connection) => connection.connect(port)));
  }

  async run(): Promise<LoadResult> {
    const { seconds, rate } = this.#job;
    const cpu = process.cpuUsage();
    const started = performance.now();
    this.#deadline = started + seconds * 1000;
    let pace: NodeJS.Timeout | undefined;
    let limit: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#drained = resolve;
        const tooLong = () => reject(new Error(`replies are missing after ${DRAIN_SECONDS_MAX} s`));
        limit = setTimeout(tooLong, (seconds + DRAIN_SECONDS_MAX) * 1000);
        if (rate === undefined) for (const connection of this.#connections) this.#send(connection, started);
        else {
          this.#free = [...this.#connections];
          pace = setInterval(() => this.#tick(started, rate), TICK_MILLISECONDS);
        }
      });
    } finally {
      clearInterval(pace);
      clearTimeout(limit);
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      requestsPerSecond: this.#inTime / seconds,
      requests: this.#latency.count,
      refused: this.#refused,
      initials: this.#connections.reduce((sum, { requests }) => sum + requests.initials, 0),
      p50: this.#latency.percentile(0.5),
      p99: this.#latency.percentile(0.99),
      p999: this.#latency.percentile(0.999),
      max: this.#latency.max,
      stalls: STALL_MILLISECONDS.map((edge) => this.#latency.countOver(edge) / this.#latency.count || 0),
      generatorCpuShare: (user + system) / 1000 / (performance.now() - started),
    };
  }

  end(): void {
    this.#fail = () => {};
    for (const connection of this.#connections) connection.end();
  }

  #issued = 0;

  #tick(started: number, rate: number): void {
    const now = performance.now();
    if (now >= this.#deadline) {
      // What was not sent by now is not sent at all.
      this.#due = [];
      if (this.#inFlight === 0) this.#drained();
      return;
    }
    const owed = Math.floor(((now - started) * rate) / 1000);
    for (; this.#issued < owed; this.#issued += 1) {
      // In turns: a server closes connections on which nothing comes.
      const connection = this.#free.shift();
      if (connection === undefined) this.#due.push(now);
      else this.#send(connection, now);
    }
  }

  #send(connection: Connection, dueAt: number): void {
    this.#inFlight += 1;
    connection.send(dueAt);
  }

  #answered(connection: Connection, status: number, sentAt: number): void {
    const now = performance.now();
    this.#inFlight -= 1;
    this.#latency.record(now - sentAt);
    if (now <= this.#deadline) this.#inTime += 1;
    if (status !== 200) this.#refused[status] = (this.#refused[status] ?? 0) + 1;
    if (this.#job.rate !== undefined) {
      const dueAt = this.#due.shift();
      if (dueAt === undefined) this.#free.push(connection);
      else this.#send(connection, dueAt);
    } else if (now < this.#deadline) this.#send(connection, now);
    else if (this.#inFlight === 0) this.#drained();
  }
}

function sourceOf({ port, requests, batchEvents }: LoadJob): Requests {
  if (requests !== 'ingest') return readRequests(port, requests);
  return batchEvents === undefined ? ingestRequests(port) : batchRequests(port, batchEvents);
}

class Connection {
  readonly requests: Requests;
  readonly #onReply: (status: number, sentAt: number) => void;
  readonly #onFailure: (error: Error) => void;
  readonly #reader = new ReplyReader();
  #socket: Socket | undefined;
  #sentAt = 0;

  constructor(
    requests: Requests,
    onReply: (status: number, sentAt: number) => void,
    onFailure: (error: Error) => void,
  ) {
    this.requests = requests;
    this.#onReply = onReply;
    this.#onFailure = onFailure;
  }

  connect(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        noDelay: true,
        // One buffer a connection: none is allocated for each reply.
        onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback: (n, bytes) => this.#read(n, bytes) },
      });
      this.#socket = socket;
      socket.once('connect', resolve);
      socket.once('error', (error) => {
        reject(error);
        this.#onFailure(error);
      });
      socket.once('close', () => this.#onFailure(new Error('the server closed a connection')));
    });
  }

  send(dueAt: number): void {
    this.#sentAt = dueAt;
    this.#socket!.write(this.requests.next(), 'latin1');
  }

  end(): void {
    this.#socket?.destroy();
  }

  #read(length: number, bytes: Uint8Array): boolean {
    try {
      const status = this.#reader.take(bytes as Buffer, length);
      if (status !== 0) this.#onReply(status, this.#sentAt);
    } catch (error) {
      this.#onFailure(error as Error);
    }
    return true;
  }
}
