import type { Outcome } from '../../../contract/store.js';
import type { ContactEvent, EventId, Uuid } from '../../../domain/contact.js';
import { FRAME_EVENTS_MAX, RECORD_BYTES, RECORD_UUID_AT } from '../log/format.js';
import { type ContactState, newContact, symbolOf, takeFirst } from './contact-state.js';
import { ContactTable } from './contact-table.js';
import { TALLY_CHANGE, TallyChanges } from './tally-changes.js';

const ACCEPTED_CONSONANT: Outcome = Object.freeze({ status: 'accepted', isVowel: false });
const ACCEPTED_VOWEL: Outcome = Object.freeze({ status: 'accepted', isVowel: true });
const REPLAYED_VOWEL: Outcome = Object.freeze({ status: 'replayed', isVowel: true });
const REPLAYED_CONSONANT: Outcome = Object.freeze({ status: 'replayed', isVowel: false });

/** Events, and the same as records: the i-th begins at `i * RECORD_BYTES`. At most `FRAME_EVENTS_MAX`. */
export interface Batch {
  readonly events: readonly ContactEvent[];
  readonly records: Buffer;
}

/** What is known of the contacts of a batch before it, in the order of its events. */
export interface Known {
  readonly contacts: readonly (ContactState | undefined)[];
  /** Whether this event is logged as a replay of its contact already. */
  isReplay(uuid: Uuid, id: EventId): boolean;
}

/** How an event goes into the journal: as it came, as a replay, or not at all. */
export type Logged = 'event' | 'replay' | 'nothing';

/**
 * What a batch would change. Nothing is changed before it is durable; then `apply` of the projection takes
 * it, and when the write fails it is dropped. One object serves one batch after the other.
 */
export class Changes {
  /** The contacts of the batch as they will be. */
  readonly contacts = new ContactTable();
  /** Two hashes for each event of the batch. */
  readonly hashes = new Uint32Array(FRAME_EVENTS_MAX * 2);
  readonly tallies = new TallyChanges();
  /** The event ids of the batch's replays. */
  replays = new Map<Uuid, Set<EventId>>();
  /** By how many the number of contacts with a followup and without an initial grows. */
  unmatched = 0;
  /** What is to become of the event that was taken last. */
  logged: Logged = 'nothing';
  #batch: Batch = { events: [], records: Buffer.alloc(0) };
  #known: Known = { contacts: [], isReplay: () => false };

  /** Begins a batch; `hashes` are set already. */
  begin(batch: Batch, known: Known): void {
    this.#batch = batch;
    this.#known = known;
    this.contacts.clear();
    this.tallies.count = 0;
    this.replays = new Map();
    this.unmatched = 0;
  }

  /**
   * Takes the i-th event: decides what it is, given all before it, and sets `logged`. Events that are read back
   * from the journal are decided in the same way.
   */
  take(i: number): Outcome {
    const event = this.#batch.events[i]!;
    const row = this.#find(i);
    const before = row === -1 ? this.#known.contacts[i] : this.contacts.read(row);
    if (before === undefined) {
      const state = newContact();
      if (event.replay) return this.#takeReplay(i, row, state, event.kind === 'initial' && event.isVowel);
      return this.#takeFirst(i, row, state);
    }
    const initial = event.kind === 'initial';
    const hasFirst = initial ? before.symbol !== 0 : before.hasFollowup;
    const isVowel = initial && (hasFirst ? before.isVowel : event.isVowel);
    this.logged = 'nothing';
    if (hasFirst && event.id === (initial ? before.initialId : before.followupId)) return accepted(isVowel);
    if (this.#isLoggedReplay(event, before)) return replayed(isVowel);
    if (initial && hasFirst && symbolOf(before) !== event.symbol) {
      return { status: 'conflict', symbol: symbolOf(before) };
    }
    if (!hasFirst && !event.replay) return this.#takeFirst(i, row, before);
    return this.#takeReplay(i, row, before, isVowel);
  }

  #takeFirst(i: number, row: number, state: ContactState): Outcome {
    const event = this.#batch.events[i]!;
    takeFirst(state, event);
    this.#put(i, row, state);
    this.logged = 'event';
    const cell = (state.symbol - 1) * 2 + (state.isVowel ? 1 : 0);
    if (event.kind === 'initial') {
      this.tallies.add(
        event.at,
        cell,
        state.hasFollowup ? TALLY_CHANGE.followedContact : TALLY_CHANGE.contact,
      );
      if (state.hasFollowup) this.unmatched -= 1;
    } else if (state.symbol === 0) this.unmatched += 1;
    else this.tallies.add(state.initialAt, cell, TALLY_CHANGE.followup);
    return accepted(event.kind === 'initial' && event.isVowel);
  }

  #takeReplay(i: number, row: number, state: ContactState, isVowel: boolean): Outcome {
    const event = this.#batch.events[i]!;
    state.hasReplays = true;
    this.#put(i, row, state);
    this.logged = 'replay';
    addReplay(this.replays, event.uuid, event.id);
    return replayed(isVowel);
  }

  #find(i: number): number {
    return this.contacts.find(this.hashes[i * 2]!, this.#batch.records, i * RECORD_BYTES + RECORD_UUID_AT);
  }

  #put(i: number, row: number, state: ContactState): void {
    const { records } = this.#batch;
    const own =
      row === -1 ? this.contacts.add(this.hashes[i * 2]!, records, i * RECORD_BYTES + RECORD_UUID_AT) : row;
    this.contacts.write(own, state);
  }

  #isLoggedReplay(event: ContactEvent, before: ContactState): boolean {
    if (!before.hasReplays) return false;
    return this.replays.get(event.uuid)?.has(event.id) === true || this.#known.isReplay(event.uuid, event.id);
  }
}

export function addReplay(replays: Map<Uuid, Set<EventId>>, uuid: Uuid, id: EventId): void {
  const ids = replays.get(uuid);
  if (ids === undefined) replays.set(uuid, new Set([id]));
  else ids.add(id);
}

function accepted(isVowel: boolean): Outcome {
  return isVowel ? ACCEPTED_VOWEL : ACCEPTED_CONSONANT;
}

function replayed(isVowel: boolean): Outcome {
  return isVowel ? REPLAYED_VOWEL : REPLAYED_CONSONANT;
}
