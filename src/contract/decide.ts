import type { Contact, ContactEvent, ContactSymbol, EventId, Uuid } from '../domain/contact.js';
import { BUCKETS, type Bucket, bucketStart, type Instant } from '../domain/time.js';
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
  readonly replay: boolean;
}

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
  const contacts = new Map(known.contacts.map((contact) => [contact.uuid, contact]));
  const logged = new Map(known.logged.map((event) => [keyOf(event), event.replay]));
  const changed = new Set<Uuid>();
  const events: ContactEvent[] = [];
  const cells = new Cells();
  let unmatched = 0;
  let replays = 0;
  const outcomes = batch.map((event): Outcome => {
    const { uuid, at } = event;
    const contact = contacts.get(uuid) ?? { uuid, initial: null, followupAt: null };
    const { initial, followupAt } = contact;
    const isInitial = event.kind === 'initial';
    const isVowel = isInitial && (initial?.isVowel ?? event.isVowel);
    const before = logged.get(keyOf(event));
    if (before !== undefined) return { status: before ? 'replayed' : 'accepted', isVowel };
    if (isInitial && initial !== null && initial.symbol !== event.symbol) {
      return { status: 'conflict', symbol: initial.symbol };
    }
    const replay = event.replay || (isInitial ? initial : followupAt) !== null;
    logged.set(keyOf(event), replay);
    events.push(isInitial ? { ...event, isVowel, replay } : { ...event, replay });
    if (replay) {
      replays += 1;
      return { status: 'replayed', isVowel };
    }
    const now: Contact = isInitial
      ? { uuid, initial: { symbol: event.symbol, isVowel, at }, followupAt }
      : { uuid, initial, followupAt: at };
    contacts.set(uuid, now);
    changed.add(uuid);
    unmatched += unmatchedIn(now) - unmatchedIn(contact);
    if (now.initial !== null) {
      cells.gain(now.initial, initial === null ? 1 : 0, now.followupAt === null ? 0 : 1);
    }
    return { status: 'accepted', isVowel };
  });
  return {
    outcomes,
    events,
    contacts: [...changed].sort().map((uuid) => contacts.get(uuid)!),
    cells: cells.inOrder(),
    unmatched,
    replays,
  };
}

/** 1 for a contact with a followup whose initial has not come. */
function unmatchedIn({ initial, followupAt }: Contact): 0 | 1 {
  return initial === null && followupAt !== null ? 1 : 0;
}

function keyOf({ uuid, id }: Pick<LoggedEvent, 'uuid' | 'id'>): string {
  return `${uuid} ${id}`;
}

/** In the order in which cells are. */
const CELL_BUCKETS = ['total', 'day', 'hour', 'minute'] as const;

class Cells {
  readonly #cells = new Map<string, CellGain>();

  gain({ at, symbol, isVowel }: NonNullable<Contact['initial']>, count: 0 | 1, followups: 0 | 1): void {
    for (const bucket of CELL_BUCKETS) {
      const start = bucket === 'total' ? 0 : bucketStart(at, BUCKETS[bucket]);
      const key = `${bucket} ${start} ${symbol} ${isVowel}`;
      const before = this.#cells.get(key) ?? { count: 0, followups: 0, earliest: at, latest: at };
      this.#cells.set(key, {
        bucket,
        start,
        symbol,
        isVowel,
        count: before.count + count,
        followups: before.followups + followups,
        earliest: Math.min(before.earliest, at),
        latest: Math.max(before.latest, at),
      });
    }
  }

  inOrder(): CellGain[] {
    return [...this.#cells.values()].sort(
      (a, b) =>
        CELL_BUCKETS.indexOf(a.bucket) - CELL_BUCKETS.indexOf(b.bucket) ||
        a.start - b.start ||
        (a.symbol === b.symbol ? Number(a.isVowel) - Number(b.isVowel) : a.symbol < b.symbol ? -1 : 1),
    );
  }
}
