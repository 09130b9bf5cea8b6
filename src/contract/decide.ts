import type { Contact, ContactEvent, ContactSymbol, EventId, Uuid } from '../domain/contact.js';
import { CELLS, cellOf } from '../domain/tally-row.js';
import { BUCKETS, type Bucket, type Instant } from '../domain/time.js';
import type { Outcome } from './store.js';

/** What was known of the contacts of a batch before it. */
export interface Known {
  /** Those that have events already. */
  readonly contacts: readonly Contact[];
  /** Those of the batch's event ids that their contacts have already. */
  readonly logged: readonly LoggedEvent[];
}

export interface LoggedEvent {
  readonly uuid: Uuid;
  readonly id: EventId;
  readonly replay: Bit;
}

/** As engines have it. */
export type Bit = boolean | 0 | 1;

/** What one cell gains: the contacts of one symbol and guess in one bucket, or of all time. */
export interface CellGain {
  readonly bucket: Bucket | 'total';
  /** When the bucket begins; 0 for all time. */
  readonly start: Instant;
  readonly symbol: ContactSymbol;
  readonly isVowel: boolean;
  /** To be added. */
  readonly count: number;
  readonly followups: number;
  /** The least and the greatest instant of the initials; a followup that comes late has that of its initial. */
  readonly earliest: Instant;
  readonly latest: Instant;
}

/** What becomes of a batch, and all that it changes. */
export interface Decision {
  /** One an event, in the batch's order. */
  readonly outcomes: readonly Outcome[];
  /** What is logged, in the batch's order, with the stored guess and the mark of a replay. */
  readonly events: readonly ContactEvent[];
  /** The contacts that the batch changed, as they are after it, by uuid. */
  readonly contacts: readonly Contact[];
  /** By bucket, start, symbol and guess. */
  readonly cells: readonly CellGain[];
  /** How many contacts with a followup and no initial there are more; less where it is negative. */
  readonly unmatched: number;
  /** How many of the events are replays. */
  readonly replays: number;
}

/**
 * Decides what becomes of each event of a batch, in its order, as the contract says. Pure: it looks at nothing
 * but what it is given. Contacts and cells are in one order whatever the batch's, so that whoever locks or writes
 * them one after the other never waits for somebody who waits for it.
 */
export function decide(batch: readonly ContactEvent[], known: Known): Decision {
  const states = new Map<Uuid, State>();
  for (const contact of known.contacts) stateOf(states, contact.uuid).contact = contact;
  for (const { uuid, id, replay } of known.logged) stateOf(states, uuid).logged.set(id, replay);
  const changed = new Set<Uuid>();
  const events: ContactEvent[] = [];
  const cells = new Cells();
  let unmatched = 0;
  let replays = 0;
  const outcomes = batch.map((event): Outcome => {
    const { uuid, id, at } = event;
    const state = stateOf(states, uuid);
    const { initial, followupAt } = state.contact;
    const isInitial = event.kind === 'initial';
    const isVowel = isInitial && (initial?.isVowel ?? event.isVowel);
    const before = state.logged.get(id);
    if (before !== undefined) return { status: before ? 'replayed' : 'accepted', isVowel };
    if (isInitial && initial !== null && initial.symbol !== event.symbol) {
      return { status: 'conflict', symbol: initial.symbol };
    }
    const replay = event.replay || (isInitial ? initial : followupAt) !== null;
    state.logged.set(id, replay);
    events.push(isInitial ? { ...event, isVowel, replay } : { ...event, replay });
    if (replay) {
      replays += 1;
      return { status: 'replayed', isVowel };
    }
    const now: Contact = isInitial
      ? { uuid, initial: { symbol: event.symbol, isVowel, at }, followupAt }
      : { uuid, initial, followupAt: at };
    unmatched += unmatchedIn(now) - unmatchedIn(state.contact);
    state.contact = now;
    changed.add(uuid);
    if (now.initial !== null) {
      cells.gain(now.initial, initial === null ? 1 : 0, now.followupAt === null ? 0 : 1);
    }
    return { status: 'accepted', isVowel };
  });
  return {
    outcomes,
    events,
    contacts: [...changed].sort().map((uuid) => states.get(uuid)!.contact),
    cells: cells.inOrder(),
    unmatched,
    replays,
  };
}

/** A contact while its events are decided. */
interface State {
  contact: Contact;
  /** Whether each of its events is a replay, by id. */
  readonly logged: Map<EventId, Bit>;
}

function stateOf(states: Map<Uuid, State>, uuid: Uuid): State {
  let state = states.get(uuid);
  if (state === undefined) {
    state = { contact: { uuid, initial: null, followupAt: null }, logged: new Map() };
    states.set(uuid, state);
  }
  return state;
}

/** 1 for a contact with a followup whose initial has not come. */
function unmatchedIn({ initial, followupAt }: Contact): 0 | 1 {
  return initial === null && followupAt !== null ? 1 : 0;
}

/** In the order in which cells are. */
const LEVELS = [
  ['total', Number.POSITIVE_INFINITY],
  ['day', BUCKETS.day],
  ['hour', BUCKETS.hour],
  ['minute', BUCKETS.minute],
] as const;

type GrowingCell = { -readonly [Field in keyof CellGain]: CellGain[Field] };

class Cells {
  /** For each level, by the number of the bucket and that of the cell in it. */
  readonly #levels = LEVELS.map(() => new Map<number, GrowingCell>());

  gain({ at, symbol, isVowel }: NonNullable<Contact['initial']>, count: 0 | 1, followups: 0 | 1): void {
    const place = cellOf(symbol, isVowel);
    for (const [level, [bucket, length]] of LEVELS.entries()) {
      const number = bucket === 'total' ? 0 : Math.floor(at / length);
      const key = number * CELLS + place;
      let cell = this.#levels[level]!.get(key);
      if (cell === undefined) {
        const start = bucket === 'total' ? 0 : number * length;
        cell = { bucket, start, symbol, isVowel, count: 0, followups: 0, earliest: at, latest: at };
        this.#levels[level]!.set(key, cell);
      }
      cell.count += count;
      cell.followups += followups;
      cell.earliest = Math.min(cell.earliest, at);
      cell.latest = Math.max(cell.latest, at);
    }
  }

  inOrder(): CellGain[] {
    return this.#levels.flatMap((level) =>
      [...level.entries()].sort(([first], [second]) => first - second).map(([, cell]) => cell),
    );
  }
}
