import type { Store } from '../../contract/store.js';
import type { EventReader } from './events/reader.js';
import type { Keys } from './keys.js';
import type { Layout } from './layout.js';
import type { RollupReader } from './rollups/reader.js';
import type { Executor } from './servers/executor.js';
import type { Nodes } from './servers/nodes.js';
import type { Watch } from './servers/watch.js';

export type Lanes = NonNullable<Store['lanes']>;

/** What there is of a store while it is open. */
export interface Opened {
  readonly nodes: Nodes;
  readonly executor: Executor;
  readonly layout: Layout;
  readonly keys: Keys;
  readonly reader: EventReader;
  readonly rollups: RollupReader;
  readonly watch: Watch;
  readonly lanes: Lanes;
}
