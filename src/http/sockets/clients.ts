import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Log } from '../../contract/store.js';

/** How long a client may take nothing of what waits for it before it is let go. */
const STALL_SECONDS = 30;
/** How often it is looked. */
export const LOOK_SECONDS = 1;

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
 * Makes the look that is taken each second at all connections: it cuts those whose clients take nothing of what
 * waits for them. What lies in the system's own buffers counts as taken: more of it than the client has cannot
 * be seen.
 */
export function createStallCutter(log: Log): (sockets: Iterable<Socket>) => void {
  /** What was taken when it was looked last, and how often it was the same since. */
  const stalls = new WeakMap<Socket, { readonly taken: string; readonly looks: number }>();
  return (sockets) => {
    let cut = 0;
    let ip: string | undefined;
    for (const socket of sockets) {
      if (socket.writableLength === 0) {
        stalls.delete(socket);
        continue;
      }
      const taken = takenFrom(socket);
      const before = stalls.get(socket);
      // Looks are counted, because a server that was held up itself has looked at nobody meanwhile.
      const looks = before?.taken === taken ? before.looks + 1 : 0;
      stalls.set(socket, { taken, looks });
      if (looks < STALL_SECONDS / LOOK_SECONDS) continue;
      ip ??= socket.remoteAddress;
      cut += 1;
      socket.destroy();
    }
    if (cut === 0) return;
    const fields = { connections: cut, ip, seconds: STALL_SECONDS };
    log.warn(fields, 'clients took nothing of their answers: their connections are closed');
  };
}

/** Changes when the system takes something of what is to be sent, and not when more is put there. */
function takenFrom(socket: Socket): string {
  // Of a write that is under way Node tells here alone how far it has come.
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize}`;
}
