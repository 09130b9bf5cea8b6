import { readFile, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { Dice } from '../../../../src/contract/conformance/dice.js';
import { Model } from '../../../../src/contract/model.js';
import type { Outcome } from '../../../../src/contract/store.js';
import { type ContactEvent, type ContactSymbol, SYMBOLS, type Uuid } from '../../../../src/domain/contact.js';
import { MINUTE } from '../../../../src/domain/time.js';

/** What a journal must hold. */
export interface Held {
  /** In the order of the log. */
  readonly events: readonly ContactEvent[];
  /** Where each frame ends: how many events stand before it. */
  readonly frames: readonly number[];
}

/** The model, with what its log would look like in a journal. */
export class Ledger implements Held {
  readonly model = new Model();
  events: readonly ContactEvent[] = [];
  readonly frames: number[] = [];
  /** The symbols of initials, by contact. */
  readonly symbols = new Map<Uuid, ContactSymbol>();
  readonly #opened = new Set<Uuid>();

  static async of({ events, frames }: Held): Promise<Ledger> {
    const ledger = new Ledger();
    await ledger.model.append(events);
    ledger.#note(await ledger.model.lastEvents(Number.MAX_SAFE_INTEGER));
    ledger.frames.push(...frames);
    return ledger;
  }

  async append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const outcomes = await this.model.append(batch);
    const before = this.events.length;
    this.#note(await this.model.lastEvents(Number.MAX_SAFE_INTEGER));
    if (this.events.length > before) this.frames.push(this.events.length);
    return outcomes;
  }

  /** Whether a salvage left replays of a contact's initial, but not the first: another symbol would be taken. */
  isHalfLost(uuid: Uuid): boolean {
    return this.symbols.has(uuid) && !this.#opened.has(uuid);
  }

  held(): Held {
    return { events: this.events, frames: [...this.frames] };
  }

  #note(events: readonly ContactEvent[]): void {
    for (let i = this.events.length; i < events.length; i += 1) {
      const event = events[i]!;
      if (event.kind !== 'initial') continue;
      this.symbols.set(event.uuid, event.symbol);
      if (!event.replay) this.#opened.add(event.uuid);
    }
    this.events = events;
  }
}

/** `held` without its n-th frame, as a salvage leaves it. */
export function withoutFrame({ events, frames }: Held, n: number): Held {
  const from = n === 0 ? 0 : frames[n - 1]!;
  const count = frames[n]! - from;
  return {
    events: [...events.slice(0, from), ...events.slice(from + count)],
    frames: [...frames.slice(0, n), ...frames.slice(n + 1).map((end) => end - count)],
  };
}

/** What is held where events are gone: `held` less at most one frame; undefined where more is missing. */
export function withoutLost(held: Held, kept: readonly ContactEvent[]): Held | undefined {
  const { events, frames } = held;
  const first = events.findIndex((event, i) => !isSame(event, kept[i]));
  const frame = frames.findIndex((_, n) => (frames[n - 1] ?? 0) === first);
  const left = first === -1 ? held : frame === -1 ? undefined : withoutFrame(held, frame);
  const isLeft =
    left?.events.length === kept.length && left.events.every((event, i) => isSame(event, kept[i]));
  return isLeft ? left : undefined;
}

export function isSame(one: ContactEvent | undefined, other: ContactEvent | undefined): boolean {
  return one?.uuid === other?.uuid && one?.id === other?.id;
}

export async function writeHeld<T>(path: string, held: T): Promise<void> {
  await writeFile(path, serialize(held));
}

export async function readHeld<T>(path: string): Promise<T> {
  return deserialize(await readFile(path)) as T;
}

const START = Date.UTC(2024, 0, 1) * 1000;
/** So many events come in a minute, and then for some minutes none. */
const EVENTS_A_MINUTE = 25;
const STEP = 29 * MINUTE;
const LATE_STEPS_MAX = 60;

/** Draws what clients send: contacts, followups, some of them late or first, replays, conflicts, retries. */
export class Clients {
  readonly #dice: Dice;
  #id: number;
  /** Nothing that is not logged: then frames are as long as batches, and end where those of other histories do. */
  readonly #allLogged: boolean;

  constructor(dice: Dice, { firstId = 1, allLogged = false } = {}) {
    this.#dice = dice;
    this.#id = firstId;
    this.#allLogged = allLogged;
  }

  batch(ledger: Ledger, size: number): ContactEvent[] {
    return Array.from({ length: size }, (_, i) => this.#event(ledger, i));
  }

  initial(uuid: Uuid, place: number, symbol = this.#dice.pick(SYMBOLS)): ContactEvent {
    return { ...this.followup(uuid, place), kind: 'initial', symbol, isVowel: this.#dice.once(2) };
  }

  #event(ledger: Ledger, i: number): ContactEvent {
    const dice = this.#dice;
    const place = ledger.events.length + i;
    const what = ledger.events.length === 0 ? 0 : dice.below(this.#allLogged ? 18 : 20);
    // Histories that went apart have contacts of the same names, and other things to say of them.
    if (what < 10) return this.initial(uuidOf(place), place);
    if (what === 10) return this.followup(uuidOf(place), place);
    const earlier = dice.pick(ledger.events);
    if (what < 15) return this.followup(earlier.uuid, place);
    if (what < 18) return this.initial(earlier.uuid, place, ledger.symbols.get(earlier.uuid));
    if (what < 19 && !ledger.isHalfLost(earlier.uuid)) return this.initial(earlier.uuid, place);
    return { ...earlier, replay: false };
  }

  followup(uuid: Uuid, place: number): ContactEvent {
    const dice = this.#dice;
    const late = dice.once(10) ? dice.below(LATE_STEPS_MAX) : 0;
    const at = START + (Math.floor(place / EVENTS_A_MINUTE) - late) * STEP + dice.below(MINUTE);
    this.#id += 1;
    return { kind: 'followup', id: this.#id, uuid, at, replay: false };
  }
}

/** Names that are in no order, so that each part of what is sorted by them has some of any time. */
export function uuidOf(n: number): Uuid {
  const spread = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${spread}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
