import { breath } from '../../contract/breath.js';
import { FirstEvents } from '../../contract/first-events.js';
import type { ContactStory } from '../../contract/store-page.js';
import type { ContactEvent, Uuid } from '../../domain/contact.js';
import { Corrections, scanEvents } from './log/corrections.js';
import type { Reading } from './log/event-reader.js';
import { HEADER_BYTES, RECORD_BYTES, RECORD_UUID_AT, readRecord, writeUuid } from './log/format.js';
import { type FrameRun, type Position, requireEnd, type Segment } from './log/segments.js';
import { type ContactState, symbolOf } from './projection/contact-state.js';

// What the dashboard's page asks of the journal itself: each answer reads as little of it as it can.

/** How much of a frame is looked at before it is asked whether others should have a turn. */
const LOOK_BYTES = 512 * RECORD_BYTES;

/** The events that were logged last, at most so many, in their order. */
export async function readLastEvents(
  { segments, corrections, until }: Reading,
  eventsMax: number,
): Promise<ContactEvent[]> {
  let events: ContactEvent[] = [];
  let readTo = segments.at(-1)?.header.firstSequence ?? 0;
  for (let i = segments.length - 1; i >= 0 && events.length < eventsMax; i -= 1) {
    const wanted = eventsMax - events.length;
    let tail: ContactEvent[] = [];
    for await (const run of scanSegmentAt(segments, i, corrections)) {
      readTo = Math.max(readTo, run.end.sequence);
      tail = lastOf([...tail, ...readLastOfRun(run, until, wanted)], wanted);
    }
    // What stands behind a frame that is damaged cannot be told from the journal's end.
    requireEnd(segments, readTo, until);
    events = [...tail, ...events];
  }
  return events;
}

/** The first events of one contact. Reads the whole journal, or until `signal` is aborted. */
export async function readStory(
  { segments, corrections, until }: Reading,
  uuid: Uuid,
  { eventsMax, signal }: { eventsMax: number; signal: AbortSignal | undefined },
): Promise<ContactStory> {
  const wanted = Buffer.alloc(16);
  writeUuid(wanted, 0, uuid);
  const first = new FirstEvents(eventsMax);
  let readTo = 0;
  for await (const { frames, end: read } of scanEvents(segments, corrections)) {
    readTo = read.sequence;
    for (const { sequence, records } of frames) {
      if (until !== undefined && sequence >= until.sequence) return first.story();
      for (let at = 0; at < records.length; at += RECORD_BYTES) {
        if (at % LOOK_BYTES === 0) {
          signal?.throwIfAborted();
          const pause = breath();
          if (pause !== undefined) await pause;
        }
        const uuidAt = at + RECORD_UUID_AT;
        // Most differ in their first byte, and a call takes longer than to look at it.
        if (records[uuidAt] !== wanted[0]) continue;
        if (wanted.compare(records, uuidAt, uuidAt + 16) === 0) first.add(readRecord(records, at));
      }
    }
  }
  requireEnd(segments, readTo, until);
  return first.story();
}

/**
 * The events of a contact as far as its state tells them; undefined where it does not: replays are in the
 * journal alone, and so is which of two events of the same instant came first.
 */
export function eventsOfState(uuid: Uuid, state: ContactState): ContactEvent[] | undefined {
  const { symbol, hasFollowup, hasReplays, initialAt, followupAt } = state;
  if (hasReplays || (symbol !== 0 && hasFollowup && initialAt === followupAt)) return undefined;
  const events: ContactEvent[] = [];
  if (symbol !== 0) {
    const { initialId: id, isVowel } = state;
    events.push({
      kind: 'initial',
      id,
      uuid,
      symbol: symbolOf(state),
      isVowel,
      at: initialAt,
      replay: false,
    });
  }
  if (hasFollowup)
    events.push({ kind: 'followup', id: state.followupId, uuid, at: followupAt, replay: false });
  return inTimeOrder(events);
}

/** How many sequence numbers have no event any more, because a salvage could not read it. */
export async function countLostEvents(segments: readonly Segment[]): Promise<number> {
  let lost = 0;
  for (const [i, { header }] of segments.entries()) {
    const next = segments[i + 1];
    // A salvaged segment is never written to again: another follows it.
    if (!header.salvaged || next === undefined) continue;
    lost += next.header.firstSequence - header.firstSequence;
    for await (const { frames } of scanSegmentAt(segments, i)) {
      for (const { records } of frames) lost -= records.length / RECORD_BYTES;
    }
  }
  return lost;
}

/** The frames of one segment alone. */
async function* scanSegmentAt(
  segments: readonly Segment[],
  index: number,
  corrections = new Corrections(),
): AsyncGenerator<FrameRun> {
  const { firstSequence } = segments[index]!.header;
  const from = { sequence: firstSequence, segment: firstSequence, offset: HEADER_BYTES };
  // The one after it says where it ends.
  for await (const run of scanEvents(segments.slice(index, index + 2), corrections, from)) {
    if (run.end.segment !== firstSequence) return;
    yield run;
  }
}

/** The last events of a run before `until`, at most so many: no more are decoded. */
function readLastOfRun({ frames }: FrameRun, until: Position | undefined, eventsMax: number): ContactEvent[] {
  const events: ContactEvent[] = [];
  for (let i = frames.length - 1; i >= 0; i -= 1) {
    const { sequence, records } = frames[i]!;
    if (until !== undefined && sequence >= until.sequence) continue;
    for (let at = records.length - RECORD_BYTES; at >= 0; at -= RECORD_BYTES) {
      if (events.length === eventsMax) return events.reverse();
      events.push(readRecord(records, at));
    }
  }
  return events.reverse();
}

function lastOf<T>(list: T[], max: number): T[] {
  return list.slice(Math.max(0, list.length - max));
}

/** Sorting keeps the order of those at the same instant. */
function inTimeOrder(events: ContactEvent[]): ContactEvent[] {
  return events.sort((first, second) => first.at - second.at);
}
