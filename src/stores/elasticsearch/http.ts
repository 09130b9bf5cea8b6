import { Pool } from 'undici';
import { authorityOf, type OneServer } from '../shared/server-url.js';

/** What Elasticsearch says where it does not do what it was asked. */
export class AnswerError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.name = 'AnswerError';
    this.status = status;
  }
}

const CONNECTIONS = 12;
const REASON_MAX = 300;
const UNAUTHORIZED = 401;
const PASSWORD_ADVICE =
  'the server asks for a user and a password that it knows: put them in the URL, or the password in a file (?password-file=)';

/**
 * JSON over a pool of connections: half a dozen requests are all that is needed, and the official clients refuse
 * each other's servers.
 */
export class Http {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(server: OneServer) {
    const { username, password, tls, timeout } = server;
    this.#pool = new Pool(`${tls === undefined ? 'http' : 'https'}://${authorityOf(server)}`, {
      connections: CONNECTIONS,
      connect: { timeout, ...tls },
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    const credentials = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
    this.#headers = username === undefined ? {} : { authorization: `Basic ${credentials}` };
  }

  /** Rejects with an `AnswerError` where the status is no success; `body` as lines of JSON where it is a list. */
  async ask<Answer>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer> {
    const isLines = Array.isArray(body);
    const { statusCode, body: answer } = await this.#pool.request({
      method,
      path,
      headers: {
        ...this.#headers,
        'content-type': isLines ? 'application/x-ndjson' : 'application/json',
      },
      body: isLines
        ? body.map((line) => `${JSON.stringify(line)}\n`).join('')
        : (JSON.stringify(body) ?? null),
    });
    const text = await answer.text();
    if (statusCode >= 200 && statusCode < 300) return JSON.parse(text) as Answer;
    const reason = statusCode === UNAUTHORIZED ? PASSWORD_ADVICE : reasonIn(text);
    throw new AnswerError(statusCode, `${statusCode}: ${reason}`);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** What an answer gives as its reason, or its beginning. */
function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { type?: string; reason?: string } };
    if (error?.type !== undefined) return `${error.type}: ${error.reason}`;
  } catch {
    // Whoever answered is something else, such as a proxy.
  }
  return text.slice(0, REASON_MAX);
}
