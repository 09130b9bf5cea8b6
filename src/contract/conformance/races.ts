import { type ContactEvent, type ContactSymbol, SYMBOLS, type Uuid } from '../../domain/contact.js';
import { type Instant, MINUTE } from '../../domain/time.js';
import type { Dice } from './dice.js';
import { drawUuid } from './streams.js';

/** What each of several clients hands in while the others do, in batches of so many events at most. */
export interface Race {
  /** What is in the batches, for a reader. */
  readonly kind: string;
  readonly clients: readonly (readonly ContactEvent[])[];
  readonly batchEventsMax: number;
}

/** Races of the kinds come in turn, and so many are one round of them. */
export const RACE_KINDS = 3;

/**
 * How many contacts are in a race at most: so many take an engine a while, in which clients that take them in
 * other orders meet. A store that takes few events at once is raced with no more of them, but with some.
 */
const CROWD = { least: 8, most: 100 };
/** How many contacts a client has to itself in a race for the same tallies. */
const OWN_CONTACTS = { least: 8, most: 100 };
/** Minutes before and after it, so that clients meet in the roll-ups of each length. */
const MIDNIGHT: Instant = Date.UTC(2017, 5, 28) * 1000;
const SPREAD: Instant = 4 * MINUTE;

/** Draws the batch of a client. */
type Draw = (client: number) => ContactEvent[];

interface Racer {
  readonly uuid: Uuid;
  readonly symbol: ContactSymbol;
  readonly otherSymbol: ContactSymbol;
  nextId: number;
}

/**
 * Draws what clients hand in at the same time, so that what one reads another is about to write: the same few
 * contacts with initials of the same and of other symbols, followups before initials, replays, and the same
 * event ids twice, as a retry that overtakes its original has them; many contacts, in opposite orders; and
 * other contacts for each, with the same symbols in the same minutes.
 */
export class RaceCourse {
  readonly #dice: Dice;
  readonly #batchEventsMax: number;
  /** Whether an event may be in the batches of two clients. */
  readonly #repeats: boolean;
  readonly #instants = new Set<Instant>();
  readonly #uuids = new Set<Uuid>();
  readonly #known: Racer[] = [];
  #races = 0;

  constructor(dice: Dice, batchEventsMax: number, repeats: boolean) {
    this.#dice = dice;
    this.#batchEventsMax = batchEventsMax;
    this.#repeats = repeats;
  }

  next(clients: number): Race {
    const round = Math.floor(this.#races / RACE_KINDS);
    const place = this.#races % RACE_KINDS;
    this.#races += 1;
    const draw = [() => this.#few(), () => this.#crowd(), () => this.#apart()][place]!();
    const events = Array.from({ length: clients }, (_, client) => draw(client));
    return {
      kind: ['the same few contacts', 'many contacts in other orders', 'other contacts in the same roll-ups'][
        place
      ]!,
      clients: place === 0 && this.#repeats ? this.#repeated(events) : events,
      // Every other time in small ones, of which more meet.
      batchEventsMax: place === 0 && round % 2 === 1 ? 4 : Number.POSITIVE_INFINITY,
    };
  }

  #few(): Draw {
    const racers = [...this.#some(2 + this.#dice.below(4)), ...this.#newcomers(2 + this.#dice.below(4))];
    return () => this.#dice.shuffled(racers.flatMap((racer) => this.#events(racer, 1 + this.#dice.below(3))));
  }

  #crowd(): Draw {
    const racers = this.#newcomers(this.#within(CROWD));
    const orders = [racers, racers.toReversed()];
    return (client) =>
      (orders[client] ?? this.#dice.shuffled(racers)).flatMap((racer) => this.#events(racer, 1));
  }

  #apart(): Draw {
    const count = this.#within(OWN_CONTACTS);
    return () => this.#dice.shuffled(this.#newcomers(count).flatMap((racer) => this.#events(racer, 1)));
  }

  /** Some events of each client are in the batch of another as well, and half of the time all of one's. */
  #repeated(race: readonly ContactEvent[][]): ContactEvent[][] {
    const dice = this.#dice;
    const shared = race.map((batch, i) => {
      const others = race.filter((_, other) => other !== i).flat();
      return dice.shuffled([...batch, ...others.filter(() => dice.once(6 * race.length))]);
    });
    return dice.once(2) ? [...shared.slice(0, -1), shared[0]!] : shared;
  }

  #within({ least, most }: { readonly least: number; readonly most: number }): number {
    return Math.max(least, Math.min(this.#batchEventsMax, most));
  }

  #some(count: number): Racer[] {
    return this.#dice.shuffled(this.#known).slice(0, count);
  }

  #newcomers(count: number): Racer[] {
    const dice = this.#dice;
    const before = this.#known.length;
    while (this.#known.length < before + count) {
      const uuid = drawUuid(dice);
      if (this.#uuids.has(uuid)) continue;
      this.#uuids.add(uuid);
      const symbol = dice.pick(SYMBOLS);
      const otherSymbol = dice.pick(SYMBOLS.filter((other) => other !== symbol));
      this.#known.push({ uuid, symbol, otherSymbol, nextId: dice.below(1000) });
    }
    return this.#known.slice(before);
  }

  #events(racer: Racer, count: number): ContactEvent[] {
    return Array.from({ length: count }, () => this.#event(racer));
  }

  #event(racer: Racer): ContactEvent {
    const dice = this.#dice;
    const id = racer.nextId;
    racer.nextId += 1;
    const { uuid, symbol, otherSymbol } = racer;
    const at = this.#instant();
    if (dice.once(3)) return { kind: 'followup', id, uuid, at, replay: false };
    const of = dice.once(6) ? otherSymbol : symbol;
    return { kind: 'initial', id, uuid, symbol: of, isVowel: dice.once(2), at, replay: false };
  }

  /** None comes twice, so that the order of time does not depend on that of arrival. */
  #instant(): Instant {
    for (;;) {
      const at = MIDNIGHT - SPREAD + this.#dice.below(2 * SPREAD);
      if (this.#instants.has(at)) continue;
      this.#instants.add(at);
      return at;
    }
  }
}
