import { randomInt } from 'node:crypto';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, StoreContext } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { Changes } from './changes.js';
import { type Checkpoint, Database, PROJECTION_FORMAT } from './database.js';
import { makeDirectory } from './files.js';
import { FilterFiles } from './filter-files.js';
import { FRAME_EVENTS_MAX, type Frame, HEADER_BYTES, RECORD_BYTES, readRecord } from './format.js';
import { Projection, type ProjectionOptions } from './projection.js';
import { salvage } from './salvage.js';
import { type JournalEnd, listSegments, type Position, type Segment, scanJournal } from './segments.js';
import { JournalWriter, type JournalWriterOptions, type LastFrame } from './writer.js';

export interface RecoveryOptions extends ProjectionOptions, JournalWriterOptions {
  /** The filter of contacts in memory. */
  readonly filterBytesMax: number;
}

const PROGRESS_MILLISECONDS = 2000;
const START: Position = { sequence: 0, segment: 0, offset: HEADER_BYTES };

export function journalDirectory(directory: string): string {
  return join(directory, 'journal');
}

/**
 * Brings a directory into order: cuts off what was never acknowledged, replays into the projection what its
 * last checkpoint lacks, and answers with both, ready for the next event.
 */
export async function recover(
  directory: string,
  options: RecoveryOptions,
  { log, salvage: salvaging = false }: StoreContext,
): Promise<{ writer: JournalWriter; projection: Projection }> {
  const journal = journalDirectory(directory);
  await makeDirectory(journal);
  for (const name of await readdir(journal)) {
    if (name.endsWith('.new')) await rm(join(journal, name));
  }
  if (salvaging) await salvage(journal, join(directory, 'damaged'), log);
  const projectionPath = join(directory, 'projection');
  const filterPath = join(directory, 'filter');
  const segments = await listSegments(journal);
  // What follows from the journal may know events that a salvage found to be gone.
  if (salvaging) {
    for (const path of [projectionPath, filterPath]) await rm(path, { recursive: true, force: true });
  } else if (segments.length === 0 && (await exists(projectionPath))) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${journal} is empty, but ${projectionPath} follows from a journal that was there: restore the journal from a backup, or delete ${projectionPath} to begin anew`,
    );
  }
  const writer =
    segments.length === 0 ? await JournalWriter.create(journal, randomSalt(), options) : undefined;
  const salt = writer?.salt ?? segments[0]!.header.salt;
  const { database, checkpoint } = await Database.open(projectionPath, salt, (reason) =>
    log.warn({ reason }, 'the projection is rebuilt from the journal'),
  );
  try {
    const from = await startOf(journal, checkpoint, segments);
    const begin: Checkpoint = from ?? {
      format: PROJECTION_FORMAT,
      journal: salt,
      position: START,
      unmatched: 0,
    };
    const filter = await FilterFiles.load(filterPath, salt, options.filterBytesMax, log);
    const projection = await Projection.load(database, filter, begin, options, log);
    if (writer !== undefined) return { writer, projection };
    const { end, lastFrame } = await replay(
      projection,
      segments,
      earlier(from?.position, filter.position),
      log,
    );
    if (end.tornBytes > 0) {
      log.warn(
        {
          segment: segments.at(-1)!.path,
          offset: end.position.offset,
          bytes: end.tornBytes,
          reason: end.tornReason,
        },
        'cut off the end of the journal: a write that was never acknowledged',
      );
    }
    return {
      writer: await JournalWriter.resume(segments.at(-1)!, end.position, options, lastFrame),
      projection,
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The checkpoint to go on from; undefined where the whole journal is to be replayed. */
async function startOf(
  directory: string,
  checkpoint: Checkpoint | undefined,
  segments: readonly Segment[],
): Promise<Checkpoint | undefined> {
  if (checkpoint === undefined) return undefined;
  const { sequence, segment, offset } = checkpoint.position;
  const found = segments.find((candidate) => candidate.header.firstSequence === segment);
  if (found !== undefined && (await stat(found.path)).size >= offset) return checkpoint;
  throw new TallyboardError(
    'STORE_DAMAGED',
    `the journal in ${directory} ends before event ${sequence}, which was acknowledged: files of the journal are missing or cut short. Restore them from a backup, or start once with --salvage to go on without the events that are gone`,
  );
}

async function replay(
  projection: Projection,
  segments: readonly Segment[],
  from: Position | undefined,
  log: Log,
): Promise<{ end: JournalEnd; lastFrame: LastFrame | undefined }> {
  const started = performance.now();
  const first = projection.position.sequence;
  let lastFrame: LastFrame | undefined;
  let reported = started;
  const runs = scanJournal(segments, from);
  for (;;) {
    const step = await runs.next();
    if (step.done === true) {
      const events = step.value.position.sequence - first;
      if (events > 0) {
        const seconds = (performance.now() - started) / 1000;
        log.info({ events, seconds }, 'replayed what the last checkpoint lacked');
      }
      return { end: step.value, lastFrame };
    }
    const { frames, end } = step.value;
    const last = frames.at(-1)!;
    lastFrame = { offset: last.offset, bytes: Buffer.from(last.bytes) };
    for (const frame of frames) if (frame.sequence < first) projection.refill(frame);
    for (const batch of batches(frames.filter((frame) => frame.sequence >= first))) {
      await projection.room();
      const changes = new Changes(await projection.look(batch.events));
      for (const event of batch.events) changes.takeLogged(event);
      projection.apply(changes, batch.end(end.segment));
    }
    if (performance.now() - reported >= PROGRESS_MILLISECONDS) {
      reported = performance.now();
      log.info({ events: end.sequence - first, segment: end.segment }, 'replaying the journal');
    }
  }
}

function earlier(one: Position | undefined, other: Position | undefined): Position | undefined {
  if (one === undefined || other === undefined) return undefined;
  return one.sequence < other.sequence ? one : other;
}

/** Frames are small where few clients write at a time; they are replayed together. */
function* batches(
  frames: readonly Frame[],
): Generator<{ events: ContactEvent[]; end(segment: number): Position }> {
  let events: ContactEvent[] = [];
  for (const [i, frame] of frames.entries()) {
    for (let at = 0; at < frame.records.length; at += RECORD_BYTES)
      events.push(readRecord(frame.records, at));
    const next = frames[i + 1];
    if (next !== undefined && events.length + next.count <= FRAME_EVENTS_MAX) continue;
    const position = { sequence: frame.sequence + frame.count, offset: frame.offset + frame.bytes.length };
    yield { events, end: (segment) => ({ ...position, segment }) };
    events = [];
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
