import { type Dispatcher, Pool } from 'undici';

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The contact had this request already. */
  readonly replayed: boolean;
  /** The server's clock, to the second, in milliseconds since 1970; undefined where it does not say. */
  readonly serverMilliseconds: number | undefined;
}

/** What came of sending a request once. */
export type Attempt =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** No connection could be made, so the server cannot have seen the request. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /** It was sent, and nothing is known of what became of it. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface HttpClient {
  request(method: 'GET' | 'POST', path: string, body?: string): Promise<Attempt>;
  /** Gives up what is under way: it comes back as unsent or lost. */
  destroy(): Promise<void>;
  destroyed(): boolean;
}

/** What a server may ask for: one token for its dashboard, another for what logs events. */
export interface Tokens {
  readonly dashboard?: string | undefined;
  readonly ingest?: string | undefined;
}

export interface HttpClientOptions {
  readonly tokens?: Tokens | undefined;
  readonly connections: number;
  /** How long a reply may take to begin, and how long its parts may stay away. */
  readonly requestMillisecondsMax: number;
}

/**
 * A client with keep-alive connections to one server, or to several that share a store: their addresses are
 * separated by commas, and take turns, so that a retry goes to another one. An address may end in a path that
 * all requests begin with.
 */
export function httpClient(url: string, options: HttpClientOptions): HttpClient {
  const servers = url.split(',').map((address) => connect(address, options));
  let turn = 0;
  return {
    request(method, path, body) {
      turn = (turn + 1) % servers.length;
      const { pool, prefix, headers } = servers[turn]!;
      const type = body === undefined ? {} : NDJSON;
      return send(pool, {
        method,
        path: prefix + path,
        headers: { ...headers[method], ...type },
        body: body ?? null,
      });
    },
    async destroy() {
      await Promise.all(servers.map(({ pool }) => pool.destroy()));
    },
    destroyed: () => servers.some(({ pool }) => pool.destroyed),
  };
}

interface Server {
  readonly pool: Pool;
  readonly prefix: string;
  readonly headers: Readonly<Record<'GET' | 'POST', Record<string, string>>>;
}

function connect(address: string, options: HttpClientOptions): Server {
  const { origin, pathname } = new URL(address);
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    connectTimeout: Math.min(options.requestMillisecondsMax, CONNECT_MILLISECONDS_MAX),
    headersTimeout: options.requestMillisecondsMax,
    bodyTimeout: options.requestMillisecondsMax,
    maxResponseSize: REPLY_BYTES_MAX,
  });
  const headers = {
    GET: authorization(options.tokens?.dashboard),
    POST: authorization(options.tokens?.ingest),
  };
  return { pool, prefix: pathname.replace(/\/+$/, ''), headers };
}

const CONNECT_MILLISECONDS_MAX = 10_000;
/** The answer to a batch of ten thousand events that are all refused has 3 MB. */
const REPLY_BYTES_MAX = 8 * 1024 * 1024;
const NDJSON = { 'content-type': 'application/x-ndjson' };

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

// undici's own request() makes a stream of each body, which costs more than the rest of a simulated request.
function send(pool: Pool, options: Dispatcher.DispatchOptions): Promise<Attempt> {
  return new Promise((resolve) => {
    let started = false;
    let status = 0;
    let replayed = false;
    let serverMilliseconds: number | undefined;
    const chunks: Buffer[] = [];
    pool.dispatch(options, {
      onRequestStart() {
        started = true;
      },
      onResponseStart(_controller, statusCode, headers) {
        status = statusCode;
        replayed = headers['idempotent-replayed'] === 'true';
        serverMilliseconds = readDate(headers.date);
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ kind: 'reply', reply: { status, text, replayed, serverMilliseconds } });
      },
      onResponseError(_controller, error) {
        resolve({ kind: started ? 'lost' : 'unsent', reason: reasonOf(error) });
      },
    });
  });
}

let dateText = '';
let dateRead: number | undefined;

/** Reads a Date header. It changes once a second, so the last one is kept. */
function readDate(text: string | string[] | undefined): number | undefined {
  if (typeof text !== 'string') return undefined;
  if (text !== dateText) {
    dateText = text;
    const read = Date.parse(text);
    dateRead = Number.isNaN(read) ? undefined : read;
  }
  return dateRead;
}

function reasonOf(error: Error & { code?: string }): string {
  const parts = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const text = parts.map((part) => part.message).join('; ') || error.name;
  return error.code === undefined || text.includes(error.code) ? text : `${text} (${error.code})`;
}
