import { breath, inTurns } from '../../../contract/breath.js';
import { COLUMN_EVENTS_MAX, type EventColumns } from '../../../contract/event-columns.js';
import type { EventSpan } from '../../../contract/store.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { ordered } from '../../../domain/ordered.js';
import type { Instant } from '../../../domain/time.js';
import { copyPart } from '../files.js';
import { type Corrections, scanEvents } from './corrections.js';
import { RECORD_BYTES, readColumns, readRecord, readRecordInstant } from './format.js';
import { type Position, requireEnd, type Segment } from './segments.js';

/** Events that are sorted in memory at a time: 3 MB of records and 1 MB of keys, for each reader. */
const SLICE_EVENTS = 102_400;
/** As many where events came in no order, so that every slice needs nearly all of the journal. */
const SLICE_EVENTS_MAX = 1_024_000;
/** How often a part of the journal may be read before slices are made longer. */
const BLOCK_READS_MAX = 4;
/** One instant in so many is looked at to find where slices should begin and end. */
const SAMPLE_EVERY = 512;
/** What a slice may have above what its samples say before memory for more is needed. */
const SLICE_ROOM = 1.125;
/** How many events are handed on before it is asked whether others should have a turn. */
const EVENTS_A_LOOK = 64;
/** How many are handed on together where no order is asked for. */
const EVENTS_A_CHUNK = 512;

/** What is read of a journal. */
export interface Reading {
  readonly segments: readonly Segment[];
  readonly corrections: Corrections;
  /** Where the reading ends; left out: at the end. */
  readonly until?: Position;
}

/** A part of the journal that was read at once, and the span of its instants. */
interface Block {
  readonly from: Position;
  readonly segmentIndex: number;
  readonly end: Position;
  readonly least: Instant;
  readonly greatest: Instant;
}

/** How a reading goes: which parts of the journal there are, and where the time is cut. */
interface Plan {
  readonly blocks: readonly Block[];
  /** The bounds of the slices, the ends of the reading among them. */
  readonly edges: readonly Instant[];
  /** How many events a slice is expected to have. */
  readonly sliceEvents: number;
}

/**
 * The journal's events in time order, those of the same instant as they came. Memory does not depend on how
 * many there are: the time is cut into slices, and each slice is gathered from the parts of the journal that
 * reach into it. Where events came nearly in time order, as they do, each part is read two or three times.
 */
export async function* readEvents(reading: Reading, span: EventSpan): AsyncGenerator<ContactEvent> {
  for await (const { gathered, order } of slices(reading, span)) {
    for (let at = 0; at < order.length; at += 1) {
      if (at % EVENTS_A_LOOK === 0) {
        const pause = breath();
        if (pause !== undefined) await pause;
      }
      yield gathered.event(order[at]!);
    }
  }
}

/** The same by column. */
export async function* readEventColumns(reading: Reading, span: EventSpan): AsyncGenerator<EventColumns> {
  for await (const { gathered, order } of slices(reading, span)) {
    for (let at = 0; at < order.length; at += COLUMN_EVENTS_MAX) {
      const pause = breath();
      if (pause !== undefined) await pause;
      yield gathered.columns(order.subarray(at, at + COLUMN_EVENTS_MAX));
    }
  }
}

/** The journal's events as they were logged, some at a time. */
export async function* readLoggedEvents({
  segments,
  corrections,
  until,
}: Reading): AsyncGenerator<ContactEvent[]> {
  let events: ContactEvent[] = [];
  let readTo = 0;
  for await (const { frames, end } of scanEvents(segments, corrections)) {
    for (const { sequence, records } of frames) {
      if (until !== undefined && sequence >= until.sequence) break;
      for (let at = 0; at < records.length; at += RECORD_BYTES) events.push(readRecord(records, at));
      if (events.length < EVENTS_A_CHUNK) continue;
      yield events;
      events = [];
      const pause = breath();
      if (pause !== undefined) await pause;
    }
    readTo = end.sequence;
    if (until !== undefined && readTo >= until.sequence) break;
  }
  requireEnd(segments, readTo, until);
  yield events;
}

/** One slice after the other, each until the next is asked for, and which of its events is the first, and so on. */
async function* slices(
  reading: Reading,
  { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY }: EventSpan,
): AsyncGenerator<{ gathered: Gathered; order: Uint32Array }> {
  const { blocks, edges, sliceEvents } = await plan(reading, lower, upper);
  const gathered = new Gathered(Math.ceil(sliceEvents * SLICE_ROOM));
  for (let i = 0; i + 1 < edges.length; i += 1) {
    gathered.clear();
    await gatherSlice(gathered, reading, blocks, edges[i]!, edges[i + 1]!);
    yield { gathered, order: await inTurns(gathered.order()) };
  }
}

/** A function of its own, so that the samples are not kept for as long as the reading lasts. */
async function plan(reading: Reading, lower: Instant, upper: Instant): Promise<Plan> {
  const { blocks, samples } = await survey(reading, lower, upper);
  const order = await inTurns(ordered(samples.length, (first, second) => samples[first]! - samples[second]!));
  const inside = Float64Array.from(order, (at) => samples[at]!);
  let spanned = 0;
  for (const { least, greatest } of blocks) spanned += rankOf(inside, greatest) - rankOf(inside, least);
  const wanted = Math.ceil(spanned / (blocks.length * BLOCK_READS_MAX) || 0);
  const step = Math.min(Math.max(wanted, SLICE_EVENTS / SAMPLE_EVERY), SLICE_EVENTS_MAX / SAMPLE_EVERY);
  const edges = [lower];
  for (let i = step; i < inside.length; i += step) if (inside[i]! > edges.at(-1)!) edges.push(inside[i]!);
  edges.push(upper);
  return { blocks, edges, sliceEvents: Math.min(inside.length + 1, step) * SAMPLE_EVERY };
}

/** How many of the sorted instants lie before one. */
function rankOf(sorted: Float64Array, instant: Instant): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < instant) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** `samples`: some of the instants in the span. */
async function survey(
  { segments, corrections, until }: Reading,
  lower: Instant,
  upper: Instant,
): Promise<{ blocks: Block[]; samples: Instant[] }> {
  const blocks: Block[] = [];
  const samples: Instant[] = [];
  let seen = 0;
  let readTo = 0;
  for await (const { segment, frames, end } of scanEvents(segments, corrections)) {
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { sequence, records } of frames) {
      if (until !== undefined && sequence >= until.sequence) break;
      const pause = breath();
      if (pause !== undefined) await pause;
      for (let at = 0; at < records.length; at += RECORD_BYTES) {
        const instant = readRecordInstant(records, at);
        if (instant < least) least = instant;
        if (instant > greatest) greatest = instant;
        if (seen % SAMPLE_EVERY === 0 && lower <= instant && instant < upper) samples.push(instant);
        seen += 1;
      }
    }
    const start = { sequence: frames[0]!.sequence, segment: end.segment, offset: frames[0]!.offset };
    readTo = end.sequence;
    blocks.push({ from: start, segmentIndex: segments.indexOf(segment), end, least, greatest });
    if (until !== undefined && end.sequence >= until.sequence) break;
  }
  requireEnd(segments, readTo, until);
  return { blocks, samples };
}

async function gatherSlice(
  gathered: Gathered,
  { segments, corrections, until }: Reading,
  blocks: readonly Block[],
  lower: Instant,
  upper: Instant,
): Promise<void> {
  for (const block of blocks) {
    if (block.least >= upper || block.greatest < lower) continue;
    // Segments after this one are left out: the reading ends with the block.
    const only = segments.slice(block.segmentIndex, block.segmentIndex + 2);
    for await (const { frames, end } of scanEvents(only, corrections, block.from)) {
      for (const { sequence, records } of frames) {
        if (until !== undefined && sequence >= until.sequence) break;
        if (sequence >= block.end.sequence) break;
        const pause = breath();
        if (pause !== undefined) await pause;
        for (let at = 0; at < records.length; at += RECORD_BYTES) {
          const instant = readRecordInstant(records, at);
          if (lower <= instant && instant < upper) gathered.add(records, at, instant);
        }
      }
      if (end.sequence >= block.end.sequence) break;
    }
  }
}

/** Records that are kept as bytes, and put in order by their instants. */
class Gathered {
  #bytes: Buffer;
  #instants: Float64Array;
  #count = 0;

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafeSlow(room * RECORD_BYTES);
    this.#instants = new Float64Array(room);
  }

  clear(): void {
    this.#count = 0;
  }

  add(records: Buffer, at: number, instant: Instant): void {
    if (this.#count === this.#instants.length) this.#grow();
    copyPart(records, at, at + RECORD_BYTES, this.#bytes, this.#count * RECORD_BYTES);
    this.#instants[this.#count] = instant;
    this.#count += 1;
  }

  /** Which of them is the first in time order, the second, and so on. */
  order(): Generator<void, Uint32Array> {
    const instants = this.#instants;
    return ordered(this.#count, (first, second) => instants[first]! - instants[second]!);
  }

  event(index: number): ContactEvent {
    return readRecord(this.#bytes, index * RECORD_BYTES);
  }

  columns(indexes: Uint32Array): EventColumns {
    return readColumns(this.#bytes, indexes);
  }

  #grow(): void {
    const room = Math.ceil(this.#count * 1.5);
    const bytes = Buffer.allocUnsafeSlow(room * RECORD_BYTES);
    this.#bytes.copy(bytes);
    const instants = new Float64Array(room);
    instants.set(this.#instants);
    this.#bytes = bytes;
    this.#instants = instants;
  }
}
