import { join } from 'node:path';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Log, Store, StoreContext } from '../../contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../domain/contact.js';
import { whole } from '../../domain/tally.js';
import { createStore } from '../journal/index.js';
import { readSealed, writeSealed } from '../journal/sealed-file.js';

/** A message of the log, by where it stands and by what only that one has. */
export interface Place {
  readonly offset: number;
  readonly token: string;
}

/** Up to where the log had been folded at a time, and how many events that had left in the folder. */
interface Checkpoint extends Place {
  readonly events: number;
}

/** How many processes may have folders below one. */
const FOLDERS_MAX = 64;
const KIND = 'rabbitmq-checkpoint';
const CHECKPOINT_MILLISECONDS = 1000;

/** How a folder is found when it is opened. */
interface Stand {
  /** The last message that is known to have been folded; it must be in the log. */
  readonly place: Place | undefined;
  /** Whether all up to that place is in the store. */
  readonly isWhole: boolean;
  /** The last event, where it came after that place: it must be in the log as well. */
  readonly lastEvent: ContactEvent | undefined;
}

/** What one process folds the log into: an embedded store, and up to where of the log it has come. */
export class Folder {
  readonly directory: string;
  readonly store: Store;
  readonly stand: Stand;
  readonly #log: Log;
  #writing: Promise<void> | undefined;
  #written = 0;

  private constructor(directory: string, store: Store, stand: Stand, log: Log) {
    this.directory = directory;
    this.store = store;
    this.stand = stand;
    this.#log = log;
  }

  /** Takes the first folder below `parent` that no other process has. */
  static async take(parent: string, { log, salvage = false }: StoreContext): Promise<Folder> {
    for (let number = 0; number < FOLDERS_MAX; number += 1) {
      const directory = join(parent, String(number));
      const url = { text: `journal:${directory}`, scheme: 'journal', location: directory };
      const store = createStore({ ...url, options: new URLSearchParams() }, { log, salvage });
      try {
        await store.open();
      } catch (error) {
        if (error instanceof TallyboardError && error.code === 'STORE_LOCKED') continue;
        throw error;
      }
      try {
        return new Folder(directory, store, await standOf(directory, store, salvage), log);
      } catch (error) {
        await store.close();
        throw error;
      }
    }
    throw new TallyboardError(
      'STORE_LOCKED',
      `${FOLDERS_MAX} processes have a folder below ${parent}: give others another one with ?data=DIR`,
    );
  }

  /** Notes now and then how far it has come. To be called between two appends. */
  async note(place: Place): Promise<void> {
    if (this.#writing !== undefined || performance.now() - this.#written < CHECKPOINT_MILLISECONDS) return;
    this.#written = performance.now();
    const checkpoint: Checkpoint = { ...place, events: await eventsIn(this.store) };
    this.#writing = this.#write(checkpoint).finally(() => {
      this.#writing = undefined;
    });
  }

  async close(place?: Place): Promise<void> {
    await this.#writing;
    if (place !== undefined) await this.#write({ ...place, events: await eventsIn(this.store) });
    await this.store.close();
  }

  async #write(checkpoint: Checkpoint): Promise<void> {
    try {
      await writeSealed(pathIn(this.directory), KIND, checkpoint);
    } catch (error) {
      // It only spares the next start some folding.
      this.#log.warn({ reason: describe(error) }, `${pathIn(this.directory)} cannot be written`);
    }
  }
}

async function standOf(directory: string, store: Store, isSalvaged: boolean): Promise<Stand> {
  const checkpoint = (await readSealed(pathIn(directory), KIND)) as Checkpoint | null | undefined;
  const events = await eventsIn(store);
  // A journal that has fewer events than it had is an older one; of one that was salvaged nobody knows.
  const isWhole = checkpoint != null && checkpoint.events <= events && !isSalvaged;
  const [lastEvent] = events > (isWhole ? checkpoint.events : 0) ? await store.lastEvents!(1) : [];
  const { offset, token } = checkpoint ?? {};
  const place = offset === undefined || token === undefined ? undefined : { offset, token };
  return { place, isWhole, lastEvent };
}

function pathIn(directory: string): string {
  return join(directory, 'checkpoint.json');
}

/** Each is a replay, or the first initial of its contact or its first followup. */
async function eventsIn(store: Store): Promise<number> {
  let events = (await store.unmatched()) + (await store.replays!());
  for (const symbol of SYMBOLS) {
    const { count, followups } = whole(await store.tallyOfSymbol(symbol));
    events += count + followups;
  }
  return events;
}
