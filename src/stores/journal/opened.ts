import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { asTallyboardError, describe, TallyboardError } from '../../contract/errors.js';
import type { StoreContext } from '../../contract/store.js';
import { DirectoryLock } from './lock.js';
import { tellCorrections } from './log/corrections-file.js';
import { journalDirectory, projectionDirectory, type Recovered, recover } from './log/recovery.js';
import { listSegments, scanJournal } from './log/segments.js';
import type { JournalOptions } from './options.js';
import { isProjectionFault } from './projection/projection-fault.js';
import { removeForeignVerification, verificationPath } from './verification-file.js';

/** A projection that could not be made again is tried again after so long. */
const MAKE_AGAIN_MILLISECONDS = 1000;

/** The parts of a journal while it is open. Where the projection is found damaged, it is made again. */
export class OpenedJournal {
  readonly #directory: string;
  readonly #options: JournalOptions;
  readonly #context: StoreContext;
  #lock: DirectoryLock | undefined;
  #parts: Recovered | undefined;
  #makingAgain: Promise<void> | undefined;
  /** Resolves when no append is under way. */
  readonly #settled: () => Promise<unknown>;

  constructor(
    directory: string,
    options: JournalOptions,
    context: StoreContext,
    settled: () => Promise<unknown>,
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#context = context;
    this.#settled = settled;
  }

  async open(): Promise<void> {
    if (this.#lock !== undefined) return;
    const lock = await DirectoryLock.take(this.#directory, this.#context.log);
    try {
      const { salvage = false } = this.#context;
      this.#parts = await this.#recover(lock, salvage);
      const verification = verificationPath(this.#directory);
      // What it said may have been of events that the salvage found to be gone.
      if (salvage) await rm(verification, { force: true });
      else
        await removeForeignVerification(verification, await listSegments(journalDirectory(this.#directory)));
      this.#lock = lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    await this.#makingAgain;
    const parts = this.#parts;
    this.#parts = undefined;
    await this.#settled();
    // What follows from the journal is another's to write once the journal is.
    if (lossOf(() => parts?.writer.assertOwn()) === undefined) await parts?.projection.close();
    else await parts?.projection.discard();
    await parts?.writer.close();
    await lock.release();
  }

  /** The parts; throws where the store is not open, or its projection is being made again. */
  get parts(): Recovered {
    if (this.#parts !== undefined) return this.#parts;
    this.assertHeld();
    throw this.#beingMadeAgain();
  }

  /** Throws where the store is not open, or its directory is not this process's any more. */
  assertHeld(): void {
    if (this.#lock === undefined) {
      throw new TallyboardError('STORE_CLOSED', `journal:${this.#directory} is not open: open it first`);
    }
    this.#lock.assertHeld();
  }

  /** Why nothing can be written any more; undefined where it can, or the store is not open. */
  trouble(): TallyboardError | undefined {
    const lock = this.#lock;
    if (lock === undefined) return undefined;
    return lossOf(() => (this.#parts === undefined ? lock.assertHeld() : this.#parts.writer.assertOwn()));
  }

  /** What a call is refused with; where the projection is damaged, it begins to be made again. */
  refusal(error: unknown): unknown {
    if (!isProjectionFault(error)) return error;
    const parts = this.#parts;
    if (parts !== undefined && this.#lock !== undefined) {
      this.#context.log.error(
        { reason: describe(error) },
        'a part of the projection is damaged: it is made again from the journal',
      );
      this.#parts = undefined;
      this.#makingAgain = this.#makeAgain(parts, this.#lock);
    }
    return this.#beingMadeAgain(error);
  }

  /** Makes the projection again from the journal. Rejects where that cannot be read. */
  async rebuild(): Promise<void> {
    const { parts } = this;
    const lock = this.#lock!;
    // While the journal cannot be read, what follows from it is better than nothing.
    const scan = scanJournal(await listSegments(journalDirectory(this.#directory)));
    while ((await scan.next()).done !== true);
    this.#parts = undefined;
    const rebuilt = this.#giveUp(parts).then(() => this.#remake(lock));
    this.#makingAgain = rebuilt.catch(() => {});
    await rebuilt;
  }

  /** Goes on trying until it succeeds, or the store is closed or another's. Never rejects. */
  async #makeAgain(parts: Recovered, lock: DirectoryLock): Promise<void> {
    await this.#giveUp(parts);
    while (this.#lock !== undefined && lossOf(() => lock.assertHeld()) === undefined) {
      try {
        await this.#remake(lock);
        this.#context.log.info({}, 'the projection was made again');
        return;
      } catch (error) {
        this.#context.log.error(
          { reason: describe(error) },
          'the projection could not be made again: it is tried again',
        );
        await delay(MAKE_AGAIN_MILLISECONDS);
      }
    }
    // Whoever opens it next makes it, and does not meet the damage again.
    await this.#removeProjection(lock).catch(() => {});
  }

  async #giveUp({ projection, writer }: Recovered): Promise<void> {
    await this.#settled();
    await projection.discard();
    await writer.close();
  }

  async #remake(lock: DirectoryLock): Promise<void> {
    await this.#removeProjection(lock);
    this.#parts = await this.#recover(lock);
  }

  async #removeProjection(lock: DirectoryLock): Promise<void> {
    lock.assertHeld();
    await rm(projectionDirectory(this.#directory), { recursive: true, force: true });
  }

  async #recover(hold: DirectoryLock, salvage = false): Promise<Recovered> {
    const { log } = this.#context;
    const onFault = (fault: Error) => void this.refusal(fault);
    const recovered = await recover(this.#directory, this.#options, { log, hold, salvage, onFault });
    const { writer, projection } = recovered;
    await tellCorrections(this.#directory, writer.salt, projection.corrections, log);
    return recovered;
  }

  #beingMadeAgain(cause?: unknown): TallyboardError {
    return new TallyboardError(
      'STORE_UNAVAILABLE',
      `a part of ${projectionDirectory(this.#directory)} was damaged and is being made again from the journal: try again in a moment`,
      { cause },
    );
  }
}

/** What a look at what is held throws. */
function lossOf(look: () => void): TallyboardError | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    return asTallyboardError(error, 'STORE_UNAVAILABLE', describe(error));
  }
}
