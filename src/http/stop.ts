import { setTimeout as pause } from 'node:timers/promises';
import type { App } from './routes/routes.js';
import type { ServerOptions } from './server-options.js';
import { milliseconds } from './sockets/limits.js';

/** How often connections that have become idle are looked for while the server stops. */
const SWEEP_SECONDS = 0.05;
/** How long a client that is half-way through a request has to end it, and to be told that it is refused. */
const UNUSED_SECONDS = 1;
/** How long clients are told with each answer to make their next request on a new connection. */
const HANDED_ON_SECONDS = 1;

/**
 * Stops a server: no new connections, no new requests, and those in flight are finished, or cut off after
 * `stopSecondsMax`. Where it is handed on nothing is refused, and connections are closed after an answer, so that
 * a client that is about to send its next request does not find its connection gone.
 */
export async function stopServer(
  app: App,
  { lifecycle, limits }: Pick<ServerOptions, 'lifecycle' | 'limits'>,
): Promise<void> {
  lifecycle.phase = 'stopping';
  if (lifecycle.isHandedOn === true) await pause(milliseconds(HANDED_ON_SECONDS));
  const closed = app.close();
  // Node closes the connections that are idle now, and leaves those that become idle later to their time-out.
  const sweep = setInterval(() => app.server.closeIdleConnections(), milliseconds(SWEEP_SECONDS));
  const unused = setInterval(() => app.closeUnused(), milliseconds(UNUSED_SECONDS));
  const cut = setTimeout(() => app.server.closeAllConnections(), milliseconds(limits.stopSecondsMax));
  try {
    await closed;
  } finally {
    clearInterval(sweep);
    clearInterval(unused);
    clearTimeout(cut);
  }
}
