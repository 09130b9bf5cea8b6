import type { Uuid } from '../domain/contact.js';
import type { TallyboardError } from './errors.js';

/** What a store may have whose engine is somewhere else, and may be away. */
export interface NetworkStore {
  /**
   * How the engine is set up so that it can lose what was acknowledged, and which parts of it are away, a
   * sentence each. They are logged by the store, and shown at `/readyz`.
   */
  warnings?(): readonly string[];
  /**
   * The queues in which events wait for a batch, one for each part of the engine that may be away by itself;
   * all of a batch come from one. Without it there is one. Asked for once the store is open.
   */
  readonly lanes?: { readonly count: number; of(uuid: Uuid): number };
  /**
   * What keeps the engine from answering now, for the operator; undefined where nothing does. An error where its
   * code says more than `STORE_UNAVAILABLE`.
   */
  trouble?(): string | TallyboardError | undefined;
  /** Told when the server stops: what cannot be done at once is to be refused. */
  giveUp?(): void;
}
