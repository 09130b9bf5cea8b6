import type { GroupCommit } from '../contract/group-commit.js';
import type { Log, Store } from '../contract/store.js';
import type { EventId } from '../domain/contact.js';
import type { Guess } from '../domain/guess.js';
import type { Instant } from '../domain/time.js';
import type { Access } from './access/access.js';
import type { LiveFeed } from './live/feed.js';
import type { Metrics } from './metrics/metrics.js';
import type { About } from './metrics/standing.js';
import type { Lifecycle } from './sockets/lifecycle.js';
import type { Limits } from './sockets/limits.js';

/** What a server is made of. */
export interface ServerOptions {
  readonly about: About;
  readonly data: GroupCommit;
  readonly guess: Guess;
  readonly now: () => Instant;
  readonly nextEventId: () => EventId;
  readonly lifecycle: Lifecycle;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Is told of every event that was acknowledged. */
  readonly feed: LiveFeed;
  /** What the store warns of, shown at `/readyz`. Default: nothing. */
  readonly warnings?: () => readonly string[];
  /** As the store's. */
  readonly trouble?: Store['trouble'];
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
