import { breath } from '../../contract/breath.js';
import type { ContactStory, DocumentKind, Verification } from '../../contract/store-page.js';
import { type ContactEvent, SYMBOLS, type Uuid } from '../../domain/contact.js';
import { type SplitTally, whole } from '../../domain/tally.js';
import type { Instant } from '../../domain/time.js';
import { readDocuments, writeDocuments } from './documents-file.js';
import type { Reading } from './log/event-reader.js';
import { journalDirectory } from './log/recovery.js';
import { listSegments, type Segment } from './log/segments.js';
import type { Projection } from './projection/projection.js';
import { countLostEvents, eventsOfState, readLastEvents, readStory } from './questions.js';
import { readVerification, verificationPath, writeVerification } from './verification-file.js';

/** What the dashboard's page asks of the journal, besides tallies. */
export class PageAnswers {
  readonly #directory: string;
  readonly #projection: () => Projection;
  #lastKept: Promise<unknown> = Promise.resolve();
  /** What a salvage lost is counted once for each time that the store is opened. */
  #lost: { readonly projection: Projection; readonly events: number } | undefined;

  /** `projection` answers with that of the open store, or throws where it is not open. */
  constructor(directory: string, projection: () => Projection) {
    this.#directory = directory;
    this.#projection = projection;
  }

  async *talliesOfSeries(edges: readonly Instant[]): AsyncGenerator<readonly SplitTally[]> {
    for (let i = 0; i + 1 < edges.length; i += 1) {
      const pause = breath();
      if (pause !== undefined) await pause;
      yield this.#projection().rollups.talliesOfRange({ lower: edges[i]!, upper: edges[i + 1]! });
    }
  }

  async lastEvents(eventsMax: number): Promise<readonly ContactEvent[]> {
    return readLastEvents(await this.#reading(), eventsMax);
  }

  async eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory> {
    signal?.throwIfAborted();
    const projection = this.#projection();
    const [state] = await projection.states([uuid]);
    if (state === undefined) return { events: [], leftOut: 0 };
    const known = eventsOfState(uuid, state);
    if (known === undefined) return readStory(await this.#reading(), uuid, { eventsMax, signal });
    const events = known.slice(0, eventsMax);
    return { events, leftOut: known.length - events.length };
  }

  async replays(): Promise<number> {
    const projection = this.#projection();
    if (this.#lost?.projection !== projection) {
      this.#lost = { projection, events: await countLostEvents(await this.#segments()) };
    }
    const { position, rollups, unmatched, corrections } = projection;
    // The others are the first initial of a contact or its first followup.
    let firsts = unmatched;
    for (const symbol of SYMBOLS) {
      const { count, followups } = whole(rollups.tallyOfSymbol(symbol));
      firsts += count + followups;
    }
    return position.sequence - this.#lost.events - corrections.leftOut - firsts;
  }

  async verification(): Promise<Verification | null> {
    this.#projection();
    return readVerification(verificationPath(this.#directory));
  }

  async recordVerification(verification: Verification): Promise<void> {
    await writeVerification(verificationPath(this.#directory), verification, this.#projection().position);
  }

  async documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    this.#projection();
    return new Map(Object.entries((await readDocuments(this.#directory))[kind] ?? {}));
  }

  /** One after the other: each writes all of them. */
  keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void> {
    const keep = async () => {
      const documents = await readDocuments(this.#directory);
      const { [name]: _, ...others } = documents[kind] ?? {};
      const kept = text === null ? others : { ...others, [name]: text };
      await writeDocuments(this.#directory, { ...documents, [kind]: kept });
    };
    const kept = this.#lastKept.then(keep, keep);
    this.#lastKept = kept;
    return kept;
  }

  /** All that is acknowledged by now. */
  async #reading(): Promise<Reading> {
    const { position: until, corrections } = this.#projection();
    return { segments: await this.#segments(), corrections, until };
  }

  #segments(): Promise<Segment[]> {
    return listSegments(journalDirectory(this.#directory));
  }
}
