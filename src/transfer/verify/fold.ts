import type { Promises } from '../../contract/store.js';
import type { Contact, ContactEvent } from '../../domain/contact.js';
import { INSTANT_MIN, type Instant, MINUTE, type Range } from '../../domain/time.js';
import {
  EVENT_WORDS,
  type FoldedContact,
  flagsOf,
  KNOWN,
  writeContact,
  writeEvent,
} from '../event-record.js';
import { type ContactState, CountedState, type Difference, RecognisedState } from './contact-state.js';
import { Spill, type SpillOptions } from './spill.js';

/** How many contacts of one minute are handed on at a time. */
const CONTACTS_OF_PART_MAX = 4096;

/** How many records are folded before it is told how many events. */
const RECORDS_A_LOOK = 512;

const CONTACT_WORDS = 3;
const MINUTE_MIN = INSTANT_MIN / MINUTE;

export type FoldSpillOptions = Omit<SpillOptions, 'recordWords'>;

export interface FoldOptions {
  /** Before it events are gone, and what was added of contacts stands for them. */
  readonly since?: Instant | undefined;
  readonly spill?: FoldSpillOptions | undefined;
}

/** What a fold tells of, as it goes. */
export interface FoldListener {
  /** The log contradicts itself. */
  difference(difference: Difference): void;
  /** A contact is complete. */
  contact?(state: ContactState): void;
}

/**
 * Folds raw events to contacts, any number of them in memory of a fixed size: events are sorted by uuid,
 * each contact is folded from its own, and the contacts are sorted by the minute of their initial.
 */
export class Fold {
  readonly #State: new (
    records: Uint32Array,
    start: number,
  ) => ContactState;
  readonly #listener: FoldListener;
  readonly #since: Instant | undefined;
  /** The events, and what the store knows of their contacts. */
  readonly #records: Spill;
  readonly #contacts: Spill;
  readonly #record = new Uint32Array(EVENT_WORDS);
  readonly #contact = new Uint32Array(CONTACT_WORDS);
  #known = 0;
  #unmatched = 0;
  #minuteLeast = Number.POSITIVE_INFINITY;
  #minuteGreatest = Number.NEGATIVE_INFINITY;

  constructor(replays: Promises['replays'], listener: FoldListener, { since, spill }: FoldOptions = {}) {
    this.#State = replays === 'counted' ? CountedState : RecognisedState;
    this.#listener = listener;
    this.#since = since;
    this.#records = new Spill({ ...spill, recordWords: EVENT_WORDS });
    this.#contacts = new Spill({ ...spill, recordWords: CONTACT_WORDS });
  }

  get events(): number {
    return this.#records.size - this.#known;
  }

  get contacts(): number {
    return this.#contacts.size;
  }

  /** Contacts with a followup and no initial; known once `fold` is done. */
  get unmatched(): number {
    return this.#unmatched;
  }

  /** The minutes from the first contact to the last; null while there is none. Known once `fold` is done. */
  get span(): Range | null {
    if (this.#minuteLeast > this.#minuteGreatest) return null;
    return { lower: this.#minuteLeast * MINUTE, upper: (this.#minuteGreatest + 1) * MINUTE };
  }

  /** Takes the next raw event. Where it answers with a promise, the next must wait for it. */
  add(event: ContactEvent): Promise<void> | undefined {
    writeEvent(event, this.#record);
    return this.#records.add(this.#record);
  }

  /** Takes what the store knows of a contact, in the same way. */
  addKnown(contact: Contact): Promise<void> | undefined {
    this.#known += 1;
    writeContact(contact, this.#record);
    return this.#records.add(this.#record);
  }

  /** Folds what was added; tells now and then how many events are folded. */
  async *fold(): AsyncGenerator<number> {
    // Two contacts may share a key, so all of one key are open until the next key comes.
    let open: ContactState[] = [];
    let key = -1;
    let looked = 0;
    let folded = 0;
    for await (const records of this.#records.sorted()) {
      for (let start = 0; start < records.length; start += EVENT_WORDS) {
        looked += 1;
        if ((flagsOf(records, start) & KNOWN) === 0) folded += 1;
        if (looked % RECORDS_A_LOOK === 0) yield folded;
        if (records[start] !== key) {
          const room = this.#finish(open);
          if (room !== undefined) await room;
          open = [];
          key = records[start]!;
        }
        let state = open.find((candidate) => candidate.isOf(records, start));
        if (state === undefined) {
          state = new this.#State(records, start);
          open.push(state);
        }
        state.take(records, start);
      }
    }
    await this.#finish(open);
    await this.#records.close();
  }

  /** The minutes that have contacts, in order, each with its contacts. */
  async *minutes(): AsyncGenerator<{ minute: Instant; contacts: readonly FoldedContact[] }> {
    let minute = -1;
    let contacts: FoldedContact[] = [];
    for await (const records of this.#contacts.sorted()) {
      for (let start = 0; start < records.length; start += CONTACT_WORDS) {
        const isNext = records[start] !== minute;
        // A crowded minute comes in parts.
        if ((isNext && contacts.length > 0) || contacts.length >= CONTACTS_OF_PART_MAX) {
          yield { minute: (minute + MINUTE_MIN) * MINUTE, contacts };
          contacts = [];
        }
        minute = records[start]!;
        contacts.push(readContact(records, start));
      }
    }
    if (contacts.length > 0) yield { minute: (minute + MINUTE_MIN) * MINUTE, contacts };
  }

  async close(): Promise<void> {
    await this.#records.close();
    await this.#contacts.close();
  }

  /** Nearly always there is one contact with one initial, and nothing to wait for. */
  #finish(states: readonly ContactState[]): Promise<void> | undefined {
    for (const state of states) this.#conclude(state);
    const [state] = states;
    if (states.length !== 1 || state!.initials.length !== 1) return this.#addContacts(states);
    return this.#addContact(state!.initials[0]!, state!.followups);
  }

  #conclude(state: ContactState): void {
    if (this.#since !== undefined) state.takeStored(this.#since);
    if (state.isUnmatched) this.#unmatched += 1;
    for (const difference of state.differences()) this.#listener.difference(difference);
    this.#listener.contact?.(state);
  }

  async #addContacts(states: readonly ContactState[]): Promise<void> {
    for (const state of states) {
      for (const initial of state.initials) {
        const room = this.#addContact(initial, state.followups);
        if (room !== undefined) await room;
      }
    }
  }

  #addContact(
    { symbol, isVowel, at }: Omit<FoldedContact, 'followups'>,
    followups: number,
  ): Promise<void> | undefined {
    const minute = Math.floor(at / MINUTE);
    this.#minuteLeast = Math.min(this.#minuteLeast, minute);
    this.#minuteGreatest = Math.max(this.#minuteGreatest, minute);
    const part = symbol * 2 + (isVowel ? 1 : 0);
    this.#contact[0] = minute - MINUTE_MIN;
    // A microsecond of a minute takes 26 bits.
    this.#contact[1] = part * 0x4000000 + (at - minute * MINUTE);
    this.#contact[2] = followups;
    return this.#contacts.add(this.#contact);
  }
}

function readContact(records: Uint32Array, start: number): FoldedContact {
  const part = records[start + 1]! >>> 26;
  return {
    symbol: part >>> 1,
    isVowel: (part & 1) !== 0,
    at: (records[start]! + MINUTE_MIN) * MINUTE + (records[start + 1]! & 0x3ffffff),
    followups: records[start + 2]!,
  };
}
