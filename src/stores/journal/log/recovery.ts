import { randomInt } from 'node:crypto';
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, TallyboardError } from '../../../contract/errors.js';
import type { Log, StoreContext } from '../../../contract/store.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { makeDirectory } from '../files.js';
import type { JournalOptions } from '../options.js';
import type { Batch } from '../projection/changes.js';
import { Projection } from '../projection/projection.js';
import { isProjectionFault, ProjectionFault } from '../projection/projection-fault.js';
import { Database, type DatabaseContext } from '../runs/database.js';
import { readManifest } from '../runs/manifest.js';
import { FRAME_EVENTS_MAX, type Frame, HEADER_BYTES, RECORD_BYTES, readRecord } from './format.js';
import { BEGINNING, frameBefore, type HistoryPoint, pointAfter } from './history.js';
import { salvage } from './salvage.js';
import { type JournalEnd, listSegments, type Position, type Segment, scanJournal } from './segments.js';
import { JournalWriter, type LastFrame } from './writer.js';

export interface RecoveryContext extends DatabaseContext, Pick<StoreContext, 'salvage'> {}

/** A store that is in order, ready for the next event. */
export interface Recovered {
  readonly writer: JournalWriter;
  readonly projection: Projection;
}

const PROGRESS_MILLISECONDS = 2000;
const OTHER_HISTORY = 'it follows from another history of the journal, as before a restore';

export function journalDirectory(directory: string): string {
  return join(directory, 'journal');
}

export function projectionDirectory(directory: string): string {
  return join(directory, 'projection');
}

/**
 * Brings a directory into order: cuts off what was never acknowledged, replays into the projection what its
 * last checkpoint lacks, and makes the projection again where it is damaged.
 */
export async function recover(
  directory: string,
  options: JournalOptions,
  { salvage: salvaging = false, ...context }: RecoveryContext,
): Promise<Recovered> {
  const { log, hold } = context;
  const journal = journalDirectory(directory);
  await makeDirectory(journal);
  for (const name of await readdir(journal)) {
    if (name.endsWith('.new')) await rm(join(journal, name));
  }
  if (salvaging) await salvage(journal, join(directory, 'damaged'), log);
  const projection = projectionDirectory(directory);
  // Where releases before this one kept what runs have now.
  await rm(join(directory, 'filter'), { recursive: true, force: true });
  const segments = await listSegments(journal);
  // What follows from the journal may know events that a salvage found to be gone.
  const acknowledged = salvaging ? await eventsAcknowledged(projection) : 0;
  if (salvaging) {
    await rm(projection, { recursive: true, force: true });
  } else if (segments.length === 0 && (await exists(projection))) {
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${journal} is empty, but ${projection} follows from a journal that was there: restore the journal from a backup, or delete ${projection} to begin anew`,
    );
  }
  const writer =
    segments.length === 0 ? await JournalWriter.create(journal, randomSalt(), options, hold) : undefined;
  const salt = writer?.salt ?? segments[0]!.header.salt;
  const open = () => build({ projection, salt, segments, writer }, options, context);
  try {
    const recovered = await open().catch(async (error: unknown) => {
      if (!isProjectionFault(error)) throw error;
      log.warn({ reason: describe(error) }, 'the projection is rebuilt from the journal');
      hold.assertHeld();
      await rm(projection, { recursive: true, force: true });
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
async function eventsAcknowledged(projection: string): Promise<number> {
  return (await readManifest(projection).catch(() => undefined))?.position.sequence ?? 0;
}

interface Parts {
  readonly projection: string;
  readonly salt: number;
  readonly segments: readonly Segment[];
  /** There where the journal is new. */
  readonly writer: JournalWriter | undefined;
}

async function build(
  { projection: path, salt, segments, writer }: Parts,
  options: JournalOptions,
  context: DatabaseContext,
): Promise<Recovered> {
  const { log } = context;
  const database = await Database.open(path, salt, options, context);
  let projection: Projection | undefined;
  try {
    const { checkpoint } = database;
    const from = checkpoint?.position ?? BEGINNING;
    await requireHistory(segments, from, path);
    const begin = checkpoint ?? { journal: salt, position: BEGINNING, unmatched: 0 };
    projection = await Projection.load(database, begin, options, log);
    if (writer !== undefined) return { writer, projection };
    const { end, point, lastFrame } = await replay(projection, segments, from, log);
    const { tornBytes: bytes, tornReason: reason } = end;
    if (bytes > 0) {
      log.warn(
        { segment: segments.at(-1)!.path, offset: point.offset, bytes, reason },
        'cut off the end of the journal, which is not a whole frame: as a rule, a write that was never acknowledged',
      );
    }
    const { hold } = context;
    return { writer: await JournalWriter.resume(segments, point, options, hold, lastFrame), projection };
  } catch (error) {
    await (projection === undefined ? database.close() : projection.discard());
    throw error;
  }
}

/**
 * Throws a `ProjectionFault` where a projection stands in another history than that of the journal, and
 * `STORE_DAMAGED` where the journal ends before that place.
 */
async function requireHistory(
  segments: readonly Segment[],
  point: HistoryPoint,
  projection: string,
): Promise<void> {
  if (point.frame === null || (await frameBefore(segments, point)) !== undefined) return;
  const own = segments.findLast(({ header }) => header.firstSequence <= point.sequence);
  const runs = scanJournal(segments, startOf(own ?? segments.at(-1)!));
  for (let step = await runs.next(); ; step = await runs.next()) {
    if (step.done !== true) continue;
    if (step.value.position.sequence < point.sequence) throw cutShort(segments, point.sequence, projection);
    throw new ProjectionFault(OTHER_HISTORY);
  }
}

/** Replays into a projection what follows on where it stands. */
async function replay(
  projection: Projection,
  segments: readonly Segment[],
  from: HistoryPoint,
  log: Log,
): Promise<{ end: JournalEnd; point: HistoryPoint; lastFrame: LastFrame | undefined }> {
  const started = performance.now();
  let lastFrame: LastFrame | undefined;
  let reported = started;
  // From the beginning of its segment on, so that damage there is found now.
  const first = segments.find(({ header }) => header.firstSequence === from.segment)!;
  const runs = scanJournal(segments, startOf(first));
  let point: HistoryPoint | undefined;
  try {
    for (;;) {
      const step = await runs.next();
      if (step.done === true) {
        const events = step.value.position.sequence - from.sequence;
        if (events > 0) {
          const seconds = (performance.now() - started) / 1000;
          log.info({ events, seconds }, 'replayed what the last checkpoint lacked');
        }
        const own = point?.segment === step.value.position.segment ? point : undefined;
        const { lineage } = segments.at(-1)!;
        return {
          end: step.value,
          point: own ?? { ...step.value.position, lineage, frame: null, chain: 0 },
          lastFrame,
        };
      }
      const { segment, frames, end } = step.value;
      const last = frames.at(-1)!;
      lastFrame = { offset: last.offset, bytes: Buffer.from(last.bytes) };
      const before: number = point?.segment === end.segment ? point.chain : 0;
      const points = pointsOf(segment, frames, before);
      point = points.at(-1)!;
      const stand = points.find(({ sequence }) => sequence === from.sequence);
      if (stand !== undefined && stand.segment === from.segment && stand.chain !== from.chain) {
        throw new ProjectionFault(OTHER_HISTORY);
      }
      const fresh = frames.findIndex(({ sequence }) => sequence >= from.sequence);
      if (fresh !== -1) await replayRun(projection, frames.slice(fresh), points.slice(fresh));
      if (performance.now() - reported >= PROGRESS_MILLISECONDS) {
        reported = performance.now();
        log.info({ events: end.sequence - from.sequence, segment: end.segment }, 'replaying the journal');
      }
    }
  } finally {
    // A reading that is given up has a file open.
    await runs.return(undefined as never);
  }
}

async function replayRun(
  projection: Projection,
  frames: readonly Frame[],
  /** Where each of the frames ends. */
  points: readonly HistoryPoint[],
): Promise<void> {
  for (const batch of batches(frames)) {
    await projection.room();
    const changes = await projection.look(batch);
    for (const [i, event] of batch.events.entries()) {
      changes.take(i);
      projection.corrections.note(batch.sequence + i, event, changes.logged);
    }
    projection.prepare(changes);
    projection.apply(changes, points[batch.last]!);
  }
}

/** Where each of the frames ends, given what those before them come to. */
function pointsOf(segment: Segment, frames: readonly Frame[], chain: number): HistoryPoint[] {
  let before = chain;
  return frames.map((frame) => {
    const point = pointAfter(segment, frame, before);
    before = point.chain;
    return point;
  });
}

function startOf({ header: { firstSequence } }: Segment): Position {
  return { sequence: firstSequence, segment: firstSequence, offset: HEADER_BYTES };
}

function cutShort(segments: readonly Segment[], sequence: number, projection: string): TallyboardError {
  return new TallyboardError(
    'STORE_DAMAGED',
    `the journal at ${segments.at(-1)?.path} ends before event ${sequence}, which was acknowledged: files of the journal are missing or cut short. Restore them from a backup, or start once with --salvage to go on without the events that are gone; where this journal is a backup that you restored, delete ${projection}`,
  );
}

/** Frames are small where few clients write at a time; they are replayed together. */
function* batches(
  frames: readonly Frame[],
): Generator<Batch & { readonly sequence: number; readonly last: number }> {
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
    yield { sequence: gathered[0]!.sequence, events, records, last: i };
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
