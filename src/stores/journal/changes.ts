import type { Outcome } from '../../contract/data-interface.js';
import type { ContactEvent, EventId, Uuid } from '../../domain/contact.js';
import { type ContactState, newContact, symbolOf, takeFirst } from './contact-state.js';
import type { TallyChange } from './rollups.js';

const ACCEPTED_CONSONANT: Outcome = Object.freeze({ status: 'accepted', isVowel: false });
const ACCEPTED_VOWEL: Outcome = Object.freeze({ status: 'accepted', isVowel: true });
const REPLAYED_VOWEL: Outcome = Object.freeze({ status: 'replayed', isVowel: true });
const REPLAYED_CONSONANT: Outcome = Object.freeze({ status: 'replayed', isVowel: false });

/** What is known of the contacts of a batch before it. */
export interface Known {
  contact(uuid: Uuid): ContactState | undefined;
  /** Whether this event is logged as a replay of its contact already. */
  isReplay(uuid: Uuid, id: EventId): boolean;
}

/**
 * What a batch would change. Nothing is changed before it is durable; then `apply` of the projection takes
 * it, and when the write fails it is dropped.
 */
export class Changes {
  /** The contacts of the batch as they will be. */
  readonly contacts = new Map<Uuid, ContactState>();
  /** Those of them that were not known before. */
  readonly newContacts: Uuid[] = [];
  readonly tallies: TallyChange[] = [];
  /** The event ids of the batch's replays. */
  readonly replays = new Map<Uuid, Set<EventId>>();
  /** By how many the number of contacts with a followup and without an initial grows. */
  unmatched = 0;
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /**
   * Takes one event: decides what it is, given all before it. `log` is the event as it goes into the
   * journal; undefined where nothing is logged (a conflict, or an event id that is there already).
   */
  take(event: ContactEvent): { outcome: Outcome; log: ContactEvent | undefined } {
    const before = this.contacts.get(event.uuid) ?? this.#known.contact(event.uuid);
    if (before === undefined) {
      const state = this.#add(event.uuid);
      if (event.replay) return this.#takeReplay(event, state, event.kind === 'initial' && event.isVowel);
      return this.#takeFirst(event, state);
    }
    const initial = event.kind === 'initial';
    const hasFirst = initial ? before.symbol !== 0 : before.hasFollowup;
    const isVowel = initial && (hasFirst ? before.isVowel : event.isVowel);
    if (hasFirst && event.id === (initial ? before.initialId : before.followupId)) {
      return { outcome: accepted(isVowel), log: undefined };
    }
    if (this.#isLoggedReplay(event, before)) return { outcome: replayed(isVowel), log: undefined };
    if (initial && hasFirst && symbolOf(before) !== event.symbol) {
      return { outcome: { status: 'conflict', symbol: symbolOf(before) }, log: undefined };
    }
    if (!hasFirst && !event.replay) return this.#takeFirst(event, this.#own(event.uuid, before));
    return this.#takeReplay(event, this.#own(event.uuid, before), isVowel);
  }

  /** Takes an event as the journal has it: what it is was decided when it was logged. */
  takeLogged(event: ContactEvent): void {
    const before = this.contacts.get(event.uuid) ?? this.#known.contact(event.uuid);
    const state = before === undefined ? this.#add(event.uuid) : this.#own(event.uuid, before);
    if (event.replay) this.#takeReplay(event, state, false);
    else this.#takeFirst(event, state);
  }

  #takeFirst(event: ContactEvent, state: ContactState): { outcome: Outcome; log: ContactEvent } {
    takeFirst(state, event);
    const cell = (state.symbol - 1) * 2 + (state.isVowel ? 1 : 0);
    if (event.kind === 'initial') {
      this.tallies.push({ at: event.at, cell, kind: state.hasFollowup ? 'followed contact' : 'contact' });
      if (state.hasFollowup) this.unmatched -= 1;
    } else if (state.symbol === 0) this.unmatched += 1;
    else this.tallies.push({ at: state.initialAt, cell, kind: 'followup' });
    return { outcome: accepted(event.kind === 'initial' && event.isVowel), log: event };
  }

  #takeReplay(
    event: ContactEvent,
    state: ContactState,
    isVowel: boolean,
  ): { outcome: Outcome; log: ContactEvent } {
    state.hasReplays = true;
    addReplay(this.replays, event.uuid, event.id);
    const log = event.kind === 'initial' ? { ...event, isVowel, replay: true } : { ...event, replay: true };
    return { outcome: replayed(isVowel), log };
  }

  #add(uuid: Uuid): ContactState {
    const state = newContact();
    this.contacts.set(uuid, state);
    this.newContacts.push(uuid);
    return state;
  }

  /** A copy of a contact's state that this batch may change. */
  #own(uuid: Uuid, before: ContactState): ContactState {
    const own = this.contacts.get(uuid);
    if (own !== undefined) return own;
    const copy = { ...before };
    this.contacts.set(uuid, copy);
    return copy;
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
