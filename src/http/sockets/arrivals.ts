import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { breath } from '../../contract/breath.js';
import { TallyboardError } from '../../contract/errors.js';

/**
 * Each chunk of a body costs a call, however small it is, and of chunks of one byte a buffer of the system holds ten
 * thousand. So chunks may have this much more around them than in them.
 */
const FRAME_BYTES_ALLOWED = 16 * 1024;

/**
 * What comes of a body, as much at a time as is there; `signal` ends the wait for more. Throws `CHUNKS_TOO_SMALL`, and
 * what the connection fails with.
 */
export async function* arrivals(request: IncomingMessage, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { socket } = request;
  const readBefore = socket.bytesRead;
  let bytes = 0;
  for (;;) {
    // Before what is there is taken: that lets the connection be read further, which takes time as well.
    const pause = breath();
    if (pause !== undefined) await pause;
    const piece = request.read() as Buffer | null;
    if (piece !== null) {
      bytes += piece.length;
      const frameBytes = socket.bytesRead - readBefore - bytes - request.readableLength;
      if (!request.complete && frameBytes > bytes + FRAME_BYTES_ALLOWED) throw tooSmall();
      yield piece;
    } else if (request.complete) return;
    else if (request.destroyed) throw new Error('the connection was closed');
    else {
      await once(request, 'readable', { signal });
      // Here the first chunk of what was read may be all that is parsed of it; then all of it is.
      await setImmediate();
    }
  }
}

/**
 * Reads what comes of a body after its answer, and drops it. Node does so as fast as it comes, for which all others
 * would wait where it comes in crumbs.
 */
export async function drain(request: IncomingMessage): Promise<void> {
  if (request.complete) return;
  // What flows past meanwhile would be taken for frames.
  request.pause();
  try {
    for await (const _ of arrivals(request));
  } catch {
    request.socket.destroy();
  }
}

function tooSmall(): TallyboardError {
  return new TallyboardError(
    'CHUNKS_TOO_SMALL',
    'the body comes in chunks of a few bytes: nothing of it was stored, send a line or more in each chunk',
  );
}
