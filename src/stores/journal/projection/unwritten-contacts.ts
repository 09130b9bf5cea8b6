import type { EventId, Uuid } from '../../../domain/contact.js';
import { type Corrected, Corrections } from '../log/corrections.js';
import { addReplay, type Changes } from './changes.js';
import type { ContactState } from './contact-state.js';
import { ContactTable } from './contact-table.js';

/** The event ids of replays, by contact. */
export type Replays = Map<Uuid, Set<EventId>>;

/**
 * Contacts, replays and corrections whose changes the database does not have yet: those of the checkpoint that
 * is being written, and those that came since.
 */
export class UnwrittenContacts {
  readonly corrections = new Corrections();
  #recent = new ContactTable();
  #recentReplays: Replays = new Map();
  #writing = new ContactTable();
  #writingReplays: Replays = new Map();

  /** How many contacts changed since the last checkpoint began. */
  get recent(): number {
    return this.#recent.size;
  }

  /** How many contacts take memory here. */
  get size(): number {
    return this.#recent.size + this.#writing.size;
  }

  /** What is known of the contact whose uuid stands in `bytes` at `at`; undefined where nothing changed. */
  find(hash: number, bytes: Buffer, at: number): ContactState | undefined {
    const recent = this.#recent.find(hash, bytes, at);
    if (recent !== -1) return this.#recent.read(recent);
    const writing = this.#writing.find(hash, bytes, at);
    return writing === -1 ? undefined : this.#writing.read(writing);
  }

  /** To be held on to while the database is read: a checkpoint that ends meanwhile takes them out of sight. */
  get replays(): readonly Replays[] {
    return [this.#recentReplays, this.#writingReplays];
  }

  apply(changes: Changes): void {
    this.#recent.merge(changes.contacts);
    for (const [uuid, ids] of changes.replays) for (const id of ids) addReplay(this.#recentReplays, uuid, id);
  }

  /** All that changed, to be written. Call `written` afterwards. */
  take(): {
    readonly contacts: ContactTable;
    readonly replays: Replays;
    readonly corrections: readonly Corrected[];
  } {
    const emptied = this.#writing;
    this.#writing = this.#recent;
    this.#recent = emptied;
    this.#writingReplays = this.#recentReplays;
    this.#recentReplays = new Map();
    return {
      contacts: this.#writing,
      replays: this.#writingReplays,
      corrections: this.corrections.take(),
    };
  }

  /** What was taken is in the database, or (`false`) could not be written and stays to be. */
  written(succeeded: boolean): void {
    this.corrections.written(succeeded);
    if (!succeeded) {
      // Under those that came since.
      this.#writing.merge(this.#recent);
      [this.#recent, this.#writing] = [this.#writing, this.#recent];
      for (const [uuid, ids] of this.#recentReplays) {
        for (const id of ids) addReplay(this.#writingReplays, uuid, id);
      }
      this.#recentReplays = this.#writingReplays;
    }
    this.#writing.clear();
    this.#writingReplays = new Map();
  }
}
