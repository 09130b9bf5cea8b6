import type { EventSpan } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN, type Instant, SECOND } from '../../domain/time.js';
import type { Executor, Job } from './executor.js';
import type { Keys } from './keys.js';
import { dayOf, instantOf, midnightOf, placeOf, RECORD_BYTES, readEvent, STAMP_BYTES } from './records.js';
import { SCRIPTS } from './scripts.js';

/** The raw events of one day of one partition, up to an entry. */
export interface DayPart {
  readonly partition: number;
  readonly day: number;
  readonly events: number;
  readonly lastEntry: string;
}

/** Events that are gathered and sorted at once. */
const SLICE_EVENTS_MAX = 500_000;
const PAGE_ENTRIES = 256;
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
}

export class EventReader {
  readonly #executor: Executor;
  readonly #keys: Keys;
  readonly #partitions: number;

  constructor(executor: Executor, keys: Keys, partitions: number) {
    this.#executor = executor;
    this.#keys = keys;
    this.#partitions = partitions;
  }

  /** Where the raw events of all partitions end now. */
  async parts(): Promise<DayPart[]> {
    const jobs = Array.from({ length: this.#partitions }, (_, partition) =>
      this.#job(partition, SCRIPTS.days, []),
    );
    const replies = await this.#executor.run(jobs);
    return replies.flatMap((reply, partition) => {
      const words = (reply as Buffer[]).map(String);
      const parts: DayPart[] = [];
      for (let i = 0; i < words.length; i += 3) {
        const [day, events] = [Number(words[i]), Number(words[i + 1])];
        parts.push({ partition, day, events, lastEntry: words[i + 2]! });
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
        for await (const entry of this.#entries(page.part, page.first, page.last)) slice.add(entry, from, to);
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
          page = { part, first: id, last: id, earliest: INSTANT_MAX, latest: INSTANT_MIN };
          pages.push(page);
        }
        entries += 1;
        (page as { last: string }).last = id;
        for (let at = STAMP_BYTES; at < bytes.length; at += RECORD_BYTES) {
          const instant = instantOf(bytes, at);
          if (instant < page.earliest) page.earliest = instant;
          if (instant > page.latest) page.latest = instant;
          seconds[Math.floor((instant - midnight) / SECOND)]! += 1;
          read += 1;
        }
      }
      refuseGap(part, read);
    }
    return { pages, seconds };
  }

  async *#entries(part: DayPart, first: string, last: string): AsyncGenerator<Entry> {
    const key = this.#keys.events(part.partition, part.day);
    for (let from = first; ; ) {
      const job = this.#job(part.partition, 'XRANGE', [from, last, 'COUNT', PAGE_ENTRIES], key);
      const [reply] = await this.#executor.run([job]);
      const entries = reply as [Buffer, [Buffer, Buffer]][];
      for (const [id, [, bytes]] of entries) {
        yield { id: id.toString(), stamp: Number(bytes.readBigUInt64BE(0)), bytes };
      }
      if (entries.length < PAGE_ENTRIES) return;
      from = `(${entries.at(-1)![0]}`;
    }
  }

  #job(partition: number, call: Job['call'], args: Job['arguments'], key?: string): Job {
    const slot = this.#keys.slot(partition);
    return { slot, key: key ?? this.#keys.meta(partition), call, arguments: args };
  }
}

/** Events of a part of a day, to be put into order. */
class Slice {
  readonly #found: { at: Instant; stamp: number; place: number; bytes: Buffer; start: number }[] = [];

  /** Takes the events of an entry that lie within the bounds; answers with how many the entry has. */
  add({ stamp, bytes }: Entry, lower: Instant, upper: Instant): number {
    for (let start = STAMP_BYTES; start < bytes.length; start += RECORD_BYTES) {
      const at = instantOf(bytes, start);
      if (at < lower || at >= upper) continue;
      this.#found.push({ at, stamp, place: placeOf(bytes, start), bytes, start });
    }
    return (bytes.length - STAMP_BYTES) / RECORD_BYTES;
  }

  *inOrder(): Generator<ContactEvent> {
    this.#found.sort((a, b) => a.at - b.at || a.stamp - b.stamp || a.place - b.place);
    for (const { bytes, start } of this.#found) yield readEvent(bytes, start);
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

function refuseGap({ events }: DayPart, read: number): void {
  if (read === events) return;
  throw new TallyboardError('STORE_UNAVAILABLE', 'raw events were archived while they were read: read again');
}
