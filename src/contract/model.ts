import {
  type Contact,
  type ContactEvent,
  type ContactSymbol,
  SYMBOLS,
  type Uuid,
} from '../domain/contact.js';
import { EMPTY, EMPTY_SPLIT, mergeSplit, type SplitTally } from '../domain/tally.js';
import type { Instant, Range } from '../domain/time.js';
import { decide, type LoggedEvent } from './decide.js';
import { TallyboardError } from './errors.js';
import type { EventSpan, Outcome, Promises, Store } from './store.js';
import type { ContactStory, DocumentKind, Verification } from './store-page.js';

/**
 * The array-backed oracle: the contract in the plainest form that can be read, and a store like any other.
 * It counts every contact for every answer; it is there to be compared with.
 *
 * With `replays: 'counted'` it is the oracle of stores that declare that difference: each pair of an initial
 * and a followup with the same uuid counts, as a join does.
 */
export class Model implements Store {
  readonly promises: Promises;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 4 };
  readonly #log: ContactEvent[] = [];
  readonly #contacts = new Map<Uuid, Contact>();
  readonly #logged = new Map<Uuid, LoggedEvent[]>();
  #verification: Verification | null = null;
  readonly #documents = { note: new Map<string, string>(), share: new Map<string, string>() };
  /** What all tallies are counted from; undefined once it is out of date. */
  #counted: readonly Row[] | undefined;
  #closed = false;

  constructor(replays: Promises['replays'] = 'recognised') {
    this.promises = {
      survives: 'nothing',
      reads: 'immediate',
      writers: 'one',
      keepsEvents: true,
      replays,
      batches: 'whole',
      rollups: [],
      differences: replays === 'counted' ? ['replays are counted'] : [],
    };
  }

  async open(): Promise<void> {
    this.#closed = false;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    if (this.#closed) throw new TallyboardError('STORE_CLOSED', 'the model is closed: open it first');
    this.#counted = undefined;
    return this.promises.replays === 'counted' ? batch.map((event) => this.#count(event)) : this.#take(batch);
  }

  async tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally> {
    return this.#rows()
      .filter((row) => row.symbol === symbol)
      .map(splitOfRow)
      .reduce(mergeSplit, EMPTY_SPLIT);
  }

  async talliesOfRange(range: Range): Promise<readonly SplitTally[]> {
    const tallies = new Map(SYMBOLS.map((symbol) => [symbol, EMPTY_SPLIT]));
    for (const row of this.#rows()) {
      if (row.at < range.lower || row.at >= range.upper) continue;
      tallies.set(row.symbol, mergeSplit(tallies.get(row.symbol)!, splitOfRow(row)));
    }
    return [...tallies.values()];
  }

  async unmatched(): Promise<number> {
    if (this.promises.replays === 'recognised') {
      return [...this.#contacts.values()].filter((contact) => contact.initial === null).length;
    }
    const opened = new Set(this.#log.filter((event) => event.kind === 'initial').map((event) => event.uuid));
    return new Set(this.#log.map((event) => event.uuid).filter((uuid) => !opened.has(uuid))).size;
  }

  async *events(span: EventSpan = {}): AsyncGenerator<ContactEvent> {
    const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = span;
    yield* this.#log
      .filter((event) => lower <= event.at && event.at < upper)
      .sort((first, second) => first.at - second.at);
  }

  async lastEvents(eventsMax: number): Promise<ContactEvent[]> {
    return this.#log.slice(Math.max(0, this.#log.length - eventsMax));
  }

  async eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory> {
    signal?.throwIfAborted();
    const events = this.#log
      .filter((event) => event.uuid === uuid)
      .sort((first, second) => first.at - second.at);
    return { events: events.slice(0, eventsMax), leftOut: Math.max(0, events.length - eventsMax) };
  }

  async replays(): Promise<number> {
    return this.#log.filter((event) => event.replay).length;
  }

  async verification(): Promise<Verification | null> {
    return this.#verification;
  }

  async recordVerification(verification: Verification): Promise<void> {
    this.#verification = verification;
  }

  async documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#documents[kind]);
  }

  async keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void> {
    if (text === null) this.#documents[kind].delete(name);
    else this.#documents[kind].set(name, text);
  }

  #count(event: ContactEvent): Outcome {
    this.#log.push({ ...event, replay: false });
    return { status: 'accepted', isVowel: event.kind === 'initial' && event.isVowel };
  }

  #take(batch: readonly ContactEvent[]): readonly Outcome[] {
    const uuids = [...new Set(batch.map(({ uuid }) => uuid))];
    const { outcomes, events, contacts } = decide(batch, {
      contacts: uuids.flatMap((uuid) => this.#contacts.get(uuid) ?? []),
      logged: uuids.flatMap((uuid) => this.#logged.get(uuid) ?? []),
    });
    for (const contact of contacts) this.#contacts.set(contact.uuid, contact);
    for (const event of events) {
      this.#log.push(event);
      const logged = this.#logged.get(event.uuid);
      if (logged === undefined) this.#logged.set(event.uuid, [event]);
      else logged.push(event);
    }
    return outcomes;
  }

  #rows(): readonly Row[] {
    this.#counted ??= this.promises.replays === 'counted' ? this.#joined() : this.#recognised();
    return this.#counted;
  }

  #recognised(): Row[] {
    return [...this.#contacts.values()].flatMap(({ initial, followupAt }) =>
      initial === null ? [] : [{ ...initial, followups: followupAt === null ? 0 : 1 }],
    );
  }

  /** Every logged initial, with the number of logged followups that share its uuid. */
  #joined(): Row[] {
    const followups = new Map<Uuid, number>();
    for (const event of this.#log) {
      if (event.kind === 'followup') followups.set(event.uuid, (followups.get(event.uuid) ?? 0) + 1);
    }
    return this.#log.flatMap((event) =>
      event.kind === 'initial' ? [{ ...event, followups: followups.get(event.uuid) ?? 0 }] : [],
    );
  }
}

interface Row {
  readonly symbol: ContactSymbol;
  readonly isVowel: boolean;
  readonly at: Instant;
  readonly followups: number;
}

function splitOfRow({ isVowel, at, followups }: Row): SplitTally {
  const tally = { count: 1, earliest: at, latest: at, followups };
  return isVowel ? { vowel: tally, consonant: EMPTY } : { vowel: EMPTY, consonant: tally };
}
