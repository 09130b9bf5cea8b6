import type { Log } from '../../../contract/store.js';
import type { Keys } from '../keys.js';
import { type Layout, lostPartitions } from '../layout.js';
import type { Executor } from './executor.js';
import type { Nodes } from './nodes.js';
import { readServerSettings, type ServerSettings } from './settings.js';
import type { RedisOptions } from './url.js';

const LOOK_MILLISECONDS = 60_000;

interface Watched {
  readonly nodes: Nodes;
  readonly executor: Executor;
  readonly keys: Keys;
  readonly layout: Layout;
}

/** Looks every minute how the servers are set up, and whether all partitions are there. */
export class Watch {
  readonly #watched: Watched;
  readonly #options: RedisOptions;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #settings: ServerSettings = { isSynced: false, warnings: [] };

  constructor(watched: Watched, options: RedisOptions, log: Log) {
    this.#watched = watched;
    this.#options = options;
    this.#log = log;
  }

  /** Looks at the settings for the first time, and from then on by itself. */
  async open(): Promise<void> {
    await this.#readSettings();
    this.#timer = setInterval(() => void this.#look(), LOOK_MILLISECONDS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Whether each master has an event on its disk before it is acknowledged. */
  get isSynced(): boolean {
    return this.#settings.isSynced;
  }

  /** What can lose acknowledged events, and which servers do not answer. */
  warnings(): readonly string[] {
    const away = this.#watched.executor
      .away()
      .map(({ server, reason }) => `${server}: it does not answer: ${reason}`);
    return [...this.#settings.warnings, ...away];
  }

  /** Reads the settings, and logs those warnings that are new. */
  async #readSettings(): Promise<void> {
    const known = this.#settings.warnings;
    this.#settings = await readServerSettings(this.#watched.nodes, this.#options);
    for (const warning of this.#settings.warnings) {
      if (!known.includes(warning)) this.#log.warn({}, `Redis can lose acknowledged events: ${warning}`);
    }
  }

  async #look(): Promise<void> {
    const { nodes, executor, keys, layout } = this.#watched;
    await nodes.refresh();
    await this.#readSettings();
    try {
      executor.damage = await lostPartitions(executor, keys, layout);
    } catch {
      // That it cannot be asked shows elsewhere.
    }
  }
}
