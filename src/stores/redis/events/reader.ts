import { breath, inTurns } from '../../../contract/breath.js';
import { TallyboardError } from '../../../contract/errors.js';
import type { EventSpan } from '../../../contract/store.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { ordered } from '../../../domain/ordered.js';
import { INSTANT_MAX, INSTANT_MIN, type Instant, SECOND } from '../../../domain/time.js';
import { jobIn, jobsInAll } from '../jobs.js';
import type { Keys } from '../keys.js';
import type { Layout } from '../layout.js';
import { SCRIPTS } from '../scripts.js';
import type { Executor } from '../servers/executor.js';
import {
  dayOf,
  instantOf,
  type Location,
  midnightOf,
  placeOf,
  RECORD_BYTES,
  readEvent,
  STAMP_BYTES,
} from './records.js';

/** The raw events of one day of one partition, up to an entry. */
export interface DayPart {
  readonly partition: number;
  readonly day: number;
  readonly events: number;
  readonly lastEntry: string;
  /** The entry up to which events of the day were moved out before: `0-0` where none were. */
  readonly since: string;
}

/** Events that are gathered and sorted at once. */
const SLICE_EVENTS_MAX = 500_000;
const PAGE_ENTRIES = 256;
/** How many events are handed on before it is asked whether others should have a turn. */
const EVENTS_A_LOOK = 64;
const SECONDS_A_DAY = 86_400;

/** One entry of a stream: the events of a batch, side by side. */
interface Entry {
  readonly id: string;
  readonly stamp: number;
  readonly bytes: Buffer;
}

/** A run of entries, and the span of their events. */
interface Page {
  readonly part: DayPart;
  readonly first: string;
  readonly last: string;
  earliest: Instant;
  latest: Instant;
  events: number;
}

export class EventReader {
  readonly #executor: Executor;
  readonly #keys: Keys;
  readonly #layout: Layout;

  constructor(executor: Executor, keys: Keys, layout: Layout) {
    this.#executor = executor;
    this.#keys = keys;
    this.#layout = layout;
  }

  /** Where the raw events of all partitions end now; all of them on so many replicas. */
  async parts(replicas = 0): Promise<DayPart[]> {
    const { id, partitions } = this.#layout;
    const replies = await this.#executor.run(jobsInAll(this.#keys, partitions, SCRIPTS.days, [id]));
    if (replicas > 0) {
      await this.#executor.run(jobsInAll(this.#keys, partitions, SCRIPTS.mark, [id]), { replicas });
    }
    return replies.flatMap((reply, partition) => {
      const words = (reply as Buffer[]).map(String);
      const parts: DayPart[] = [];
      for (let i = 0; i < words.length; i += 4) {
        const [day, events] = [Number(words[i]), Number(words[i + 1])];
        parts.push({ partition, day, events, lastEntry: words[i + 2]!, since: words[i + 3]! });
      }
      return parts;
    });
  }

  /**
   * Reads the raw events in time order, as they were when the reading began. A day is gathered from all
   * partitions; one that is too long for that is first read for where its events lie, then slice by slice.
   */
  async *events({ lower = INSTANT_MIN, upper = INSTANT_MAX }: EventSpan = {}): AsyncGenerator<ContactEvent> {
    const byDay = new Map<number, DayPart[]>();
    for (const part of await this.parts()) byDay.set(part.day, [...(byDay.get(part.day) ?? []), part]);
    for (const day of [...byDay.keys()].sort((a, b) => a - b)) {
      if (day < dayOf(lower) || midnightOf(day) >= upper) continue;
      yield* this.#day(byDay.get(day)!, lower, upper);
    }
  }

  /** The raw events of one part in time order, for who moves them elsewhere. */
  async *eventsOf(part: DayPart): AsyncGenerator<ContactEvent> {
    yield* this.#day([part], INSTANT_MIN, INSTANT_MAX);
  }

  /** The events that were logged last, at most so many, in the order in which they were logged. */
  async lastEvents(eventsMax: number): Promise<ContactEvent[]> {
    if (eventsMax === 0) return [];
    const { id, partitions } = this.#layout;
    const jobs = jobsInAll(this.#keys, partitions, SCRIPTS.last, [id, eventsMax]);
    const replies = (await this.#executor.run(jobs)) as Buffer[][];
    const records = replies.flat().flatMap((bytes) => recordsOf({ stamp: stampOf(bytes), bytes }));
    records.sort(byArrival);
    return records.slice(-eventsMax).map(({ bytes, start }) => readEvent(bytes, start));
  }

  /** The event ids of one contact on one day, each with a number that says which of them came first. */
  async arrivals(
    { partition, bytes: uuid }: Location,
    day: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, number>> {
    const found: Found[] = [];
    for await (const entry of this.#entries({ partition, day }, '-', '+')) {
      signal?.throwIfAborted();
      found.push(
        ...recordsOf(entry).filter(({ bytes, start }) => uuid.compare(bytes, start, start + 16) === 0),
      );
    }
    const order = await inTurns(ordered(found.length, (a, b) => byArrival(found[a]!, found[b]!)));
    const ranks = new Map<number, number>();
    for (const [rank, i] of order.entries()) {
      if (rank % EVENTS_A_LOOK === 0) await breath();
      const { bytes, start } = found[i]!;
      ranks.set(readEvent(bytes, start).id, rank);
    }
    return ranks;
  }

  async *#day(parts: readonly DayPart[], lower: Instant, upper: Instant): AsyncGenerator<ContactEvent> {
    const total = parts.reduce((sum, part) => sum + part.events, 0);
    if (total <= SLICE_EVENTS_MAX) {
      const slice = new Slice();
      for (const part of parts) {
        let read = 0;
        for await (const entry of this.#entries(part, '-', part.lastEntry)) {
          read += slice.add(entry, lower, upper);
        }
        refuseGap(part, read);
      }
      yield* slice.inOrder();
      return;
    }
    const { pages, seconds } = await this.#survey(parts);
    for (const bounds of slices(seconds, midnightOf(parts[0]!.day))) {
      const from = Math.max(bounds.lower, lower);
      const to = Math.min(bounds.upper, upper);
      if (from >= to) continue;
      const slice = new Slice();
      for (const page of pages) {
        if (page.latest < from || page.earliest >= to) continue;
        let read = 0;
        for await (const entry of this.#entries(page.part, page.first, page.last)) {
          read += slice.add(entry, from, to);
        }
        refuseGap(page, read);
      }
      yield* slice.inOrder();
    }
  }

  /** Reads a day once: how many events each second has, and where they are. */
  async #survey(parts: readonly DayPart[]): Promise<{ pages: Page[]; seconds: Uint32Array }> {
    const seconds = new Uint32Array(SECONDS_A_DAY);
    const pages: Page[] = [];
    for (const part of parts) {
      const midnight = midnightOf(part.day);
      let page: Page | undefined;
      let entries = 0;
      let read = 0;
      for await (const { id, bytes } of this.#entries(part, '-', part.lastEntry)) {
        if (page === undefined || entries % PAGE_ENTRIES === 0) {
          page = { part, first: id, last: id, earliest: INSTANT_MAX, latest: INSTANT_MIN, events: 0 };
          pages.push(page);
        }
        entries += 1;
        (page as { last: string }).last = id;
        for (let at = STAMP_BYTES; at < bytes.length; at += RECORD_BYTES) {
          const instant = instantOf(bytes, at);
          if (instant < page.earliest) page.earliest = instant;
          if (instant > page.latest) page.latest = instant;
          seconds[Math.floor((instant - midnight) / SECOND)]! += 1;
        }
        const count = (bytes.length - STAMP_BYTES) / RECORD_BYTES;
        page.events += count;
        read += count;
      }
      refuseGap(part, read);
    }
    return { pages, seconds };
  }

  async *#entries(
    part: Pick<DayPart, 'partition' | 'day'>,
    first: string,
    last: string,
  ): AsyncGenerator<Entry> {
    const key = this.#keys.events(part.partition, part.day);
    for (let from = first; ; ) {
      const page = [from, last, 'COUNT', PAGE_ENTRIES];
      const job = jobIn(this.#keys, part.partition, 'XRANGE', page, key);
      const [reply] = await this.#executor.run([job]);
      const entries = reply as [Buffer, [Buffer, Buffer]][];
      for (const [id, [, bytes]] of entries) {
        const pause = breath();
        if (pause !== undefined) await pause;
        yield { id: id.toString(), stamp: stampOf(bytes), bytes };
      }
      if (entries.length < PAGE_ENTRIES) return;
      from = `(${entries.at(-1)![0]}`;
    }
  }
}

/** An event where it stands in an entry, with what says when it happened and when it came. */
interface Found {
  readonly at: Instant;
  readonly stamp: number;
  readonly place: number;
  readonly bytes: Buffer;
  readonly start: number;
}

function stampOf(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(0));
}

function recordsOf({ stamp, bytes }: Pick<Entry, 'stamp' | 'bytes'>): Found[] {
  const records: Found[] = [];
  for (let start = STAMP_BYTES; start < bytes.length; start += RECORD_BYTES) {
    records.push({ at: instantOf(bytes, start), stamp, place: placeOf(bytes, start), bytes, start });
  }
  return records;
}

function byArrival(a: Found, b: Found): number {
  return a.stamp - b.stamp || a.place - b.place;
}

/** Events of a part of a day, to be put into order. */
class Slice {
  readonly #found: Found[] = [];

  /** Takes the events of an entry that lie within the bounds; answers with how many the entry has. */
  add(entry: Entry, lower: Instant, upper: Instant): number {
    const records = recordsOf(entry);
    for (const record of records) if (record.at >= lower && record.at < upper) this.#found.push(record);
    return records.length;
  }

  async *inOrder(): AsyncGenerator<ContactEvent> {
    const found = this.#found;
    const compare = (a: Found, b: Found) => a.at - b.at || byArrival(a, b);
    const order = await inTurns(ordered(found.length, (a, b) => compare(found[a]!, found[b]!)));
    for (const [rank, i] of order.entries()) {
      if (rank % EVENTS_A_LOOK === 0) await breath();
      const { bytes, start } = found[i]!;
      yield readEvent(bytes, start);
    }
  }
}

/** Runs of seconds that together have as many events as can be sorted at once. */
function* slices(seconds: Uint32Array, midnight: Instant): Generator<{ lower: Instant; upper: Instant }> {
  let from = 0;
  let events = 0;
  for (let second = 0; second < seconds.length; second += 1) {
    if (events > 0 && events + seconds[second]! > SLICE_EVENTS_MAX) {
      yield { lower: midnight + from * SECOND, upper: midnight + second * SECOND };
      from = second;
      events = 0;
    }
    events += seconds[second]!;
  }
  yield { lower: midnight + from * SECOND, upper: midnight + seconds.length * SECOND };
}

function refuseGap({ events }: Pick<DayPart, 'events'>, read: number): void {
  if (read === events) return;
  throw new TallyboardError('STORE_UNAVAILABLE', 'raw events were archived while they were read: read again');
}
