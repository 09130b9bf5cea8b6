import type { Log } from '../contract/store.js';
import type { Access } from './access/access.js';
import type { RouteContext } from './routes/routes.js';
import type { Limits } from './sockets/limits.js';
import type { About } from './standing-metrics.js';

/** What a server is made of. */
export interface ServerOptions extends RouteContext {
  readonly about: About;
  readonly limits: Limits;
  readonly log: Log;
  readonly access: Access;
  /**
   * Given where only this machine reaches the server: the names, besides loopback's, under which it is asked
   * without tokens. Left out: it answers to any.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** The folder of the built page; `/` says so where it is not there. */
  readonly pageFolder: string;
  /** Log a line for each request. Default false. */
  readonly accessLog?: boolean;
}
