import { breath } from '../../../contract/breath.js';
import type { ContactEvent } from '../../../domain/contact.js';
import type { Logged } from '../projection/changes.js';
import { correctedSequence } from '../projection/keys.js';
import { type Frame, RECORD_BYTES, setReplay } from './format.js';
import { type FrameRun, type Position, type Segment, scanJournal } from './segments.js';

/** What an event of the journal is, where that is not what its record says. */
export const CORRECTION = { replay: 1, leftOut: 2 } as const;
export type Correction = (typeof CORRECTION)[keyof typeof CORRECTION];
export type Corrected = readonly [sequence: number, correction: Correction];

/** Two bits an event, for so many at a time: little where few are wrong, and no more where all are. */
const BLOCK_EVENTS = 4096;

/**
 * The events of a journal that would not have been logged as they were, had it been known what came before
 * them. Read back in the order of the log, the second first event of a contact is a replay. One with another
 * symbol than its contact has, or with an id that its contact has already, would not have been logged at all,
 * and is left out.
 */
export class Corrections {
  #replays = 0;
  #leftOut = 0;
  readonly #blocks = new Map<number, Uint8Array>();
  /** Those that the projection does not have yet. */
  #recent: Corrected[] = [];
  #writing: readonly Corrected[] = [];

  get replays(): number {
    return this.#replays;
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  get isEmpty(): boolean {
    return this.#blocks.size === 0;
  }

  /** Takes down what became of an event when it was read back, where it is something else than it was. */
  note(sequence: number, event: ContactEvent, logged: Logged): void {
    if (logged === 'event' || (logged === 'replay' && event.replay)) return;
    const correction = logged === 'replay' ? CORRECTION.replay : CORRECTION.leftOut;
    this.add(sequence, correction);
    this.#recent.push([sequence, correction]);
  }

  /** Adds one that was written before. */
  add(sequence: number, correction: Correction): void {
    const number = Math.floor(sequence / BLOCK_EVENTS);
    const block = this.#blocks.get(number) ?? new Uint8Array(BLOCK_EVENTS / 4);
    this.#blocks.set(number, block);
    block[(sequence % BLOCK_EVENTS) >> 2]! |= correction << ((sequence & 3) * 2);
    if (correction === CORRECTION.replay) this.#replays += 1;
    else this.#leftOut += 1;
  }

  /** Adds what the projection has, by its keys and values. */
  restore(entries: Iterable<readonly [Buffer, Buffer]>): void {
    for (const [key, value] of entries) this.add(correctedSequence(key), value[0] as Correction);
  }

  /** Those that were not taken before, to be written. Call `written` afterwards. */
  take(): readonly Corrected[] {
    this.#writing = this.#recent;
    this.#recent = [];
    return this.#writing;
  }

  written(succeeded: boolean): void {
    if (!succeeded) this.#recent = [...this.#writing, ...this.#recent];
    this.#writing = [];
  }

  *[Symbol.iterator](): Generator<Corrected> {
    for (const [number, block] of this.#blocks) {
      for (let i = 0; i < BLOCK_EVENTS; i += 1) {
        const correction = correctionIn(block, i);
        if (correction !== 0) yield [number * BLOCK_EVENTS + i, correction];
      }
    }
  }

  /** The frame with the events that it ought to have. */
  apply(frame: Frame): Frame {
    const { sequence, count, records } = frame;
    const first = Math.floor(sequence / BLOCK_EVENTS);
    const last = Math.floor((sequence + count - 1) / BLOCK_EVENTS);
    if (!this.#blocks.has(first) && !this.#blocks.has(last)) return frame;
    const corrected = Buffer.allocUnsafe(records.length);
    let end = 0;
    for (let i = 0; i < count; i += 1) {
      const block = this.#blocks.get(Math.floor((sequence + i) / BLOCK_EVENTS));
      const correction = block === undefined ? 0 : correctionIn(block, (sequence + i) % BLOCK_EVENTS);
      if (correction === CORRECTION.leftOut) continue;
      records.copy(corrected, end, i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
      if (correction === CORRECTION.replay) setReplay(corrected, end);
      end += RECORD_BYTES;
    }
    return { ...frame, records: corrected.subarray(0, end) };
  }
}

function correctionIn(block: Uint8Array, i: number): Correction | 0 {
  return ((block[i >> 2]! >> ((i & 3) * 2)) & 3) as Correction | 0;
}

/** Reads a journal as `scanJournal` does, with the events that it ought to have. */
export async function* scanEvents(
  segments: readonly Segment[],
  corrections: Corrections,
  from?: Position,
): AsyncGenerator<FrameRun> {
  for await (const run of scanJournal(segments, from)) {
    if (corrections.isEmpty) {
      yield run;
      continue;
    }
    const frames: Frame[] = [];
    for (const frame of run.frames) {
      const pause = breath();
      if (pause !== undefined) await pause;
      frames.push(corrections.apply(frame));
    }
    yield { ...run, frames };
  }
}
