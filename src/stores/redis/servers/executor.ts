import { setTimeout as pause } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import { TallyboardError } from '../../../contract/errors.js';
import { within } from '../../../contract/within.js';
import type { Script } from '../scripts.js';
import { noteAnswer, noteSilence, serverOf, troubleOf } from './connection.js';
import type { Nodes } from './nodes.js';
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

export interface RunOptions {
  /** How many replicas must have what was written, before it counts as done. Every call must write something. */
  readonly replicas?: number;
  /** Whether a refusal has to say that something may have been stored. */
  readonly isAppend?: boolean;
  /** When the first of what is asked began to wait, by `performance.now()`: the time for all attempts begins then. */
  readonly since?: number | undefined;
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
  #isGivenUp = false;
  /** That data of the store are gone, where that was found. */
  damage: TallyboardError | undefined;

  constructor(nodes: Nodes, options: RedisOptions) {
    this.#nodes = nodes;
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** The servers that did not answer when they were asked last, and why. */
  away(): { server: string; reason: string }[] {
    return this.#nodes.masters().flatMap((client) => {
      const isOpen = client.status === 'ready';
      const reason = troubleOf(client) ?? (isOpen ? undefined : 'the connection is down');
      return reason === undefined ? [] : [{ server: serverOf(client), reason }];
    });
  }

  /** What keeps the store from answering now, for the operator; undefined where nothing does. */
  trouble(): string | undefined {
    if (this.damage !== undefined) return this.damage.message;
    const away = this.away();
    const masters = this.#nodes.masters().length;
    if (masters > away.length) return undefined;
    if (masters === 0) return 'no master of the Cluster is known';
    return `Redis does not answer: ${away.map(({ server, reason }) => `${server}: ${reason}`).join('; ')}`;
  }

  /** From now on nothing is sent again. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Answers with one reply a job, as bytes. */
  async run(
    jobs: readonly Job[],
    { replicas = 0, isAppend = false, since = performance.now() }: RunOptions = {},
  ): Promise<unknown[]> {
    const replies: unknown[] = new Array(jobs.length);
    const deadline = since + this.#options.retryMilliseconds;
    const unknownScripts = new Set<number>();
    let pending = jobs.map((_, i) => i);
    let mayBeStored = false;
    for (let attempt = 1; ; attempt += 1) {
      const failures = await this.#attempt(jobs, pending, unknownScripts, replicas, replies);
      if (failures.size === 0) return replies;
      mayBeStored ||= failures.size < pending.length || ![...failures.values()].every(isNotDone);
      pending = [...failures.keys()];
      const [failure] = failures.values();
      const refuse = (refusal: TallyboardError) => (isAppend && mayBeStored ? uncertain(refusal) : refusal);
      const lasting = this.#judge(failures, unknownScripts);
      if (lasting === 'news only') continue;
      if (lasting !== undefined) throw refuse(lasting);
      if (this.#isClosed) throw refuse(closed());
      const rest = deadline - performance.now();
      if (rest <= 0 || this.#isGivenUp) throw refuse(this.#unavailable(failure!, attempt));
      const wait = RETRY_MILLISECONDS_LEAST * 2 ** Math.min(attempt - 1, 10);
      await pause(Math.min(wait, RETRY_MILLISECONDS_MAX));
      // To look who has what may take longer than there is time.
      await within(this.#nodes.refresh(), rest).catch(() => {});
    }
  }

  /** What trying again cannot mend, if there is something; `news only` where the texts of scripts are missing. */
  #judge(
    failures: ReadonlyMap<number, Error>,
    unknownScripts: Set<number>,
  ): TallyboardError | 'news only' | undefined {
    let isNewsOnly = true;
    for (const [i, failure] of failures) {
      if (/^NOSCRIPT/.test(failure.message) && !unknownScripts.has(i)) unknownScripts.add(i);
      else {
        isNewsOnly = false;
        const refusal = lastingRefusal(failure, this.#options);
        if (refusal?.code === 'STORE_DAMAGED') this.damage = refusal;
        if (refusal !== undefined) return refusal;
      }
    }
    return isNewsOnly ? 'news only' : undefined;
  }

  #unavailable(failure: Error, attempts: number): TallyboardError {
    const times = attempts === 1 ? 'an attempt' : `${attempts} attempts`;
    const away = this.away().map(({ server, reason }) => `${server}: ${reason}`);
    const advice = adviceOn(failure);
    const why = [...away, ...(advice === undefined ? [] : [advice])].join('; ');
    return new TallyboardError(
      'STORE_UNAVAILABLE',
      `Redis did not do what it was asked in ${times}${why === '' ? '' : ` (${why})`}`,
      { cause: failure },
    );
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
      if (client === undefined) failures.set(i, new NotSent(`no server has the slot ${jobs[i]!.slot}`));
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
        // Behind its address there may be another server by now: the one that took its place.
        if (results.some(([error]) => error !== null && DEMOTED.test(error.message))) client.disconnect(true);
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
    // A later write than those of earlier attempts, on whatever connection, so it waits for these as well.
    if (replicas > 0) pipeline.call('WAIT', replicas, Math.ceil(attemptMilliseconds / 2));
    // What comes later than this on the connection would be taken for the answer to something else.
    const timer = setTimeout(() => {
      noteSilence(client, attemptMilliseconds);
      client.disconnect(true);
    }, attemptMilliseconds);
    try {
      const results = (await pipeline.exec()) ?? [];
      if (results.some(([error]) => error === null || isReply(error))) noteAnswer(client);
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
    new Error(
      `${Number(count)} of ${replicas} replicas confirmed what was written: it is on the primary only`,
    );
  return own.map(([error, reply]) => [error ?? failure, reply]);
}

/** What a server says that will be otherwise soon: while a slot moves, a replica takes over, data are loaded. */
const PASSING =
  /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|READONLY|MASTERDOWN|NOREPLICAS|BUSY|NOSCRIPT|UNBLOCKED)\b|non local key|cluster is down/;

/** Of these, what is said by a server that others may write to, and that is not the master any more. */
const DEMOTED = /^(READONLY|MASTERDOWN)\b/;

/** What it means to the operator. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/replicas confirmed/, 'add replicas, or ask for a smaller wait in the store URL'],
  [/^NOREPLICAS/, 'it has fewer replicas than its min-replicas-to-write asks for'],
  [/^(READONLY|MASTERDOWN)/, 'it is a replica: name its master'],
  [
    /^(CLUSTERDOWN|MOVED|ASK|TRYAGAIN)|no server has/,
    'a part of the Cluster has no master, or is being moved',
  ],
  [/^LOADING/, 'it loads its data'],
  [/^BUSY/, 'a script of somebody keeps it busy'],
  [/^OOM/, 'its memory is full: raise maxmemory, archive old raw events, or add servers'],
  [/^MISCONF/, 'it cannot write to its disk: the operator looks at it'],
  [
    /^(NOAUTH|WRONGPASS|NOPERM)|can't run this command|ACL failure in script/,
    'it refuses the user: check user and password, and that the commands of docs/stores/redis.md and all keys of the prefix are allowed',
  ],
];

function adviceOn(failure: Error): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(failure.message))?.[1];
}

/** Was never sent, so it was not done. */
class NotSent extends Error {}

function isReply(failure: Error): boolean {
  return failure.name === 'ReplyError';
}

/** What a server answers with an error was not done; of what it did not answer nobody knows. */
function isNotDone(failure: Error): boolean {
  return isReply(failure) || failure instanceof NotSent || /Stream isn't writeable/.test(failure.message);
}

/** What trying again cannot mend. Only what a server replied can last; a connection comes back. */
function lastingRefusal(failure: Error, { isCluster }: RedisOptions): TallyboardError | undefined {
  if (!isReply(failure)) return undefined;
  if (!isCluster && /^(MOVED|ASK|CLUSTERDOWN)\b/.test(failure.message)) {
    const reason = 'the server belongs to a Cluster: write redis+cluster://';
    return new TallyboardError('STORE_URL_INVALID', reason, { cause: failure });
  }
  if (PASSING.test(failure.message)) return undefined;
  if (/TALLYBOARD the partition is gone/.test(failure.message)) {
    return new TallyboardError(
      'STORE_DAMAGED',
      'a partition of the store is gone from Redis: its keys were deleted, or a server came back without its data; restore them, or start with an empty database',
      { cause: failure },
    );
  }
  const advice = adviceOn(failure) ?? 'its own words are in the log';
  return new TallyboardError('STORE_UNAVAILABLE', `Redis refused the call, ${advice}`, { cause: failure });
}

/** The same, where some of a batch, or an attempt that was not answered, may have been stored. */
function uncertain(refusal: TallyboardError): TallyboardError {
  return new TallyboardError(
    'STORE_UNCERTAIN',
    'Redis did not confirm the event: it may be stored or not; send the same request again, it is never counted twice',
    { cause: refusal },
  );
}

function closed(): TallyboardError {
  return new TallyboardError('STORE_CLOSED', 'the store was closed meanwhile: open it first');
}
