import { breath } from '../../../contract/breath.js';
import { FirstEvents } from '../../../contract/first-events.js';
import type { ContactStory, DocumentKind, Verification } from '../../../contract/store-page.js';
import { parseVerification, printVerification } from '../../../contract/verification-text.js';
import { type ContactEvent, SYMBOLS, type Uuid } from '../../../domain/contact.js';
import { EMPTY_SPLIT, type SplitTally } from '../../../domain/tally.js';
import { splitOfRow } from '../../../domain/tally-row.js';
import type { Instant } from '../../../domain/time.js';
import { dayOf, type Location, locate, readFirsts, readReplay } from '../events/records.js';
import { fieldsOf, jobIn, jobOnSettings, jobsInAll } from '../jobs.js';
import { documentsKey } from '../keys.js';
import type { Opened } from '../opened.js';
import { SCRIPTS } from '../scripts.js';
import { QUESTIONS_MAX } from './reader.js';
import { questionOf } from './rollups.js';

const REPLAYS_A_PAGE = 1024;
/** How many names and values are looked at before it is asked whether others should have a turn. */
const WORDS_A_LOOK = 256;
const VERIFICATION = 'verification';

/** What the dashboard's page asks of Redis, besides tallies. */
export class PageAnswers {
  readonly #opened: () => Opened;

  /** `opened` throws where the store is not open. */
  constructor(opened: () => Opened) {
    this.#opened = opened;
  }

  /** Asks for as many ranges at a time as go into one call. */
  async *talliesOfSeries(edges: readonly Instant[]): AsyncGenerator<readonly SplitTally[]> {
    const { rollups } = this.#opened();
    for (let from = 0; from + 1 < edges.length; from += QUESTIONS_MAX) {
      const lowers = edges.slice(from, Math.min(from + QUESTIONS_MAX, edges.length - 1));
      const rows = await Promise.all(
        lowers.map((lower, i) => {
          const question = questionOf({ lower, upper: edges[from + i + 1]! });
          return question.isEmpty ? undefined : rollups.ask(question);
        }),
      );
      for (const row of rows) {
        yield SYMBOLS.map((symbol) => (row === undefined ? EMPTY_SPLIT : splitOfRow(row, symbol, 0)));
      }
    }
  }

  lastEvents(eventsMax: number): Promise<readonly ContactEvent[]> {
    return this.#opened().reader.lastEvents(eventsMax);
  }

  /** All that is known of a contact is kept apart from the raw events, and stays when those are archived. */
  async eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory> {
    const { executor, layout, keys, reader } = this.#opened();
    const place = locate(uuid, layout);
    const asked = [layout.id, String(place.bucket), place.bytes];
    const [reply] = await executor.run([jobIn(keys, place.partition, SCRIPTS.contacts, asked)]);
    const [value] = reply as [Buffer | null];
    if (value === null) return { events: [], leftOut: 0 };
    const { firsts, hasReplays } = readFirsts(uuid, value);
    const story = new Story(eventsMax, firsts);
    if (hasReplays) await this.#addReplays(story, uuid, place, signal);
    return story.told((day) => reader.arrivals(place, day, signal));
  }

  /** How many of the raw events are replays, those that were archived among them. */
  replays(): Promise<number> {
    return this.sumOfTotals('replays');
  }

  /** A number that each partition keeps. */
  async sumOfTotals(field: 'replays' | 'unmatched'): Promise<number> {
    const { executor, layout, keys } = this.#opened();
    const keyOf = (partition: number) => keys.totals(partition);
    const replies = await executor.run(jobsInAll(keys, layout.partitions, 'HGET', [field], keyOf));
    return replies.reduce<number>((sum, reply) => sum + Number(reply ?? 0), 0);
  }

  async verification(): Promise<Verification | null> {
    const { executor, keys } = this.#opened();
    const [reply] = await executor.run([jobOnSettings(keys.settings, 'HGET', [VERIFICATION])]);
    return reply === null ? null : parseVerification(String(reply));
  }

  async recordVerification(verification: Verification): Promise<void> {
    const { executor, keys } = this.#opened();
    const parameters = [VERIFICATION, printVerification(verification)];
    await executor.run([jobOnSettings(keys.settings, 'HSET', parameters)]);
  }

  async documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    const { executor, keys } = this.#opened();
    const [reply] = await executor.run([jobOnSettings(documentsKey(keys.settings), 'HGETALL', [])]);
    const ofKind = [...fieldsOf(reply)].filter(([name]) => name.startsWith(`${kind}:`));
    return new Map(ofKind.map(([name, text]) => [name.slice(kind.length + 1), text]));
  }

  async keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void> {
    const { executor, keys } = this.#opened();
    const key = documentsKey(keys.settings);
    const field = `${kind}:${name}`;
    const job =
      text === null ? jobOnSettings(key, 'HDEL', [field]) : jobOnSettings(key, 'HSET', [field, text]);
    await executor.run([job]);
  }

  async #addReplays(story: Story, uuid: Uuid, place: Location, signal?: AbortSignal): Promise<void> {
    const { executor, keys } = this.#opened();
    const key = keys.replays(place.partition, place.bucket);
    let cursor = '0';
    do {
      signal?.throwIfAborted();
      const parameters = [cursor, 'COUNT', REPLAYS_A_PAGE];
      const [reply] = await executor.run([jobIn(keys, place.partition, 'HSCAN', parameters, key)]);
      const [next, words] = reply as [Buffer, Buffer[]];
      for (let i = 0; i < words.length; i += 2) {
        if (i % WORDS_A_LOOK === 0) await breath();
        // Other contacts share the hash.
        if (words[i]!.compare(place.bytes, 0, 16, 0, 16) === 0) {
          story.add(readReplay(uuid, words[i]!, words[i + 1]!));
        }
      }
      cursor = String(next);
    } while (cursor !== '0');
  }
}

/** The first events of a contact, which come in any order and may come twice: a scan of a hash shows some again. */
class Story {
  readonly #first: FirstEvents;
  readonly #ids = new Set<number>();

  constructor(eventsMax: number, firsts: readonly ContactEvent[]) {
    this.#first = new FirstEvents(eventsMax);
    for (const event of firsts) this.add(event);
  }

  add(event: ContactEvent): void {
    if (this.#ids.has(event.id)) return;
    this.#ids.add(event.id);
    this.#first.add(event);
  }

  /** In time order; `ranksOf` tells of a day which of several at the same instant came first. */
  async told(ranksOf: (day: number) => Promise<ReadonlyMap<number, number>>): Promise<ContactStory> {
    const { events, leftOut } = this.#first.story();
    const days = new Set<number>();
    for (const [i, { at }] of events.entries()) if (at === events[i - 1]?.at) days.add(dayOf(at));
    const ranks = new Map<number, number>();
    for (const day of days) for (const [id, rank] of await ranksOf(day)) ranks.set(id, rank);
    const rankOf = ({ id }: ContactEvent) => ranks.get(id) ?? 0;
    return { events: events.toSorted((a, b) => a.at - b.at || rankOf(a) - rankOf(b)), leftOut };
  }
}
