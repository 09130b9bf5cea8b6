import { type ContactEvent, type EventId, SYMBOLS, type Uuid } from '../../domain/contact.js';
import { bucketStart, DAY, HOUR, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE } from '../../domain/time.js';
import type { AppendLimits } from '../store.js';
import type { Dice } from './dice.js';

/** What a store is fed with: rounds, one after the other. */
export interface Stream {
  readonly name: string;
  readonly rounds: readonly Round[];
}

/** Batches that are appended at the same time; no uuid is in two of them, so their outcomes are determined. */
export interface Round {
  readonly batches: readonly (readonly ContactEvent[])[];
  /** Close the store and open it again before this round, where the data survive that. */
  readonly reopenBefore?: boolean;
}

/** What random streams are drawn from. */
export interface StreamShape {
  readonly name: string;
  /** Makes a source of instants. */
  readonly instants: (dice: Dice) => () => Instant;
  /** Replays, conflicts and repeated event ids: `none` is what the original client sends. */
  readonly retries: 'none' | 'some' | 'many';
  readonly arrival: 'any order' | 'time order';
  /** Several batches at once, as many as the store allows. */
  readonly atOnce: boolean;
}

/** How many batches are ever appended at once, however many a store allows. */
const LANES_MAX = 8;

const ONE_DAY: Instant = Date.UTC(2017, 5, 28) * 1000;

export const SHAPES: readonly StreamShape[] = [
  { name: 'dense: a few minutes', instants: dense, retries: 'some', arrival: 'any order', atOnce: false },
  { name: 'sparse: five centuries', instants: sparse, retries: 'some', arrival: 'any order', atOnce: false },
  {
    name: 'edges of minutes, hours and days',
    instants: edges(ONE_DAY),
    retries: 'some',
    arrival: 'any order',
    atOnce: false,
  },
  { name: 'around 1970', instants: edges(0), retries: 'some', arrival: 'any order', atOnce: false },
  { name: 'retries everywhere', instants: weeks, retries: 'many', arrival: 'any order', atOnce: false },
  { name: 'arrival in time order', instants: weeks, retries: 'many', arrival: 'time order', atOnce: false },
  { name: 'several batches at once', instants: weeks, retries: 'many', arrival: 'any order', atOnce: true },
  {
    name: 'what the original client sends',
    instants: weeks,
    retries: 'none',
    arrival: 'time order',
    atOnce: true,
  },
];

/** Draws the events of a stream, in the order of their arrival. */
export function drawEvents(shape: StreamShape, dice: Dice, contacts: number): ContactEvent[] {
  const uuids = new Set<Uuid>();
  while (uuids.size < contacts) uuids.add(drawUuid(dice));
  const instant = shape.instants(dice);
  const events = [...uuids].flatMap((uuid) => drawContact(uuid, shape, dice, instant));
  const shuffled = dice.shuffled(events);
  return shape.arrival === 'any order' ? shuffled : shuffled.sort((first, second) => first.at - second.at);
}

/** Divides events into rounds of batches that the store takes. */
export function drawRounds(
  events: readonly ContactEvent[],
  dice: Dice,
  limits: AppendLimits,
  atOnce: boolean,
): Round[] {
  const lanes = atOnce ? Math.min(limits.batchesInFlightMax, LANES_MAX) : 1;
  const rounds: Round[] = [];
  let next = 0;
  while (next < events.length) {
    const size = Math.min(dice.pick([1, 2, 5, 16, 48]), limits.batchEventsMax);
    const batches: ContactEvent[][] = Array.from({ length: lanes }, () => []);
    for (; next < events.length; next += 1) {
      const event = events[next]!;
      const batch = batches[Number.parseInt(event.uuid.slice(-4), 16) % lanes]!;
      if (batch.length === size) break;
      batch.push(event);
    }
    rounds.push({ batches });
  }
  return rounds;
}

/** Everything that one client, with its retries, sends for a contact. */
function drawContact(uuid: Uuid, shape: StreamShape, dice: Dice, instant: () => Instant): ContactEvent[] {
  const symbol = dice.pick(SYMBOLS);
  // Ids are unique within a contact only, and of any size.
  let lastId: EventId = dice.pick([-1, -1, dice.below(2 ** 31), Number.MAX_SAFE_INTEGER - 100]);
  const initial = (of = symbol): ContactEvent => {
    lastId += 1;
    return {
      kind: 'initial',
      id: lastId,
      uuid,
      symbol: of,
      isVowel: dice.once(2),
      at: instant(),
      replay: false,
    };
  };
  const followup = (): ContactEvent => {
    lastId += 1;
    return { kind: 'followup', id: lastId, uuid, at: instant(), replay: false };
  };

  const hasInitial = !dice.once(8);
  const hasFollowup = !hasInitial || dice.once(3);
  const events: ContactEvent[] = [];
  if (hasInitial) events.push(initial());
  if (hasFollowup) events.push(followup());
  if (shape.retries === 'none') return events;

  const replaysMax = shape.retries === 'many' ? 4 : 2;
  if (hasInitial) for (let left = dice.below(replaysMax); left > 0; left -= 1) events.push(initial());
  if (hasFollowup) for (let left = dice.below(replaysMax); left > 0; left -= 1) events.push(followup());
  const oddity = dice.below(4);
  if (oddity === 0 && hasInitial) {
    events.push(initial(dice.pick(SYMBOLS.filter((other) => other !== symbol))));
  }
  // Only a store that refuses no symbol can have a replay of another one, so the two are not mixed.
  if (oddity === 1 && hasInitial) events.push({ ...initial(), replay: true });
  if (oddity === 1 && hasFollowup) events.push({ ...followup(), replay: true });
  const repeats = events.filter(() => dice.once(shape.retries === 'many' ? 3 : 8));
  return [...events, ...repeats];
}

/** One uuid in three differs from others in its last digits only. */
export function drawUuid(dice: Dice): Uuid {
  const digits = Array.from({ length: 32 }, () => dice.below(16).toString(16)).join('');
  const hex = dice.once(3) ? digits.slice(-2).padStart(32, '0') : digits;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Five minutes over a midnight; every third instant is one that was there before. */
function dense(dice: Dice): () => Instant {
  const drawn: Instant[] = [];
  return () => {
    if (drawn.length > 0 && dice.once(3)) return dice.pick(drawn);
    const at = ONE_DAY - 2 * MINUTE + dice.below(5 * MINUTE);
    drawn.push(at);
    return at;
  };
}

/** Any instant that an event can have, the first and the last among them. */
function sparse(dice: Dice): () => Instant {
  return () =>
    dice.once(16)
      ? dice.pick([INSTANT_MIN, INSTANT_MAX - 1])
      : INSTANT_MIN + dice.below(INSTANT_MAX - INSTANT_MIN);
}

function weeks(dice: Dice): () => Instant {
  return () => ONE_DAY + dice.below(40 * DAY);
}

/** Exactly on an edge of a bucket near a midnight, or one microsecond to either side of it. */
function edges(midnight: Instant): (dice: Dice) => () => Instant {
  return (dice) => () => {
    const near = midnight - 2 * DAY + dice.below(4 * DAY);
    return bucketStart(near, dice.pick([MINUTE, HOUR, DAY])) + dice.pick([-1, 0, 1]);
  };
}
