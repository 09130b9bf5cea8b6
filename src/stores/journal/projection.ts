import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../contract/data-interface.js';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { ContactEvent, EventId, Uuid } from '../../domain/contact.js';
import { addReplay, type Changes, type Known } from './changes.js';
import {
  type ContactState,
  contactKey,
  decodeContact,
  EMPTY_VALUE,
  encodeContact,
  replayKey,
} from './contact-state.js';
import { type Checkpoint, type Database, PROJECTION_FORMAT } from './database.js';
import { decodePage, pageKeyBounds, pageNumber } from './page-format.js';
import { type RollupEntry, Rollups } from './rollups.js';
import type { Position } from './segments.js';

export interface ProjectionOptions {
  /** A checkpoint is written when this many contacts changed … */
  readonly checkpointContacts: number;
  /** … or this many pages of roll-ups … */
  readonly checkpointPages: number;
  /** … or this many milliseconds passed since the first change. */
  readonly checkpointMilliseconds: number;
  /** Changed contacts in memory, written or not; beyond it events wait for the checkpoint under way. */
  readonly changedContactsMax: number;
  /** Roll-up pages in memory. */
  readonly pageBytesMax: number;
}

/** Operations handed to the database between two turns of the event loop. */
const OPERATIONS_A_TURN = 512;

/**
 * What follows from the journal: contacts by uuid, and roll-ups. Changes are applied in memory at once and
 * written behind, all of a checkpoint in one synced write that is stamped with the journal's position.
 */
export class Projection {
  readonly rollups: Rollups;
  unmatched: number;
  readonly #database: Database;
  readonly #options: ProjectionOptions;
  readonly #log: Log;
  readonly #journal: number;
  #position: Position;
  #recent = new Map<Uuid, ContactState>();
  #recentReplays = new Map<Uuid, Set<EventId>>();
  #writing = new Map<Uuid, ContactState>();
  #writingReplays = new Map<Uuid, Set<EventId>>();
  #checkpoint: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Why the last checkpoint could not be written. */
  #failure: unknown;

  private constructor(database: Database, checkpoint: Checkpoint, options: ProjectionOptions, log: Log) {
    this.#database = database;
    this.#options = options;
    this.#log = log;
    this.#journal = checkpoint.journal;
    this.#position = checkpoint.position;
    this.unmatched = checkpoint.unmatched;
    this.rollups = new Rollups((key) => database.get(key), options.pageBytesMax);
  }

  /** Loads what stays in memory from a database that stands at a checkpoint. */
  static async load(
    database: Database,
    checkpoint: Checkpoint,
    options: ProjectionOptions,
    log: Log,
  ): Promise<Projection> {
    const projection = new Projection(database, checkpoint, options, log);
    for await (const [key, value] of database.entries(pageKeyBounds('days'))) {
      const [row] = decodePage(value, 1, (length) => new Float64Array(length));
      if (row !== undefined) projection.rollups.restoreDay(pageNumber(key), row);
    }
    return projection;
  }

  /** Where in the journal the answers stand. */
  get position(): Position {
    return this.#position;
  }

  /** Looks up all that is known of the contacts of a batch. Batches are looked up and applied in turn. */
  async look(batch: readonly ContactEvent[]): Promise<Known> {
    // Held on to, for a checkpoint that ends meanwhile takes them out of sight before what was read here.
    const memory = [this.#recent, this.#writing];
    const memoryReplays = [this.#recentReplays, this.#writingReplays];
    const stored = new Map<Uuid, ContactState | undefined>();
    for (const { uuid } of batch) {
      if (!memory[0]!.has(uuid) && !memory[1]!.has(uuid)) stored.set(uuid, undefined);
    }
    if (stored.size > 0) {
      const uuids = [...stored.keys()];
      const values = await this.#database.getMany(uuids.map(contactKey));
      for (const [i, value] of values.entries()) {
        if (value !== undefined) stored.set(uuids[i]!, decodeContact(value));
      }
    }
    const contact = (uuid: Uuid): ContactState | undefined =>
      memory[0]!.get(uuid) ?? memory[1]!.get(uuid) ?? stored.get(uuid);
    const suspects = batch.filter((event) => contact(event.uuid)?.hasReplays === true);
    const found = await this.#database.getMany(suspects.map((event) => replayKey(event.uuid, event.id)));
    const storedReplays = new Map<Uuid, Set<EventId>>();
    for (const [i, event] of suspects.entries()) {
      if (found[i] !== undefined) addReplay(storedReplays, event.uuid, event.id);
    }
    const replays = [...memoryReplays, storedReplays];
    return { contact, isReplay: (uuid, id) => replays.some((ids) => ids.get(uuid)?.has(id) === true) };
  }

  /** Applies a batch that is durable in the journal up to `position`. */
  apply(changes: Changes, position: Position): void {
    for (const [uuid, state] of changes.contacts) this.#recent.set(uuid, state);
    for (const [uuid, ids] of changes.replays) for (const id of ids) addReplay(this.#recentReplays, uuid, id);
    for (const change of changes.tallies) this.rollups.apply(change);
    this.unmatched += changes.unmatched;
    this.#position = position;
    const { checkpointContacts, checkpointPages, checkpointMilliseconds } = this.#options;
    if (this.#recent.size >= checkpointContacts || this.rollups.dirtyPages >= checkpointPages) this.#begin();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#begin(), checkpointMilliseconds);
    }
  }

  /** Resolves when there is room in memory for more changes; rejects while checkpoints cannot be written. */
  async room(): Promise<void> {
    const full = () => this.#recent.size + this.#writing.size >= this.#options.changedContactsMax;
    if (!full()) return;
    this.#begin();
    await this.#checkpoint;
    if (full() && this.#failure !== undefined) {
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        'too many changes wait for a checkpoint that cannot be written: free space on the disk of the store; it goes on by itself',
        { cause: this.#failure },
      );
    }
  }

  /** Writes all changes. Rejects where that fails; nothing is lost then, for the journal has them. */
  async flush(): Promise<void> {
    while (this.#checkpoint !== undefined) await this.#checkpoint;
    this.#begin();
    await this.#checkpoint;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.#log.warn(
        { reason: describe(error) },
        'the last checkpoint could not be written: the next start replays the journal from the one before',
      );
    }
    clearTimeout(this.#timer);
    await this.#database.close();
  }

  #begin(): void {
    if (this.#checkpoint !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#checkpoint = this.#write().finally(() => {
      this.#checkpoint = undefined;
      if (this.#recent.size > 0 && this.#timer === undefined) {
        this.#timer = setTimeout(() => this.#begin(), this.#options.checkpointMilliseconds);
      }
    });
  }

  async #write(): Promise<void> {
    const entries = this.rollups.takeChanges();
    const checkpoint = {
      format: PROJECTION_FORMAT,
      journal: this.#journal,
      position: this.#position,
      unmatched: this.unmatched,
    };
    this.#writing = this.#recent;
    this.#writingReplays = this.#recentReplays;
    this.#recent = new Map();
    this.#recentReplays = new Map();
    try {
      await this.#database.write(checkpoint, (put) => this.#fill(entries, put));
      if (this.#failure !== undefined) this.#log.info({}, 'checkpoints can be written again');
      this.#failure = undefined;
      this.rollups.written(true, entries);
    } catch (error) {
      if (this.#failure === undefined) {
        this.#log.error(
          { reason: describe(error) },
          'a checkpoint could not be written: the journal keeps every event, and it is tried again',
        );
      }
      this.#failure = error;
      this.rollups.written(false, entries);
      this.#takeBack();
    }
    this.#writing = new Map();
    this.#writingReplays = new Map();
  }

  async #fill(entries: readonly RollupEntry[], put: (key: Buffer, value: Buffer) => void): Promise<void> {
    let operations = 0;
    for (const { key, value } of entries) put(key, value);
    for (const [uuid, state] of this.#writing) {
      put(contactKey(uuid), encodeContact(state));
      operations += 1;
      // A checkpoint gives way to requests.
      if (operations % OPERATIONS_A_TURN === 0) await nextTurn();
    }
    for (const [uuid, ids] of this.#writingReplays) {
      for (const id of ids) put(replayKey(uuid, id), EMPTY_VALUE);
    }
  }

  /** Puts changes that could not be written under those that came since. */
  #takeBack(): void {
    for (const [uuid, state] of this.#recent) this.#writing.set(uuid, state);
    for (const [uuid, ids] of this.#recentReplays)
      for (const id of ids) addReplay(this.#writingReplays, uuid, id);
    this.#recent = this.#writing;
    this.#recentReplays = this.#writingReplays;
  }
}
