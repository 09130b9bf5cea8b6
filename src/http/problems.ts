import type { IncomingMessage } from 'node:http';
import { TallyboardError } from '../contract/errors.js';
import type { Limits } from './sockets/limits.js';

/** The refusal of a path that the router cannot read. */
export function unroutable(code: string, url: string, limits: Limits): TallyboardError {
  return code === 'FST_ERR_MAX_PARAM_LENGTH' || url.length > limits.urlBytesMax
    ? urlTooLong(limits)
    : new TallyboardError(
        'URL_INVALID',
        'the path of the URL cannot be decoded: write UTF-8, percent-encoded',
      );
}

/** The error that the client is told for whatever was thrown on the way to an answer. */
export function asProblem(error: unknown, limits: Limits): TallyboardError {
  if (error instanceof TallyboardError) return error;
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new TallyboardError('BODY_TOO_LARGE', `the body is larger than ${limits.bodyBytesMax} bytes`);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new TallyboardError('BODY_INVALID', 'the body is not as long as its Content-Length says');
    default:
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new TallyboardError(
      'FILES_TOO_MANY',
      'the server has as many files and connections open as it may: try again in a moment',
      { cause: error },
    );
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new TallyboardError('REQUEST_INVALID', 'the request ended before all of it had come', {
      cause: error,
    });
  }
  return new TallyboardError('INTERNAL', 'the server made a mistake: what it was is in its log', {
    cause: error,
  });
}

/** The refusal of a URL beyond the limit. */
export function urlTooLong(limits: Limits): TallyboardError {
  return new TallyboardError(
    'URL_TOO_LONG',
    `the URL is longer than ${limits.urlBytesMax} bytes: send the fields in the body, and nothing else`,
  );
}

/**
 * The refusal of a request without a name of the host, or with two: Node keeps the first, and a proxy may go by
 * the last. The same of the type of a body.
 */
export function headerRefusal({
  headers,
  rawHeaders,
  httpVersion,
}: IncomingMessage): TallyboardError | undefined {
  if (headers.host === undefined && httpVersion === '1.1') {
    return new TallyboardError('REQUEST_INVALID', 'the request has no Host header, which HTTP/1.1 asks for');
  }
  let hosts = 0;
  let types = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (name.length === 12 && name.toLowerCase() === 'content-type') types += 1;
  }
  if (hosts <= 1 && types <= 1) return undefined;
  const twice = hosts > 1 ? 'Host' : 'Content-Type';
  return new TallyboardError('REQUEST_INVALID', `the request has the header ${twice} twice: send it once`);
}
