import type { AddressInfo } from 'node:net';
import { TallyboardError } from '../../contract/errors.js';
import type { App } from '../../http/routes/routes.js';

/** Where to listen. */
export interface Address {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/**
 * The socket that whoever started the server holds for it, as sd_listen_fds(3) says: it goes on listening while the
 * server is started again. Throws `CONFIG_INVALID` where there are several.
 */
export function inheritedSocket({ LISTEN_PID, LISTEN_FDS } = process.env): number | undefined {
  if (LISTEN_FDS === undefined || Number(LISTEN_PID) !== process.pid) return undefined;
  if (LISTEN_FDS === '1') return FIRST_SOCKET;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${LISTEN_FDS} sockets were handed to the server, and it takes one: leave one ListenStream in its .socket unit`,
  );
}

/** SD_LISTEN_FDS_START */
const FIRST_SOCKET = 3;

/**
 * Listens, on the socket where there is one, and answers with the URL to ask the server at. Throws `CONFIG_INVALID`
 * where it may not.
 */
export async function listen(app: App, { host, port }: Address, socket?: number): Promise<string> {
  try {
    // For the name itself Fastify opens a second server, on ::1, which has none of what is set up for the first:
    // neither its limits nor its end. Node takes a descriptor before all else; Fastify's types do not know it.
    const where = { host: host === 'localhost' ? '127.0.0.1' : host, port };
    await app.listen(socket === undefined ? where : Object.assign(where, { fd: socket }));
  } catch (error) {
    throw new TallyboardError('CONFIG_INVALID', listenHelp(error as NodeJS.ErrnoException, host, port), {
      cause: error,
    });
  }
  const address = app.server.address() as AddressInfo | string;
  if (typeof address === 'string') return address;
  return urlOf(host, address.port);
}

/** The URL at which a server on a host and a port is asked. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Why nobody can listen there, and what to do. */
export function listenHelp({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use: stop the other server, or choose another port with --port`;
    case 'EACCES':
      return `port ${port} may not be opened by this user: choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: choose another with --host`;
    default:
      return `cannot listen on ${host}:${port}`;
  }
}
