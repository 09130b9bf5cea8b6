import { ClientError } from './client-error.js';

export interface ClientOptions {
  /** What the server was started with: `dashboard` for all that is read, `ingest` for what logs. */
  readonly tokens?: { readonly dashboard?: string; readonly ingest?: string };
  /** How long one attempt may take, with its answer. Default 10,000. */
  readonly requestMillisecondsMax?: number;
  /** How often a request is sent in all; the pauses between grow to five seconds. Default 8. */
  readonly attemptsMax?: number;
}

export interface CallOptions {
  /** Gives the call up; it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends requests to one server. */
export class Sender {
  readonly requestMillisecondsMax: number;
  readonly attemptsMax: number;
  readonly #base: string;
  readonly #tokens: NonNullable<ClientOptions['tokens']>;

  constructor(url: string, { tokens = {}, requestMillisecondsMax = 10_000, attemptsMax = 8 }: ClientOptions) {
    this.#base = baseOf(url);
    this.#tokens = tokens;
    this.requestMillisecondsMax = requestMillisecondsMax;
    this.attemptsMax = attemptsMax;
  }

  /** The JSON that a request is answered with, sent until it is answered for good. */
  async json<T>(request: Request, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const limit = AbortSignal.timeout(this.requestMillisecondsMax);
        return await this.once(request, anyOf(signal, limit), async (reply) =>
          readJson<T>(await reply.text()),
        );
      } catch (error) {
        await pauseAfter(error, attempt, this.attemptsMax, signal);
      }
    }
  }

  /** Sends a request once, and hands its answer to `read`. Whatever fails is a `ClientError`. */
  async once<T>(request: Request, signal: AbortSignal, read: (reply: Response) => Promise<T>): Promise<T> {
    const { method, path, query = {}, headers, body } = request;
    const given = Object.entries(query).filter((field): field is [string, string] => field[1] !== undefined);
    const fields = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
    const token = method === 'GET' ? this.#tokens.dashboard : this.#tokens.ingest;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      const reply = await fetch(`${this.#base}${path}${fields}`, {
        method,
        headers: { accept: 'application/json', ...authorization, ...headers },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      if (!reply.ok) throw await refusalOf(reply, query.uuid);
      return await read(reply);
    } catch (error) {
      if (error instanceof ClientError) throw error;
      throw new ClientError('NO_ANSWER', `${method} ${path} was not answered: ${reasonOf(error)}`, {
        transient: true,
        uuid: query.uuid,
        cause: error,
      });
    }
  }
}

function baseOf(url: string): string {
  if (url === '' || /^(https?:\/)?\//i.test(url)) return url.replace(/\/+$/, '');
  throw new TypeError(`'${url}' is not the address of a server: write one such as http://127.0.0.1:5000`);
}

/** Waits before the next attempt, or throws where there is to be none. */
export async function pauseAfter(
  error: unknown,
  attempt: number,
  attemptsMax: number,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  if (!(error instanceof ClientError) || !error.transient || attempt >= attemptsMax) throw error;
  const growing = Math.min(PAUSE_MILLISECONDS * 2 ** (attempt - 1), PAUSE_MILLISECONDS_MAX);
  const asked = Math.min((error.retryAfterSeconds ?? 0) * 1000, ASKED_MILLISECONDS_MAX);
  // Not all at the same moment, where many clients lost the same server.
  await sleep(Math.max(growing * (0.5 + Math.random() / 2), asked), signal);
}

const PAUSE_MILLISECONDS = 100;
const PAUSE_MILLISECONDS_MAX = 5000;
const ASKED_MILLISECONDS_MAX = 30_000;

/** Refusals that another attempt may not meet: a time-out, a limit of rate, no room, and a proxy without its server. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

async function refusalOf(reply: Response, uuid: string | undefined): Promise<ClientError> {
  const { status } = reply;
  const problem = problemIn(await reply.text());
  const details = {
    status,
    transient: PASSING.has(status),
    retryAfterSeconds: Number(reply.headers.get('retry-after')) || undefined,
    uuid,
  };
  return problem === undefined
    ? new ClientError(
        'ANSWER_INVALID',
        `answered ${status}, without a problem document: look at the URL`,
        details,
      )
    : new ClientError(problem.code, problem.detail, details);
}

function problemIn(text: string): { code: ClientError['code']; detail: string } | undefined {
  try {
    const problem = JSON.parse(text) as Partial<Record<'code' | 'detail', unknown>> | null;
    const { code, detail } = problem ?? {};
    if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
    return { code: code as ClientError['code'], detail };
  } catch {
    return undefined;
  }
}

export function readJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new ClientError('ANSWER_INVALID', 'the answer is not JSON: look at the URL', {
      transient: false,
      cause: error,
    });
  }
}

/** Node says in the cause what it was; browsers say nothing. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}

export function anyOf(signal: AbortSignal | undefined, limit: AbortSignal): AbortSignal {
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
