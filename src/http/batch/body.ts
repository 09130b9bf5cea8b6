import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TallyboardError } from '../../contract/errors.js';
import { arrivals } from '../sockets/arrivals.js';

/**
 * The body of a batch as it comes, unpacked where it is packed. Throws `BODY_INVALID` where it cannot be unpacked or
 * comes in crumbs, `REQUEST_INVALID` where it breaks off, and why `signal` was aborted where it was.
 */
export async function* bodyOf(request: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  const over = new AbortController();
  const arriving = arrivals(request, AbortSignal.any([signal, over.signal]));
  try {
    if (/gzip/i.test(request.headers['content-encoding'] ?? '')) {
      const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES });
      // What fails is told by what is read from it.
      pipeline(arriving, gunzip).catch(() => {});
      yield* gunzip as AsyncIterable<Buffer>;
    } else yield* arriving;
  } catch (error) {
    throw signal.aborted ? signal.reason : refusalOf(error);
  } finally {
    over.abort();
    // Whoever is refused half-way sends the rest all the same, before it reads why.
    request.resume();
  }
}

/** As much as comes at once of what is not packed. */
const UNPACKED_CHUNK_BYTES = 64 * 1024;

/** What is told of a body that broke off, or that cannot be unpacked. */
function refusalOf(cause: unknown): TallyboardError {
  if (cause instanceof TallyboardError) return cause;
  const { code } = cause as { code?: string };
  return code?.startsWith('Z_') === true
    ? new TallyboardError('BODY_INVALID', 'the body is not gzip, or not all of it', { cause })
    : new TallyboardError('REQUEST_INVALID', 'the request ended before all of it had come', { cause });
}
