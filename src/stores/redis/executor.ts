import { setTimeout as pause } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import { TallyboardError } from '../../contract/errors.js';
import type { Nodes } from './nodes.js';
import type { Script } from './scripts.js';
import type { RedisOptions } from './url.js';

export type Argument = string | Buffer | number;

/** One call, on the server that has the slot of its key. */
export interface Job {
  readonly slot: number;
  readonly key: string;
  /** A script, called with the key and the arguments, or a command. */
  readonly call: Script | string;
  readonly arguments: readonly Argument[];
}

const RETRY_MILLISECONDS_LEAST = 10;
const RETRY_MILLISECONDS_MAX = 200;

/**
 * Sends calls, those of one server in one pipeline, and sends again what was not answered, until it is or
 * the time is over. So every call must be harmless when it is made twice.
 */
export class Executor {
  readonly #nodes: Nodes;
  readonly #options: RedisOptions;
  #isClosed = false;

  constructor(nodes: Nodes, options: RedisOptions) {
    this.#nodes = nodes;
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Answers with one reply a job, as bytes. `replicas`: how many must have what was written before. */
  async run(jobs: readonly Job[], replicas = 0): Promise<unknown[]> {
    const replies: unknown[] = new Array(jobs.length);
    const deadline = performance.now() + this.#options.retryMilliseconds;
    const unknownScripts = new Set<number>();
    let pending = jobs.map((_, i) => i);
    for (let attempt = 0; ; attempt += 1) {
      const failures = await this.#attempt(jobs, pending, unknownScripts, replicas, replies);
      if (failures.size === 0) return replies;
      pending = [...failures.keys()];
      const isNewsOnly = this.#judge(failures, unknownScripts);
      if (isNewsOnly) continue;
      const [failure] = failures.values();
      if (this.#isClosed) throw closed();
      if (performance.now() >= deadline) throw unavailable(failure!, attempt + 1);
      await pause(Math.min(RETRY_MILLISECONDS_LEAST * 2 ** Math.min(attempt, 10), RETRY_MILLISECONDS_MAX));
      await this.#nodes.refresh();
    }
  }

  /** Throws what trying again cannot mend; true where all that is missing is the text of a script. */
  #judge(failures: ReadonlyMap<number, Error>, unknownScripts: Set<number>): boolean {
    let isNewsOnly = true;
    for (const [i, failure] of failures) {
      if (/^NOSCRIPT/.test(failure.message) && !unknownScripts.has(i)) unknownScripts.add(i);
      else {
        isNewsOnly = false;
        throwIfLasting(failure);
      }
    }
    return isNewsOnly;
  }

  async #attempt(
    jobs: readonly Job[],
    pending: readonly number[],
    unknownScripts: ReadonlySet<number>,
    replicas: number,
    replies: unknown[],
  ): Promise<Map<number, Error>> {
    const failures = new Map<number, Error>();
    const groups = new Map<Redis, number[]>();
    for (const i of pending) {
      const client = this.#nodes.nodeOf(jobs[i]!.slot);
      if (client === undefined) failures.set(i, new Error(`no server has the slot ${jobs[i]!.slot}`));
      else if (groups.has(client)) groups.get(client)!.push(i);
      else groups.set(client, [i]);
    }
    await Promise.all(
      [...groups].map(async ([client, group]) => {
        const results = await this.#send(client, jobs, group, unknownScripts, replicas);
        for (const [at, i] of group.entries()) {
          const [error, reply] = results[at]!;
          if (error === null) replies[i] = reply;
          else failures.set(i, error);
        }
      }),
    );
    return failures;
  }

  async #send(
    client: Redis,
    jobs: readonly Job[],
    group: readonly number[],
    unknownScripts: ReadonlySet<number>,
    replicas: number,
  ): Promise<readonly (readonly [Error | null, unknown])[]> {
    const pipeline = client.pipeline();
    for (const i of group) add(pipeline, jobs[i]!, unknownScripts.has(i));
    const { attemptMilliseconds } = this.#options;
    if (replicas > 0) pipeline.call('WAIT', replicas, Math.ceil(attemptMilliseconds / 2));
    // What comes later than this on the connection would be taken for the answer to something else.
    const timer = setTimeout(() => client.disconnect(true), attemptMilliseconds);
    try {
      const results = (await pipeline.exec()) ?? [];
      if (replicas === 0) return results;
      return reached(results, replicas);
    } catch (error) {
      return group.map(() => [error as Error, undefined]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function add(pipeline: ChainableCommander, job: Job, withSource: boolean): void {
  if (typeof job.call === 'string') pipeline.callBuffer(job.call, job.key, ...job.arguments);
  else if (withSource) pipeline.callBuffer('EVAL', job.call.source, 1, job.key, ...job.arguments);
  else pipeline.callBuffer('EVALSHA', job.call.digest, 1, job.key, ...job.arguments);
}

/** The results without that of WAIT; all of them failed where too few replicas have them. */
function reached(
  results: readonly (readonly [Error | null, unknown])[],
  replicas: number,
): readonly (readonly [Error | null, unknown])[] {
  const [waitError, count] = results.at(-1)!;
  const own = results.slice(0, -1);
  if (waitError === null && Number(count) >= replicas) return own;
  const failure =
    waitError ??
    new Error(`${Number(count)} of ${replicas} replicas confirmed the events: they are on the primary only`);
  return own.map(([error, reply]) => [error ?? failure, reply]);
}

/** What a server says that will be otherwise soon: while a slot moves, a replica takes over, data are loaded. */
const PASSING =
  /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|READONLY|MASTERDOWN|NOREPLICAS|BUSY|NOSCRIPT|UNBLOCKED)\b|non local key|cluster is down/;

function throwIfLasting(failure: Error): void {
  // Only what a server replied can last; a connection comes back.
  if (failure.name !== 'ReplyError' || PASSING.test(failure.message)) return;
  if (/TALLYBOARD the partition is gone/.test(failure.message)) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      'a partition of the store is gone from Redis: its keys were deleted, or a server came back without its data; restore them, or start with an empty database',
      { cause: failure },
    );
  }
  const advice = /^OOM/.test(failure.message)
    ? 'its memory is full: raise maxmemory, archive old raw events, or add servers'
    : /^MISCONF/.test(failure.message)
      ? 'it cannot write to its disk: the operator looks at it'
      : /^(NOAUTH|WRONGPASS|NOPERM)/.test(failure.message)
        ? 'it refuses the user: check user and password, and that scripts and all keys of the prefix are allowed'
        : 'its own words are in the log';
  throw new TallyboardError('STORE_UNAVAILABLE', `Redis refused the call, ${advice}`, { cause: failure });
}

function unavailable(failure: Error, attempts: number): TallyboardError {
  return new TallyboardError(
    'STORE_UNAVAILABLE',
    `Redis did not confirm in ${attempts} attempts: the event may be stored or not; send the same request again, it is never counted twice`,
    { cause: failure },
  );
}

function closed(): TallyboardError {
  return new TallyboardError('STORE_CLOSED', 'the store was closed meanwhile: open it first');
}
