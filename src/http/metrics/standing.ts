import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { DataInterface } from '../../contract/data-interface.js';
import type { Store } from '../../contract/store.js';
import type { Verification } from '../../contract/store-page.js';
import { Gauge, type Registry } from '../libraries.js';
import type { Limits } from '../sockets/limits.js';

/** What a server is, which does not change while it runs. */
export interface About {
  readonly version: string;
  /** The scheme of the URL of its store. */
  readonly scheme: string;
  /** Where the store keeps its data; undefined where that is not on this machine. */
  readonly folder?: string | undefined;
}

export interface Standing {
  readonly about: About;
  readonly data: Pick<DataInterface, 'promises' | 'verification'>;
  readonly limits: Limits;
  /** As the store's. */
  readonly warnings?: (() => readonly string[]) | undefined;
  readonly trouble?: Store['trouble'];
}

/**
 * Adds what an operator asks first: which server it is, how much room it has left, when it was last proved. To be
 * called at the beginning of each reading are the functions that it answers with: they ask for what is waited for.
 */
export function watchStanding(registry: Registry, standing: Standing): readonly (() => void)[] {
  const { about, data, limits, warnings, trouble } = standing;
  const registers = [registry];
  new Gauge({
    name: 'tallyboard_info',
    help: 'Always 1: the version, the scheme of the store’s URL, and what an acknowledged event survives',
    labelNames: ['version', 'store', 'survives'],
    registers,
    collect() {
      // Redis says what it survives once it was asked for its settings.
      this.reset();
      this.set({ version: about.version, store: about.scheme, survives: data.promises.survives }, 1);
    },
  });
  for (const [name, limit] of [
    ['queue_events', 'queueEventsMax'],
    ['live_clients', 'liveClientsMax'],
    ['http_connections', 'connectionsMax'],
  ] as const) {
    new Gauge({
      name: `tallyboard_${name}_max`,
      help: `How great tallyboard_${name} may be: ${limit}`,
      registers,
    }).set(limits[limit]);
  }
  new Gauge({
    name: 'tallyboard_store_warnings',
    help: 'How many warnings of its store the server has, which /readyz shows',
    registers,
    collect() {
      this.set(warnings?.().length ?? 0);
    },
  });
  const verification = async () => (trouble?.() === undefined ? await data.verification() : null);
  return [watchDisk(registry, about.folder), watchVerification(registry, verification)];
}

// What is gathered for two metrics is gathered by the first: metrics are read in the order of their making.

function watchDisk(registry: Registry, folder: string | undefined): () => void {
  if (folder === undefined) return () => {};
  const registers = [registry];
  let asked: Promise<StatsFs | undefined> | undefined;
  new Gauge({
    name: 'tallyboard_disk_free_bytes',
    help: 'What the server’s user may still write where the store keeps its data; absent for a store elsewhere',
    registers,
    async collect() {
      const found = await asked;
      if (found === undefined) {
        this.remove();
        size.remove();
      } else {
        this.set(found.bavail * found.bsize);
        size.set(found.blocks * found.bsize);
      }
    },
  });
  const size = new Gauge({
    name: 'tallyboard_disk_size_bytes',
    help: 'The size of that file system',
    registers,
  });
  return () => {
    asked = statfs(folder).catch(() => undefined);
  };
}

function watchVerification(registry: Registry, read: () => Promise<Verification | null>): () => void {
  const registers = [registry];
  let asked: Promise<Verification | null> = Promise.resolve(null);
  new Gauge({
    name: 'tallyboard_verification_timestamp_seconds',
    help: 'When the last verification ended, in seconds since 1970; absent while there was none',
    registers,
    async collect() {
      const last = await asked;
      if (last === null) {
        this.remove();
        differences.remove();
      } else {
        this.set(last.at / 1e6);
        differences.set(last.differences);
      }
      if (last?.since === undefined) since.remove();
      else since.set(last.since / 1e6);
    },
  });
  const differences = new Gauge({
    name: 'tallyboard_verification_differences',
    help: 'How many answers it found to be wrong',
    registers,
  });
  const since = new Gauge({
    name: 'tallyboard_verification_since_timestamp_seconds',
    help: 'From when on it proved, in seconds since 1970; absent where no raw events were removed',
    registers,
  });
  return () => {
    asked = read().catch(() => null);
  };
}
