import { randomUUID } from 'node:crypto';
import { TallyboardError } from '../../contract/errors.js';
import type { EventRow, Noted } from '../../contract/served/engine.js';
import { eventOf } from '../../contract/served/rows.js';
import { FORMAT_REMOVED } from '../../contract/served/store.js';
import {
  type ArchivePart,
  dateOfPlace,
  dayOfPlace,
  type EventArchive,
  NOTHING_MOVED,
  type Removed,
} from '../../contract/store-archive.js';
import type { ContactEvent } from '../../domain/contact.js';
import { bucketStart, DAY, formatInstant, INSTANT_MIN, type Instant } from '../../domain/time.js';

/** So many events are removed by one statement, which has to end in the time that a statement may take. */
const ROWS_MAX = 10_000;
/** Notes that are kept: the name of the store, of its archive, up to where each day was moved, what is gone. */
const STORE = 'store';
const ARCHIVE = 'archive:name';
const REACHED = 'archived:';
const REMOVED = 'removed:';

/** What is asked of an engine in SQL, in statements by their names. */
export interface Asked<Connection> {
  read<Row>(name: string, values?: object): Promise<Row[]>;
  ask<Row>(connection: Connection, name: string, values?: object): Promise<Row[]>;
  transaction<T>(run: (connection: Connection) => Promise<T>): Promise<T>;
  /** Those of a span that are no later than one, by its number in the order of arrival. */
  eventsUpTo(lower: Instant, upper: Instant, end: number): AsyncIterable<EventRow>;
}

/**
 * Moves out days (UTC), each as one part; contacts and cells stay. A state is `1704067200000-7`: when the events were
 * listed, which no state has twice, and the number of the last of them, in the order of arrival. What comes later for
 * a day that was moved has higher numbers.
 */
export class SqlArchive<Connection> implements EventArchive {
  readonly #engine: Asked<Connection>;

  constructor(engine: Asked<Connection>) {
    this.#engine = engine;
  }

  async store() {
    return (await this.#note(STORE)) ?? this.#once(STORE, randomUUID());
  }

  name() {
    return this.#note(ARCHIVE);
  }

  claim(name: string) {
    return this.#once(ARCHIVE, name);
  }

  async reached() {
    const notes = await this.#engine.read<Noted>('noted', [REACHED]);
    return new Map(notes.map(({ name, value }) => [name.slice(REACHED.length), value]));
  }

  async parts() {
    const reached = await this.reached();
    const parts: ArchivePart[] = [];
    for (let lower = INSTANT_MIN; ; ) {
      const [first] = await this.#engine.read<{ at: Instant | null }>('next', [lower]);
      const at = first?.at ?? null;
      if (at === null) return parts;
      const day = bucketStart(at, DAY);
      lower = day + DAY;
      const [found] = await this.#engine.read<{ events: number; last: number }>('day', [day, lower]);
      const place = `${formatInstant(day).slice(0, 10)}_0`;
      const since = reached.get(place) ?? NOTHING_MOVED;
      const { events, last } = found!;
      if (events > 0) parts.push({ place, since, last: `${Date.now()}-${last}`, events });
    }
  }

  async *events({ place, last }: ArchivePart): AsyncGenerator<ContactEvent> {
    const day = dayOfPlace(place);
    for await (const row of this.#engine.eventsUpTo(day, day + DAY, numberOf(last))) yield eventOf(row);
  }

  async removed(): Promise<Removed> {
    const { before, discarded } = await this.#removal();
    return { before, discardedBefore: discarded };
  }

  /** Reads events from an instant on, page by page; rejects where some of them were removed meanwhile. */
  async *unremoved<Event>(lower: Instant, events: () => AsyncIterable<Event>): AsyncGenerator<Event> {
    const { times } = await this.#removal();
    yield* events();
    const now = await this.#removal();
    if (now.times === times || now.before! <= lower) return;
    throw new TallyboardError(
      'STORE_UNAVAILABLE',
      'raw events were removed while they were read, so some may be missing: read again when that has ended',
    );
  }

  remove(part: ArchivePart, reached: string) {
    return this.#remove(part, reached);
  }

  discard(part: ArchivePart) {
    return this.#remove(part);
  }

  /** `reached`: where the archive of the day ends then; left out: no archive has the events. */
  async #remove(part: ArchivePart, reached?: string): Promise<void> {
    const { place, since, events } = part;
    await this.#alone(async (connection) => {
      const noted = (name: string) => this.#engine.ask<Noted>(connection, 'noted', [name]);
      const note = (name: string, value: string) =>
        this.#engine.ask<unknown>(connection, 'note', [name, value]);
      const held = (await noted(REACHED + place))[0]?.value ?? NOTHING_MOVED;
      if (held === reached) return;
      if (held !== since) throw movedMeanwhile(place);
      const gone = await this.#removeRows(connection, part);
      if (gone.events !== events) throw changed(place);
      // Who makes everything again has this lock: it finds the events, or the date up to which they are gone.
      await this.#engine.ask(connection, 'lock');
      const before = dayOfPlace(place) + DAY;
      const all = removalOf(await noted(REMOVED));
      await note(`${REMOVED}before`, String(Math.max(all.before ?? before, before)));
      await note(`${REMOVED}times`, String(all.times + 1));
      await note(`${REMOVED}replays`, String(all.replays + gone.replays));
      if (reached !== undefined) await note(REACHED + place, reached);
      else await note(`${REMOVED}discarded`, String(Math.max(all.discarded ?? before, before)));
      await note('format', FORMAT_REMOVED);
    });
  }

  async #removeRows(connection: Connection, { place, last }: ArchivePart) {
    const day = dayOfPlace(place);
    const gone = { events: 0, replays: 0 };
    // Each statement begins where the one before ended: what is removed already would be passed again.
    for (let from = day; ; ) {
      const values = [from, day + DAY, numberOf(last), ROWS_MAX];
      const rows = await this.#engine.ask<Pick<EventRow, 'at' | 'replay'>>(connection, 'remove', values);
      gone.events += rows.length;
      for (const { at, replay } of rows) {
        if (replay) gone.replays += 1;
        if (at > from) from = at;
      }
      if (rows.length < ROWS_MAX) return gone;
    }
  }

  async #removal() {
    return removalOf(await this.#engine.read<Noted>('noted', [REMOVED]));
  }

  async #note(name: string): Promise<string | undefined> {
    return (await this.#engine.read<Noted>('noted', [name]))[0]?.value;
  }

  /** Notes a text where there is none yet; answers with the one that holds. */
  #once(name: string, text: string): Promise<string> {
    return this.#alone(async (connection) => {
      const [held] = await this.#engine.ask<Noted>(connection, 'noted', [name]);
      if (held === undefined) await this.#engine.ask(connection, 'note', [name, text]);
      return held?.value ?? text;
    });
  }

  /** Runs in a transaction, while no other run does the same; servers go on. */
  #alone<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#engine.transaction(async (connection) => {
      // Who writes the row of a note has it until the end.
      await this.#engine.ask(connection, 'note', ['removing', '']);
      const result = await run(connection);
      await this.#engine.ask(connection, 'forget', ['removing']);
      return result;
    });
  }
}

function numberOf(state: string): number {
  return Number(state.slice(state.indexOf('-') + 1));
}

function removalOf(notes: readonly Noted[]) {
  const values = new Map(notes.map(({ name, value }) => [name.slice(REMOVED.length), Number(value)]));
  return {
    before: values.get('before') ?? null,
    discarded: values.get('discarded') ?? null,
    replays: values.get('replays') ?? 0,
    times: values.get('times') ?? 0,
  };
}

function movedMeanwhile(place: string): TallyboardError {
  return new TallyboardError(
    'STORE_LOCKED',
    `another run removed events of ${dateOfPlace(place)} meanwhile: nothing is lost, and this run removed none of them; let one run at a time remove the events of a store`,
  );
}

function changed(place: string): TallyboardError {
  return new TallyboardError(
    'STORE_UNAVAILABLE',
    `the events of ${dateOfPlace(place)} are not those any more that were listed: none were removed; run the same command again`,
  );
}
