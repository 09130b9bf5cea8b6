import { join } from 'node:path';
import { TallyboardError } from '../../../contract/errors.js';
import type { EventSpan, Moment, StoreView } from '../../../contract/store.js';
import type { Verification } from '../../../contract/store-page.js';
import type { Contact, ContactEvent, ContactSymbol } from '../../../domain/contact.js';
import type { SplitTally } from '../../../domain/tally.js';
import type { Range } from '../../../domain/time.js';
import { Corrections } from '../log/corrections.js';
import { readEvents, readLoggedEvents } from '../log/event-reader.js';
import { BEGINNING, frameBefore } from '../log/history.js';
import { journalDirectory, projectionDirectory } from '../log/recovery.js';
import { listSegments, type Segment, scanJournal } from '../log/segments.js';
import type { JournalOptions } from '../options.js';
import { contactOfRow } from '../projection/contact-state.js';
import { PREFIX, pageNumber } from '../projection/keys.js';
import { isProjectionFault } from '../projection/projection-fault.js';
import { Rollups } from '../projection/rollups.js';
import { PROMISES } from '../promises.js';
import { KeyHash } from '../runs/key-filter.js';
import { type Checkpoint, readManifest, runName } from '../runs/manifest.js';
import { Run } from '../runs/run.js';
import { RunSet } from '../runs/run-set.js';
import { verificationPath, writeVerification } from '../verification-file.js';
import { requireJournal } from './reader.js';

/** How often the runs of a manifest may be merged away before they are open. */
const ATTEMPTS_MAX = 10;

interface Opened {
  readonly checkpoint: Checkpoint;
  readonly runs: RunSet;
  readonly rollups: Rollups;
  readonly corrections: Corrections;
  readonly segments: readonly Segment[];
}

/**
 * A journal as its last checkpoint has it, read without the lock beside the server that writes. Runs never change,
 * and a file that is open stays readable when it is merged away: so this is of one moment for as long as it is open.
 */
export class JournalView implements StoreView {
  readonly promises = PROMISES;
  readonly #directory: string;
  readonly #options: JournalOptions;
  #opened: Opened | undefined;

  constructor(directory: string, options: JournalOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  async open(): Promise<void> {
    await requireJournal(this.#directory);
    const { checkpoint, runs } = await this.#openRuns();
    try {
      const segments = await listSegments(journalDirectory(this.#directory));
      await requireFit(checkpoint, segments, this.#projection);
      const rollups = new Rollups((key) => runs.get(key), this.#options.pageBytesMax);
      for (const [key, value] of await runs.entries(PREFIX.days)) {
        rollups.restoreDay(pageNumber(key), value);
      }
      const corrections = new Corrections();
      corrections.restore(await runs.entries(PREFIX.correction));
      this.#opened = { checkpoint, runs, rollups, corrections, segments };
    } catch (error) {
      await runs.release();
      throw this.#refusal(error);
    }
  }

  /** From now on reads the raw events from a copy of the journal, which has all up to this moment. */
  async readFrom(copy: string): Promise<void> {
    const opened = this.#required();
    const segments = await listSegments(journalDirectory(copy));
    await requireFit(opened.checkpoint, segments, this.#projection);
    this.#opened = { ...opened, segments };
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.runs.release();
  }

  get moment(): Moment {
    const { checkpoint, corrections } = this.#required();
    const { sequence } = checkpoint.position;
    return {
      text: `with its first ${sequence === 1 ? 'event' : `${sequence.toLocaleString('en-US')} events`}, at its last checkpoint`,
      events: sequence - corrections.leftOut,
    };
  }

  async tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally> {
    return this.#required().rollups.tallyOfSymbol(symbol);
  }

  async talliesOfRange(range: Range): Promise<readonly SplitTally[]> {
    return this.#answer(({ rollups }) => rollups.talliesOfRange(range));
  }

  async unmatched(): Promise<number> {
    return this.#required().checkpoint.unmatched;
  }

  async *everyContact(): AsyncGenerator<Contact[]> {
    try {
      for await (const rows of this.#required().runs.rowsWith(PREFIX.contact)) yield rows.map(contactOfRow);
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  async *events(span: EventSpan = {}): AsyncGenerator<ContactEvent> {
    const { segments, corrections, checkpoint } = this.#required();
    if (checkpoint.position.sequence === 0) return;
    yield* readEvents({ segments, corrections, until: checkpoint.position }, span);
  }

  async *everyEvent(): AsyncGenerator<ContactEvent[]> {
    const { segments, corrections, checkpoint } = this.#required();
    if (checkpoint.position.sequence === 0) return;
    yield* readLoggedEvents({ segments, corrections, until: checkpoint.position });
  }

  async recordVerification(verification: Verification): Promise<void> {
    const { position } = this.#required().checkpoint;
    await writeVerification(verificationPath(this.#directory), verification, position);
  }

  get #projection(): string {
    return projectionDirectory(this.#directory);
  }

  /** Tries again where the server merged runs away between its manifest and their opening. */
  async #openRuns(): Promise<Pick<Opened, 'checkpoint' | 'runs'>> {
    for (let attempt = 1; ; attempt += 1) {
      const manifest = await readManifest(this.#projection);
      if (manifest === undefined) return { checkpoint: NOTHING, runs: new RunSet([], new KeyHash(0)) };
      let runs = new RunSet([], new KeyHash(manifest.journal));
      try {
        for (const info of manifest.runs) {
          const filterBytesMax = this.#options.filterBytesMax - runs.filterBytes;
          const run = await Run.open(join(this.#projection, runName(info.number)), info, filterBytesMax);
          runs = runs.with([...runs.runs, run]);
        }
        return { checkpoint: manifest, runs };
      } catch (error) {
        await runs.release();
        const isMerged = (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!isMerged || attempt === ATTEMPTS_MAX) throw this.#refusal(error);
      }
    }
  }

  async #answer<T>(ask: (opened: Opened) => T | Promise<T>): Promise<T> {
    const opened = this.#required();
    try {
      return await ask(opened);
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #refusal(error: unknown): unknown {
    if (!isProjectionFault(error)) return error;
    return new TallyboardError(
      'STORE_DAMAGED',
      `${this.#projection} is damaged: stop the server, delete it, and start the server again, which makes it from the journal; nothing is lost`,
      { cause: error },
    );
  }

  #required(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new TallyboardError('STORE_CLOSED', `journal:${this.#directory} is not open: open it first`);
  }
}

const NOTHING: Checkpoint = { journal: 0, position: BEGINNING, unmatched: 0 };

/** Throws where a checkpoint is not of this journal, or there is none though there are events. */
async function requireFit(
  { position }: Checkpoint,
  segments: readonly Segment[],
  projection: string,
): Promise<void> {
  if (position.frame !== null) {
    if ((await frameBefore(segments, position)) !== undefined) return;
    throw new TallyboardError(
      'STORE_DAMAGED',
      `${projection} does not follow from this journal: one of them was taken away or replaced under the server. Stop it, and start it again, which says more`,
    );
  }
  // One run of frames is enough to tell, and ends the reading.
  for await (const { end } of scanJournal(segments)) {
    throw new TallyboardError(
      'STORE_UNAVAILABLE',
      `${projection} has no checkpoint yet, though the journal has events (${end.sequence} or more): try again in a moment, when the server has made one`,
    );
  }
}
