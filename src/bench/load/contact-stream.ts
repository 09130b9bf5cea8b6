import { randomUUID } from 'node:crypto';
import type { ContactEvent, Uuid } from '../../domain/contact.js';
import { noisyGuess, type RandomSource } from '../../domain/guess.js';
import { DAY, type Instant, MINUTE } from '../../domain/time.js';
import { FOLLOWUP_SHARE, LETTER_DECK } from './requests.js';

/** How far back the contacts go, and how much of that is dense. */
export const STREAM_DAYS = 3650;
export const DENSE_DAYS = 90;

/**
 * Made-up events in time order, as an archive has them: half of the contacts are spread evenly over the last
 * 90 days, so that minutes hold many; the other half over the ten years before, so that there are many
 * minutes. One in eight is followed up, five minutes later.
 */
export class ContactStream {
  readonly #contacts: number;
  readonly #end: Instant;
  readonly #random: RandomSource;
  readonly #guess: ReturnType<typeof noisyGuess>;
  #contactsMade = 0;
  #events = 0;
  #next: Instant | undefined;
  /** Followups that are due, the earliest first, from `#dueFrom` on. */
  #due: { uuid: Uuid; at: Instant }[] = [];
  #dueFrom = 0;

  constructor(contacts: number, end: Instant, random: RandomSource = Math.random) {
    this.#contacts = contacts;
    this.#end = end;
    this.#random = random;
    this.#guess = noisyGuess(random);
  }

  /** How many events there were so far. */
  get events(): number {
    return this.#events;
  }

  /** The next events, as many as asked for; fewer, and then none, at the end. */
  take(countMax: number): ContactEvent[] {
    const batch: ContactEvent[] = [];
    while (batch.length < countMax) {
      const event = this.#one();
      if (event === undefined) break;
      batch.push(event);
    }
    return batch;
  }

  #one(): ContactEvent | undefined {
    if (this.#next === undefined && this.#contactsMade < this.#contacts) {
      this.#next = this.#instantOf(this.#contactsMade);
    }
    const followup = this.#due[this.#dueFrom];
    if (followup !== undefined && (this.#next === undefined || followup.at <= this.#next)) {
      this.#forgetFirstDue();
      return { kind: 'followup', id: this.#id(), uuid: followup.uuid, at: followup.at, replay: false };
    }
    if (this.#next === undefined) return undefined;
    const [uuid, at] = [randomUUID(), this.#next];
    this.#next = undefined;
    this.#contactsMade += 1;
    const symbol = LETTER_DECK[Math.floor(this.#random() * LETTER_DECK.length)]!;
    if (this.#random() < FOLLOWUP_SHARE) this.#due.push({ uuid, at: at + FOLLOWUP_DELAY });
    return { kind: 'initial', id: this.#id(), uuid, symbol, isVowel: this.#guess(symbol), at, replay: false };
  }

  #instantOf(index: number): Instant {
    const denseFrom = this.#end - DENSE_DAYS * DAY;
    const sparse = this.#contacts >> 1;
    const from = index < sparse ? this.#end - STREAM_DAYS * DAY : denseFrom;
    const span = index < sparse ? (STREAM_DAYS - DENSE_DAYS) * DAY : DENSE_DAYS * DAY;
    const [place, places] = index < sparse ? [index, sparse] : [index - sparse, this.#contacts - sparse];
    return from + Math.floor(((place + this.#random()) / places) * span);
  }

  #forgetFirstDue(): void {
    this.#dueFrom += 1;
    if (this.#dueFrom < DUE_FORGOTTEN_MAX) return;
    this.#due = this.#due.slice(this.#dueFrom);
    this.#dueFrom = 0;
  }

  #id(): number {
    const id = this.#events;
    this.#events += 1;
    return id;
  }
}

const FOLLOWUP_DELAY = 5 * MINUTE;
const DUE_FORGOTTEN_MAX = 4096;
