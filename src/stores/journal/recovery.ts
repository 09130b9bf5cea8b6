import { randomInt } from 'node:crypto';
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, StoreContext } from '../../contract/data-interface.js';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import type { Batch } from './changes.js';
import { Database, PROJECTION_FORMAT } from './database.js';
import { makeDirectory } from './files.js';
import { FilterFiles } from './filter-files.js';
import { FRAME_EVENTS_MAX, type Frame, HEADER_BYTES, RECORD_BYTES, readRecord } from './format.js';
import type { Hold } from './lock.js';
import type { JournalOptions } from './options.js';
import { Projection } from './projection.js';
import { isProjectionFault, ProjectionFault } from './projection-fault.js';
import { salvage } from './salvage.js';
import {
  type FrameRun,
  type JournalEnd,
  listSegments,
  type Position,
  type Segment,
  scanJournal,
} from './segments.js';
import { JournalWriter, type LastFrame } from './writer.js';

/** A store that is in order, ready for the next event. */
export interface Recovered {
  readonly writer: JournalWriter;
  readonly projection: Projection;
}

const PROGRESS_MILLISECONDS = 2000;
const START: Position = { sequence: 0, segment: 0, offset: HEADER_BYTES };

export function journalDirectory(directory: string): string {
  return join(directory, 'journal');
}

/**
 * Brings a directory into order: cuts off what was never acknowledged, replays into the projection what its
 * last checkpoint lacks, and makes the projection again where it is damaged.
 */
export async function recover(
  directory: string,
  options: JournalOptions,
  { log, salvage: salvaging = false }: StoreContext,
  hold: Hold,
): Promise<Recovered> {
  const journal = journalDirectory(directory);
  await makeDirectory(journal);
  for (const name of await readdir(journal)) {
    if (name.endsWith('.new')) await rm(join(journal, name));
  }
  if (salvaging) await salvage(journal, join(directory, 'damaged'), log);
  const place = { projection: join(directory, 'projection'), filter: join(directory, 'filter') };
  const segments = await listSegments(journal);
  // What follows from the journal may know events that a salvage found to be gone.
  const acknowledged = salvaging ? await eventsAcknowledged(place.projection, segments, hold) : 0;
  if (salvaging) {
    for (const path of Object.values(place)) await rm(path, { recursive: true, force: true });
  } else if (segments.length === 0 && (await exists(place.projection))) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${journal} is empty, but ${place.projection} follows from a journal that was there: restore the journal from a backup, or delete ${place.projection} to begin anew`,
    );
  }
  const writer =
    segments.length === 0 ? await JournalWriter.create(journal, randomSalt(), options, hold) : undefined;
  const salt = writer?.salt ?? segments[0]!.header.salt;
  const open = () => build({ ...place, salt, segments, writer, hold }, options, log);
  try {
    const recovered = await open().catch(async (error: unknown) => {
      if (!isProjectionFault(error)) throw error;
      log.warn({ reason: describe(error) }, 'the projection is rebuilt from the journal');
      await rm(place.projection, { recursive: true, force: true });
      return await open();
    });
    const lost = acknowledged - recovered.writer.end.sequence;
    if (lost > 0) log.warn({ lost }, 'the end of the journal is lost: so many acknowledged events, or more');
    return recovered;
  } catch (error) {
    await writer?.close();
    throw error;
  }
}

/** How many events a projection knows of that is about to be made again; 0 where it cannot tell. */
async function eventsAcknowledged(
  projection: string,
  segments: readonly Segment[],
  hold: Hold,
): Promise<number> {
  if (segments.length === 0 || !(await exists(projection))) return 0;
  try {
    const { database, checkpoint } = await Database.open(projection, segments[0]!.header.salt, hold);
    await database.close();
    return checkpoint?.position.sequence ?? 0;
  } catch {
    return 0;
  }
}

interface Parts {
  readonly projection: string;
  readonly filter: string;
  readonly salt: number;
  readonly segments: readonly Segment[];
  /** There where the journal is new. */
  readonly writer: JournalWriter | undefined;
  readonly hold: Hold;
}

async function build(parts: Parts, options: JournalOptions, log: Log): Promise<Recovered> {
  const { salt, segments, writer, hold } = parts;
  const { database, checkpoint } = await Database.open(parts.projection, salt, hold);
  let projection: Projection | undefined;
  try {
    const begin = checkpoint ?? { format: PROJECTION_FORMAT, journal: salt, position: START, unmatched: 0 };
    const filter = await FilterFiles.load(parts.filter, salt, options.filterBytesMax, log);
    projection = await Projection.load(database, filter, begin, options, log);
    if (writer !== undefined) return { writer, projection };
    const { end, lastFrame } = await replay(projection, segments, checkpoint?.position, filter.position, log);
    const last = segments.at(-1)!;
    if (end.tornBytes > 0) {
      const { tornBytes: bytes, tornReason: reason } = end;
      log.warn(
        { segment: last.path, offset: end.position.offset, bytes, reason },
        'cut off the end of the journal, which is not a whole frame: as a rule, a write that was never acknowledged',
      );
    }
    return { writer: await JournalWriter.resume(last, end.position, options, hold, lastFrame), projection };
  } catch (error) {
    await (projection === undefined ? database.close() : projection.discard());
    throw error;
  }
}

async function replay(
  projection: Projection,
  segments: readonly Segment[],
  checkpoint: Position | undefined,
  filtered: Position | undefined,
  log: Log,
): Promise<{ end: JournalEnd; lastFrame: LastFrame | undefined }> {
  const started = performance.now();
  const first = projection.position.sequence;
  const from = startOf(segments, checkpoint, filtered);
  let lastFrame: LastFrame | undefined;
  let reported = started;
  const runs = scanJournal(segments, from);
  try {
    for (;;) {
      const step = await runs.next();
      if (step.done === true) {
        const events = step.value.position.sequence - first;
        if (events < 0) throw cutShort(segments, first);
        if (events > 0) {
          const seconds = (performance.now() - started) / 1000;
          log.info({ events, seconds }, 'replayed what the last checkpoint lacked');
        }
        return { end: step.value, lastFrame };
      }
      const { frames, end } = step.value;
      const last = frames.at(-1)!;
      lastFrame = { offset: last.offset, bytes: Buffer.from(last.bytes) };
      for (const frame of frames) {
        if (frame.sequence >= first) break;
        requireBoundary(frame, checkpoint);
        if (filtered === undefined || frame.sequence >= filtered.sequence) projection.refill(frame);
      }
      await replayRun(projection, {
        ...step.value,
        frames: frames.filter(({ sequence }) => sequence >= first),
      });
      if (performance.now() - reported >= PROGRESS_MILLISECONDS) {
        reported = performance.now();
        log.info({ events: end.sequence - first, segment: end.segment }, 'replaying the journal');
      }
    }
  } finally {
    // A reading that is given up has a file open.
    await runs.return(undefined as never);
  }
}

async function replayRun(projection: Projection, { frames, end }: FrameRun): Promise<void> {
  for (const batch of batches(frames)) {
    await projection.room();
    const changes = await projection.look(batch);
    for (const [i, event] of batch.events.entries()) {
      changes.take(i);
      projection.corrections.note(batch.sequence + i, event, changes.logged);
    }
    projection.prepare(changes);
    projection.apply(changes, batch.end(end.segment));
  }
}

/**
 * Where to begin to read: at the start of the segment in which the checkpoint stands, so that it is seen to
 * stand between two frames, or before, where the filter lacks more; undefined: at the beginning.
 */
function startOf(
  segments: readonly Segment[],
  checkpoint: Position | undefined,
  filtered: Position | undefined,
): Position | undefined {
  if (checkpoint === undefined || filtered === undefined) return undefined;
  const earliest = checkpoint.sequence < filtered.sequence ? checkpoint : filtered;
  const segment = segments.find(({ header }) => header.firstSequence === earliest.segment);
  if (segment === undefined) throw cutShort(segments, checkpoint.sequence);
  return { sequence: earliest.segment, segment: earliest.segment, offset: HEADER_BYTES };
}

function requireBoundary(frame: Frame, checkpoint: Position | undefined): void {
  const end = frame.sequence + frame.count;
  if (checkpoint === undefined || end < checkpoint.sequence) return;
  if (end > checkpoint.sequence || frame.offset + frame.bytes.length !== checkpoint.offset) {
    throw new ProjectionFault('its checkpoint does not stand between two frames of the journal');
  }
}

function cutShort(segments: readonly Segment[], sequence: number): TallyboardError {
  return new TallyboardError(
    'STORE_DAMAGED',
    `the journal at ${segments.at(-1)?.path} ends before event ${sequence}, which was acknowledged: files of the journal are missing or cut short. Restore them from a backup, or start once with --salvage to go on without the events that are gone`,
  );
}

/** Frames are small where few clients write at a time; they are replayed together. */
function* batches(
  frames: readonly Frame[],
): Generator<Batch & { readonly sequence: number; end(segment: number): Position }> {
  let gathered: Frame[] = [];
  let count = 0;
  for (const [i, frame] of frames.entries()) {
    gathered.push(frame);
    count += frame.count;
    const next = frames[i + 1];
    // In a segment that was salvaged there are gaps.
    const isNext = next?.sequence === frame.sequence + frame.count;
    if (isNext && count + next.count <= FRAME_EVENTS_MAX) continue;
    const records = Buffer.concat(gathered.map((each) => each.records));
    const events: ContactEvent[] = [];
    for (let at = 0; at < records.length; at += RECORD_BYTES) events.push(readRecord(records, at));
    const position = { sequence: frame.sequence + frame.count, offset: frame.offset + frame.bytes.length };
    const { sequence } = gathered[0]!;
    yield { sequence, events, records, end: (segment) => ({ ...position, segment }) };
    gathered = [];
    count = 0;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function randomSalt(): number {
  return randomInt(2 ** 32);
}
