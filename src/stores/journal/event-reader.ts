import type { EventSpan } from '../../contract/data-interface.js';
import type { ContactEvent } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import { RECORD_BYTES, readRecord, readRecordInstant } from './format.js';
import { damaged, type Position, type Segment, scanJournal } from './segments.js';

/** Events that are sorted in memory at a time: 32 MB of records and 12 MB of keys. */
const SLICE_EVENTS = 1_000_000;
/** One instant in so many is looked at to find where slices should begin and end. */
const SAMPLE_EVERY = 512;

/** A part of the journal that was read at once, and the span of its instants. */
interface Block {
  readonly from: Position;
  readonly segmentIndex: number;
  readonly end: Position;
  readonly least: Instant;
  readonly greatest: Instant;
}

/**
 * The journal's events in time order, those of the same instant as they came, up to `until` (left out: to
 * the end). Memory does not depend on how many there are: the time is cut into slices of about a million
 * events, and each slice is gathered from the parts of the journal that reach into it. Where events came
 * nearly in time order, as they do, each part is read about twice.
 */
export async function* readEvents(
  segments: readonly Segment[],
  span: EventSpan,
  until?: Position,
): AsyncGenerator<ContactEvent> {
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = span;
  const { blocks, samples } = await survey(segments, until);
  const inside = samples.filter((at) => lower <= at && at < upper).sort((first, second) => first - second);
  const step = SLICE_EVENTS / SAMPLE_EVERY;
  const edges = [lower];
  for (let i = step; i < inside.length; i += step) if (inside[i]! > edges.at(-1)!) edges.push(inside[i]!);
  edges.push(upper);
  const gathered = new Gathered();
  for (let i = 0; i + 1 < edges.length; i += 1) {
    gathered.clear();
    await gatherSlice(gathered, segments, blocks, edges[i]!, edges[i + 1]!, until);
    yield* gathered.inOrder();
  }
}

async function survey(
  segments: readonly Segment[],
  until: Position | undefined,
): Promise<{ blocks: Block[]; samples: Instant[] }> {
  const blocks: Block[] = [];
  const samples: Instant[] = [];
  let seen = 0;
  let readTo = 0;
  for await (const { segment, frames, end } of scanJournal(segments)) {
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { sequence, records } of frames) {
      if (until !== undefined && sequence >= until.sequence) break;
      for (let at = 0; at < records.length; at += RECORD_BYTES) {
        const instant = readRecordInstant(records, at);
        if (instant < least) least = instant;
        if (instant > greatest) greatest = instant;
        if (seen % SAMPLE_EVERY === 0) samples.push(instant);
        seen += 1;
      }
    }
    const start = { sequence: frames[0]!.sequence, segment: end.segment, offset: frames[0]!.offset };
    readTo = end.sequence;
    blocks.push({ from: start, segmentIndex: segments.indexOf(segment), end, least, greatest });
    if (until !== undefined && end.sequence >= until.sequence) break;
  }
  if (until !== undefined && readTo < until.sequence) {
    throw damaged(
      segments.at(-1)!.path,
      0,
      `it ends at event ${readTo}, but ${until.sequence} were acknowledged`,
    );
  }
  return { blocks, samples };
}

async function gatherSlice(
  gathered: Gathered,
  segments: readonly Segment[],
  blocks: readonly Block[],
  lower: Instant,
  upper: Instant,
  until: Position | undefined,
): Promise<void> {
  for (const block of blocks) {
    if (block.least >= upper || block.greatest < lower) continue;
    // Segments after this one are left out: the reading ends with the block.
    const only = segments.slice(block.segmentIndex, block.segmentIndex + 2);
    for await (const { frames, end } of scanJournal(only, block.from)) {
      for (const { sequence, records } of frames) {
        if (until !== undefined && sequence >= until.sequence) break;
        if (sequence >= block.end.sequence) break;
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
  #bytes = Buffer.allocUnsafe(1 << 16);
  #instants = new Float64Array((1 << 16) / RECORD_BYTES);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  add(records: Buffer, at: number, instant: Instant): void {
    if (this.#count === this.#instants.length) {
      const instants = new Float64Array(this.#count * 2);
      instants.set(this.#instants);
      this.#instants = instants;
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    records.copy(this.#bytes, this.#count * RECORD_BYTES, at, at + RECORD_BYTES);
    this.#instants[this.#count] = instant;
    this.#count += 1;
  }

  *inOrder(): Generator<ContactEvent> {
    const instants = this.#instants;
    const order = new Uint32Array(this.#count);
    let sorted = true;
    for (let i = 0; i < order.length; i += 1) {
      order[i] = i;
      if (i > 0 && instants[i]! < instants[i - 1]!) sorted = false;
    }
    if (!sorted) order.sort((first, second) => instants[first]! - instants[second]! || first - second);
    for (const i of order) yield readRecord(this.#bytes, i * RECORD_BYTES);
  }
}
