import { describe, TallyboardError } from '../../../contract/errors.js';
import type { Log } from '../../../contract/store.js';
import type { Contact, Uuid } from '../../../domain/contact.js';
import { RECORD_BYTES, RECORD_UUID_AT, writeUuid } from '../log/format.js';
import type { HistoryPoint } from '../log/history.js';
import type { ProjectionOptions } from '../options.js';
import type { Database } from '../runs/database.js';
import { KeyHash } from '../runs/key-filter.js';
import type { Checkpoint } from '../runs/manifest.js';
import { addReplay, type Batch, Changes } from './changes.js';
import { putChanges, rowsOf } from './checkpoint.js';
import { type ContactState, contactOf, contactOfRow, decodeContact } from './contact-state.js';
import { contactKey, PREFIX, pageNumber, replayKey } from './keys.js';
import { Rollups } from './rollups.js';
import { type Replays, UnwrittenContacts } from './unwritten-contacts.js';

/**
 * What follows from the journal: contacts by uuid, and roll-ups. Changes are applied in memory at once and
 * written behind, all of a checkpoint in one synced write that is stamped with the journal's position.
 */
export class Projection {
  readonly rollups: Rollups;
  unmatched: number;
  /** Where in the journal the answers stand. */
  position: HistoryPoint;
  readonly #database: Database;
  readonly #options: ProjectionOptions;
  readonly #log: Log;
  readonly #journal: number;
  readonly #hash: KeyHash;
  readonly #changes = new Changes();
  readonly #unwritten = new UnwrittenContacts();
  readonly corrections = this.#unwritten.corrections;
  #checkpoint: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** A batch has its rows in memory and waits for the journal: they must stay. */
  #prepared = false;
  #isDue = false;
  /** Why the last checkpoint could not be written. */
  #failure: unknown;

  private constructor(database: Database, checkpoint: Checkpoint, options: ProjectionOptions, log: Log) {
    this.#database = database;
    this.#options = options;
    this.#log = log;
    this.#journal = checkpoint.journal;
    this.#hash = new KeyHash(checkpoint.journal);
    this.position = checkpoint.position;
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
    for (const [key, value] of await database.entries(PREFIX.days)) {
      projection.rollups.restoreDay(pageNumber(key), value);
    }
    projection.corrections.restore(await database.entries(PREFIX.correction));
    return projection;
  }

  /**
   * Looks up all that is known of the contacts of a batch; at once where that is in memory. Batches are
   * looked up and applied in turn.
   */
  look(batch: Batch): Changes | Promise<Changes> {
    const { events, records } = batch;
    const { hashes } = this.#changes;
    const contacts: (ContactState | undefined)[] = new Array(events.length);
    const unread: number[] = [];
    let replays = false;
    for (let i = 0; i < events.length; i += 1) {
      const at = i * RECORD_BYTES + RECORD_UUID_AT;
      this.#hash.uuid(records, at, hashes, i * 2);
      const state = this.#unwritten.find(hashes[i * 2]!, records, at);
      contacts[i] = state;
      if (state !== undefined) replays ||= state.hasReplays;
      // The filters of the runs know most new contacts for new.
      else if (this.#database.mayHave(hashes, i * 2)) unread.push(i);
    }
    if (unread.length > 0 || replays) return this.#lookUp(batch, contacts, unread);
    this.#changes.begin(batch, { contacts, isReplay: () => false });
    return this.#changes;
  }

  /** Looks up in the database what is not in memory. */
  async #lookUp(
    batch: Batch,
    contacts: (ContactState | undefined)[],
    unread: readonly number[],
  ): Promise<Changes> {
    const { events } = batch;
    const replays = [...this.#unwritten.replays];
    const values = await this.#database.getMany(unread.map((i) => contactKey(events[i]!.uuid)));
    for (const [k, value] of values.entries()) {
      if (value !== undefined) contacts[unread[k]!] = decodeContact(value);
    }
    const suspects = events.filter((_, i) => contacts[i]?.hasReplays === true);
    if (suspects.length > 0) {
      const found = await this.#database.getMany(suspects.map((event) => replayKey(event.uuid, event.id)));
      const stored: Replays = new Map();
      for (const [i, event] of suspects.entries()) {
        if (found[i] !== undefined) addReplay(stored, event.uuid, event.id);
      }
      replays.push(stored);
    }
    this.#changes.begin(batch, {
      contacts,
      isReplay: (uuid, id) => replays.some((ids) => ids.get(uuid)?.has(id) === true),
    });
    return this.#changes;
  }

  /** What is known of contacts, in the order of their uuids. */
  async contacts(uuids: readonly Uuid[]): Promise<(Contact | undefined)[]> {
    return (await this.states(uuids)).map((state, i) => state && contactOf(uuids[i]!, state));
  }

  /** All contacts, some at a time, in no order: of one that comes more than once, the first holds. */
  async *everyContact(): AsyncGenerator<Contact[]> {
    await this.flush();
    for await (const rows of this.#database.rowsWith(PREFIX.contact)) yield rows.map(contactOfRow);
  }

  /** All that is known of contacts, in the order of their uuids. */
  async states(uuids: readonly Uuid[]): Promise<(ContactState | undefined)[]> {
    const bytes = Buffer.alloc(16);
    const hashes = new Uint32Array(2);
    const memory = uuids.map((uuid) => {
      writeUuid(bytes, 0, uuid);
      this.#hash.uuid(bytes, 0, hashes, 0);
      return this.#unwritten.find(hashes[0]!, bytes, 0);
    });
    const values = await this.#database.getMany(uuids.map(contactKey));
    return values.map((value, i) => memory[i] ?? (value === undefined ? undefined : decodeContact(value)));
  }

  /**
   * Reads all that `apply` will change, so that it cannot fail once the batch is in the journal; throws
   * where that cannot be read. No checkpoint begins until `apply` or `abandon` is called.
   */
  prepare(changes: Changes): void {
    if (this.#prepared) {
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        'the tallies in memory are not complete: restart the server, which makes them again from the journal',
      );
    }
    this.rollups.prepare(changes.tallies);
    this.#prepared = true;
  }

  /** Gives up a batch that was prepared and is not in the journal. */
  abandon(): void {
    this.#prepared = false;
    if (this.#isDue && this.#failure === undefined) this.#begin();
  }

  /** Applies a batch that was prepared, and is durable in the journal up to `position`. */
  apply(changes: Changes, position: HistoryPoint): void {
    this.#unwritten.apply(changes);
    this.rollups.apply(changes.tallies);
    this.unmatched += changes.unmatched;
    this.position = position;
    this.#prepared = false;
    const { checkpointContacts, checkpointPages } = this.#options;
    this.#isDue ||=
      this.#unwritten.recent >= checkpointContacts || this.rollups.dirtyPages >= checkpointPages;
    // Where the last one failed, the timer alone tries again.
    if (this.#isDue && this.#failure === undefined) this.#begin();
    else this.#schedule();
  }

  /** There is no room in memory for more changes. */
  get isFull(): boolean {
    const { changedContactsMax, changedPagesMax } = this.#options;
    return this.#unwritten.size >= changedContactsMax || this.rollups.dirtyPages >= changedPagesMax;
  }

  /** Resolves when there is room in memory for more changes; rejects while checkpoints cannot be written. */
  async room(): Promise<void> {
    if (!this.isFull) return;
    if (this.#failure === undefined) this.#begin();
    await this.#checkpoint;
    if (this.isFull && this.#failure !== undefined) {
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

  /** Stops writing behind: what is in memory is not wanted. */
  async discard(): Promise<void> {
    this.#prepared = true;
    clearTimeout(this.#timer);
    await this.#checkpoint;
    clearTimeout(this.#timer);
    await this.#database.close();
  }

  #begin(): void {
    this.#isDue = true;
    // A batch that stays prepared was not applied to the end: what is in memory must not be written.
    if (this.#checkpoint !== undefined || this.#prepared) return;
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#checkpoint = this.#write().finally(() => {
      this.#checkpoint = undefined;
      if (this.#unwritten.recent > 0) this.#schedule();
    });
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, this.#options.checkpointMilliseconds);
  }

  async #write(): Promise<void> {
    const entries = this.rollups.takeChanges();
    const checkpoint = {
      journal: this.#journal,
      position: this.position,
      unmatched: this.unmatched,
    };
    const changes = { rollups: entries, ...this.#unwritten.take() };
    try {
      await this.#database.write(checkpoint, rowsOf(changes), (writer) => putChanges(writer, changes));
      if (this.#failure !== undefined) this.#log.info({}, 'checkpoints can be written again');
      this.#failure = undefined;
      this.rollups.written(true, entries);
      this.#unwritten.written(true);
    } catch (error) {
      if (this.#failure === undefined) {
        this.#log.error(
          { reason: describe(error) },
          'a checkpoint could not be written: the journal keeps every event, and it is tried again',
        );
      }
      this.#failure = error;
      this.rollups.written(false, entries);
      this.#unwritten.written(false);
    }
  }
}
