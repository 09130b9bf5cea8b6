import type { FastifyReply } from 'fastify';
import { type ErrorCode, TallyboardError } from '../contract/errors.js';
import { type ContactSymbol, SYMBOLS } from '../domain/contact.js';
import { type SplitTally, whole } from '../domain/tally.js';
import { formatInstant, type Instant } from '../domain/time.js';
import { WRONG_TOKEN_SECONDS } from './access/wrong-tokens.js';
import type { TallyRow } from './routes/schemas.js';

export const PROBLEM_TYPE = 'application/problem+json';
/** For what is no page: it loads nothing, and stands in no frame. */
export const FRAMED_NOWHERE = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** How long a client is asked to wait after a 429 or 503, by the code; others ask for `RETRY_SECONDS`. */
const RETRY_SECONDS_BY_CODE: Readonly<Record<string, number>> = {
  STORE_OPENING: 5,
  STORE_UNAVAILABLE: 5,
  STORE_UNCERTAIN: 5,
  // Somebody has to restore them first, or to stop this server.
  STORE_DAMAGED: 60,
  STORE_LOCKED: 60,
  CLIENTS_TOO_MANY: 5,
  TOKENS_TOO_MANY: WRONG_TOKEN_SECONDS,
};
const RETRY_SECONDS = 1;

/** One row of the dashboard, in the contract's order of fields. */
export function tallyRow(symbol: ContactSymbol, split: SplitTally): TallyRow {
  const { count, earliest, latest, followups } = whole(split);
  return {
    count,
    symbol,
    earliest: maybeInstant(earliest),
    latest: maybeInstant(latest),
    followups,
  };
}

/** The rows of all symbols. */
export function tallyRows(tallies: readonly SplitTally[]): TallyRow[] {
  return SYMBOLS.map((symbol, index) => tallyRow(symbol, tallies[index]!));
}

/** `formatInstant`, of an instant that may be missing. */
export function maybeInstant(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}

/** Answers with JSON that was printed bit by bit, because to print all of it at once takes long. */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text);
}

/** The problem document of an error. */
export function problemDocument(error: TallyboardError): string {
  return JSON.stringify({
    type: `urn:tallyboard:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
  });
}

/** The headers that go with an error's status. */
export function problemHeaders(error: TallyboardError): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    // Not even where the page that could not be answered with might be.
    ...FRAMED_NOWHERE,
  };
  if (error.status === 429 || error.status === 503) {
    headers['retry-after'] = String(RETRY_SECONDS_BY_CODE[error.code] ?? RETRY_SECONDS);
  }
  // RFC 9110, 15.5.16: so the client sees that its type is not the reason.
  if (error.code === 'ENCODING_UNSUPPORTED') headers['accept-encoding'] = 'identity';
  return headers;
}

/** Answers a request with the problem document of an error. */
export function sendProblem(reply: FastifyReply, error: TallyboardError): FastifyReply {
  // They may stand there already, of the answer that failed.
  for (const name of ['content-encoding', 'etag', 'last-modified']) reply.removeHeader(name);
  // Bytes, because to text of a JSON type Fastify adds a charset, which the media type does not have.
  return reply
    .code(error.status)
    .headers(problemHeaders(error))
    .send(Buffer.from(problemDocument(error)));
}

/**
 * What a client is told of an error that came from the store. The store's own words may name files and hosts:
 * they are for the log.
 */
export function storeRefusal(error: unknown, refusals = READ_REFUSALS): TallyboardError {
  if (error instanceof TallyboardError && TOLD_CODES.has(error.code)) return error;
  const code = error instanceof TallyboardError && error.code in refusals ? error.code : 'STORE_UNAVAILABLE';
  return new TallyboardError(code, refusals[code]!, { cause: error });
}

/** The same of an event that was to be logged. */
export function eventRefusal(error: unknown): TallyboardError {
  return storeRefusal(error, EVENT_REFUSALS);
}

/** The same of a batch. */
export function batchRefusal(error: unknown): TallyboardError {
  return storeRefusal(error, BATCH_REFUSALS);
}

/** Waits for an answer of the store; what goes wrong there becomes what a client is told of it. */
export async function fromStore<T>(answer: Promise<T>, refusalOf = storeRefusal): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw refusalOf(error);
  }
}

type Refusals = Readonly<Partial<Record<ErrorCode, string>>>;

/** What is said in place of the store's own words. */
const READ_REFUSALS: Refusals = {
  STORE_UNAVAILABLE: 'the store could not answer: try again in a few seconds',
  STORE_DAMAGED: 'data of the store are damaged or gone: the operator has to look at it',
};

const EVENT_REFUSALS: Refusals = {
  STORE_UNAVAILABLE: 'the store could not take the event, and nothing was stored: try again in a few seconds',
  STORE_UNCERTAIN:
    'the store did not confirm the event, which may be stored or not: send the same request again, it is never counted twice',
  STORE_LOCKED:
    'the store is not this server’s any more, and nothing was stored: the operator has to look at it',
  STORE_DAMAGED:
    'data of the store are damaged or gone, and nothing was stored: the operator has to look at it',
};

const BATCH_REFUSALS: Refusals = {
  ...EVENT_REFUSALS,
  STORE_UNAVAILABLE: 'the store could not take the batch, and nothing was stored: try again in a few seconds',
  STORE_UNCERTAIN:
    'the store did not confirm the batch, of which any part may be stored: send the whole batch again, nothing is counted twice',
};

const TOLD_CODES: ReadonlySet<string> = new Set([
  'SYMBOL_CONFLICT',
  'DOCUMENTS_UNSUPPORTED',
  'STORE_BUSY',
  'STORE_CLOSED',
]);
