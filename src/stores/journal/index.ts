import { resolve } from 'node:path';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Engine, EventSpan, Outcome, Store, StoreContext, StoreUrl } from '../../contract/store.js';
import type { ContactStory, DocumentKind, Verification } from '../../contract/store-page.js';
import type { Contact, ContactEvent, ContactSymbol, Uuid } from '../../domain/contact.js';
import type { SplitTally } from '../../domain/tally.js';
import type { Instant, Range } from '../../domain/time.js';
import { backUpJournal } from './beside/backup.js';
import { JournalReader, requireJournal } from './beside/reader.js';
import { restoreJournal } from './beside/restore.js';
import { JournalView } from './beside/view.js';
import { type Reading, readEvents, readLoggedEvents } from './log/event-reader.js';
import {
  FRAME_BYTES_MAX,
  FRAME_EVENTS_MAX,
  FRAME_HEADER_BYTES,
  markReplay,
  RECORD_BYTES,
  sealFrame,
  writeRecord,
} from './log/format.js';
import { journalDirectory, type Recovered } from './log/recovery.js';
import { listSegments } from './log/segments.js';
import type { JournalWriter } from './log/writer.js';
import { OpenedJournal } from './opened.js';
import { type JournalOptions, optionsOf } from './options.js';
import { PageAnswers } from './page-answers.js';
import { PROMISES } from './promises.js';

export const createStore: Engine['createStore'] = (url, context) =>
  new JournalStore(directoryOf(url), optionsOf(url), context);

export const createView: NonNullable<Engine['createView']> = (url) =>
  new JournalView(directoryOf(url), optionsOf(url));

export const backUp: NonNullable<Engine['backUp']> = (url, to) =>
  backUpJournal(directoryOf(url), resolve(to), optionsOf(url));

export const restore: NonNullable<Engine['restore']> = (url, from, { log }) =>
  restoreJournal(resolve(from), directoryOf(url), log);

export const createReader: NonNullable<Engine['createReader']> = (url) => new JournalReader(directoryOf(url));

/**
 * The embedded store. A checksummed journal of raw events is the truth and all that an acknowledgement waits
 * for; contacts by uuid and roll-ups follow from it in memory at once and on disk behind.
 */
class JournalStore implements Store {
  readonly promises = PROMISES;
  readonly limits = { batchEventsMax: FRAME_EVENTS_MAX, batchesInFlightMax: 1 };
  readonly folder: string;
  readonly #directory: string;
  readonly #context: StoreContext;
  readonly #frame = Buffer.allocUnsafe(FRAME_BYTES_MAX);
  readonly #records = this.#frame.subarray(FRAME_HEADER_BYTES);
  readonly #opened: OpenedJournal;
  readonly #answers: PageAnswers;
  #lastAppend: Promise<unknown> = Promise.resolve();
  #appending = 0;
  #failing = false;

  constructor(directory: string, options: JournalOptions, context: StoreContext) {
    this.folder = directory;
    this.#directory = directory;
    this.#context = context;
    this.#opened = new OpenedJournal(directory, options, context, () => this.#lastAppend.catch(() => {}));
    this.#answers = new PageAnswers(directory, () => this.#opened.parts.projection);
  }

  async open(): Promise<void> {
    if (this.#context.mustExist) await requireJournal(this.#directory);
    await this.#opened.open();
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  trouble(): TallyboardError | undefined {
    return this.#opened.trouble();
  }

  rebuild(): Promise<void> {
    return this.#opened.rebuild();
  }

  append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const opened = this.#opened.parts;
    const begin = async () => {
      try {
        return await this.#append(opened, batch);
      } catch (error) {
        throw this.#opened.refusal(error);
      } finally {
        this.#appending -= 1;
      }
    };
    this.#appending += 1;
    // Where no other is under way, a batch is on its way to the disk when this returns.
    const appended = this.#appending === 1 ? begin() : this.#lastAppend.then(begin, begin);
    this.#lastAppend = appended;
    return appended;
  }

  async tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally> {
    return this.#opened.parts.projection.rollups.tallyOfSymbol(symbol);
  }

  async talliesOfRange(range: Range): Promise<readonly SplitTally[]> {
    try {
      return this.#opened.parts.projection.rollups.talliesOfRange(range);
    } catch (error) {
      throw this.#opened.refusal(error);
    }
  }

  async contacts(uuids: readonly Uuid[]): Promise<readonly (Contact | undefined)[]> {
    try {
      return await this.#opened.parts.projection.contacts(uuids);
    } catch (error) {
      throw this.#opened.refusal(error);
    }
  }

  async *everyContact(): AsyncGenerator<readonly Contact[]> {
    try {
      yield* this.#opened.parts.projection.everyContact();
    } catch (error) {
      throw this.#opened.refusal(error);
    }
  }

  async unmatched(): Promise<number> {
    return this.#opened.parts.projection.unmatched;
  }

  async *events(span: EventSpan = {}): AsyncGenerator<ContactEvent> {
    yield* readEvents(await this.#reading(), span);
  }

  async *everyEvent(): AsyncGenerator<readonly ContactEvent[]> {
    yield* readLoggedEvents(await this.#reading());
  }

  async *talliesOfSeries(edges: readonly Instant[]): AsyncGenerator<readonly SplitTally[]> {
    try {
      yield* this.#answers.talliesOfSeries(edges);
    } catch (error) {
      throw this.#opened.refusal(error);
    }
  }

  lastEvents(eventsMax: number): Promise<readonly ContactEvent[]> {
    return this.#answers.lastEvents(eventsMax);
  }

  async eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory> {
    try {
      return await this.#answers.eventsOfContact(uuid, eventsMax, signal);
    } catch (error) {
      throw this.#opened.refusal(error);
    }
  }

  replays(): Promise<number> {
    return this.#answers.replays();
  }

  verification(): Promise<Verification | null> {
    return this.#answers.verification();
  }

  async recordVerification(verification: Verification): Promise<void> {
    this.#opened.assertHeld();
    await this.#answers.recordVerification(verification);
  }

  documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    return this.#answers.documents(kind);
  }

  async keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void> {
    this.#opened.assertHeld();
    await this.#answers.keepDocument(kind, name, text);
  }

  /** All that is acknowledged by now. */
  async #reading(): Promise<Reading> {
    const { writer, projection } = this.#opened.parts;
    const { end: until } = writer;
    const segments = await listSegments(journalDirectory(this.#directory));
    return { segments, corrections: projection.corrections, until };
  }

  async #append(
    { writer, projection }: Recovered,
    batch: readonly ContactEvent[],
  ): Promise<readonly Outcome[]> {
    if (projection.isFull) await projection.room();
    const records = this.#records;
    for (let i = 0; i < batch.length; i += 1) writeRecord(records, i * RECORD_BYTES, batch[i]!);
    const looked = projection.look({ events: batch, records });
    const changes = looked instanceof Promise ? await looked : looked;
    const outcomes: Outcome[] = [];
    let count = 0;
    for (let i = 0; i < batch.length; i += 1) {
      const outcome = changes.take(i);
      outcomes.push(outcome);
      if (changes.logged === 'nothing') continue;
      if (count < i) records.copyWithin(count * RECORD_BYTES, i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
      if (changes.logged === 'replay') {
        markReplay(records, count * RECORD_BYTES, outcome.status === 'replayed' && outcome.isVowel);
      }
      count += 1;
    }
    if (count === 0) return outcomes;
    projection.prepare(changes);
    try {
      await this.#write(writer, count);
    } catch (error) {
      projection.abandon();
      throw error;
    }
    projection.apply(changes, writer.end);
    return outcomes;
  }

  async #write(writer: JournalWriter, count: number): Promise<void> {
    try {
      await writer.append(sealFrame(this.#frame, count, writer.end.sequence, writer.salt), count);
    } catch (error) {
      if (error instanceof TallyboardError) throw error;
      if (!this.#failing) {
        this.#failing = true;
        this.#context.log.error(
          { reason: describe(error) },
          'the journal cannot be written: events are refused until it can',
        );
      }
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        `the journal in ${this.#directory} cannot be written: nothing was stored, try again; the operator looks at its disk`,
        { cause: error },
      );
    }
    if (!this.#failing) return;
    this.#failing = false;
    this.#context.log.info({}, 'the journal can be written again');
  }
}

function directoryOf({ text, location }: StoreUrl): string {
  if (location === '') {
    throw new TallyboardError(
      'STORE_URL_INVALID',
      `'${text}' names no directory: write journal:DIR, for example journal:./data`,
    );
  }
  return resolve(location);
}
