import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** How long a client may take nothing of what waits for it before it is let go. */
export const STALL_SECONDS = 30;
const LOOK_MILLISECONDS = 1000;

/**
 * Asks with a signal that is aborted when the client goes, so that nobody works for nobody. Answers undefined
 * where that stopped it.
 */
export async function whileConnected<T>(
  request: FastifyRequest,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { socket } = request.raw;
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('the client has gone'));
  // A connection has many requests: what listens to it must not stay.
  socket.once('close', stop);
  if (socket.destroyed) stop();
  try {
    return await ask(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    throw error;
  } finally {
    socket.off('close', stop);
  }
}

/**
 * Cuts the connection of a client that takes nothing while something waits for it, and says so by `onStall`.
 * What lies in the system's own buffers counts as taken: more of it than the client has cannot be seen.
 */
export function watchStall(response: ServerResponse, onStall: () => void): void {
  const { socket } = response.req;
  let before = '';
  let still = 0;
  const timer = setInterval(() => {
    // Whatever is taken changes one of these, as does more that is put there; then nothing waits for long.
    const state = [socket.bytesWritten, socket.writableLength, response.writableLength].join();
    const waits = socket.writableLength + response.writableLength > 0;
    still = waits && state === before ? still + 1 : 0;
    before = state;
    // Looks are counted, because a server that was held up itself has looked at nobody meanwhile.
    if (still < (STALL_SECONDS * 1000) / LOOK_MILLISECONDS) return;
    clearInterval(timer);
    onStall();
    socket.destroy();
  }, LOOK_MILLISECONDS);
  response.once('close', () => clearInterval(timer));
}
