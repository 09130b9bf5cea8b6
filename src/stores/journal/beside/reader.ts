import { access } from 'node:fs/promises';
import { TallyboardError } from '../../../contract/errors.js';
import type { EventColumns } from '../../../contract/event-columns.js';
import type { EventSource, EventSpan } from '../../../contract/store.js';
import type { DocumentKind } from '../../../contract/store-page.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { readDocuments } from '../documents-file.js';
import { readCorrections } from '../log/corrections-file.js';
import { type Reading, readEventColumns, readEvents } from '../log/event-reader.js';
import { journalDirectory } from '../log/recovery.js';
import { listSegments } from '../log/segments.js';

/** Reads the raw events without the lock, beside a server that writes them. */
export class JournalReader implements EventSource {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  open(): Promise<void> {
    return requireJournal(this.#directory);
  }

  async close(): Promise<void> {}

  async documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries((await readDocuments(this.#directory))[kind] ?? {}));
  }

  async *events(span: EventSpan = {}): AsyncGenerator<ContactEvent> {
    const reading = await this.#reading();
    if (reading !== undefined) yield* readEvents(reading, span);
  }

  async *eventColumns(span: EventSpan = {}): AsyncGenerator<EventColumns> {
    const reading = await this.#reading();
    if (reading !== undefined) yield* readEventColumns(reading, span);
  }

  /** Undefined where there are no events. */
  async #reading(): Promise<Reading | undefined> {
    const segments = await listSegments(journalDirectory(this.#directory));
    if (segments.length === 0) return undefined;
    return { segments, corrections: await readCorrections(this.#directory, segments[0]!.header.salt) };
  }
}

/** Rejects with `STORE_UNAVAILABLE` where a directory has no journal. */
export async function requireJournal(directory: string): Promise<void> {
  try {
    await access(journalDirectory(directory));
  } catch (error) {
    throw new TallyboardError('STORE_MISSING', `there is no journal in ${directory}: check the store URL`, {
      cause: error,
    });
  }
}
