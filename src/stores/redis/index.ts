import { asTallyboardError, TallyboardError } from '../../contract/errors.js';
import type { Engine, EventSpan, Outcome, Promises, Store, StoreContext } from '../../contract/store.js';
import type { EventArchive } from '../../contract/store-archive.js';
import type { ContactStory, DocumentKind, Verification } from '../../contract/store-page.js';
import {
  type Contact,
  type ContactEvent,
  type ContactSymbol,
  SYMBOLS,
  type Uuid,
} from '../../domain/contact.js';
import { EMPTY_SPLIT, type SplitTally } from '../../domain/tally.js';
import { splitOfRow } from '../../domain/tally-row.js';
import type { Instant, Range } from '../../domain/time.js';
import { RedisArchive } from './events/archive.js';
import { Parcels } from './events/parcels.js';
import { EventReader } from './events/reader.js';
import { locate, partitionOfUuid, readContact } from './events/records.js';
import { jobIn } from './jobs.js';
import { type Layout, openLayout } from './layout.js';
import type { Lanes, Opened } from './opened.js';
import { PageAnswers } from './rollups/page-answers.js';
import { RollupReader } from './rollups/reader.js';
import { questionOf } from './rollups/rollups.js';
import { SCRIPTS } from './scripts.js';
import { Executor } from './servers/executor.js';
import { nodes } from './servers/nodes.js';
import { optionsOf, type RedisOptions } from './servers/url.js';
import { Watch } from './servers/watch.js';

export const createStore: Engine['createStore'] = (url, context) => new RedisStore(optionsOf(url), context);

export const createReader: NonNullable<Engine['createReader']> = (url, context) =>
  new RedisStore(optionsOf(url), { ...context, mustExist: true });

export const nameOf: NonNullable<Engine['nameOf']> = (url) => {
  const { addresses, database, keyPrefix } = optionsOf(url);
  return JSON.stringify([addresses, database, keyPrefix]);
};

/** How many queues there are at most for the partitions of a Cluster: a master that is away stops a few of them. */
const LANES_MAX = 8;

/**
 * A single Redis server or a Cluster, shared by any number of writers. A contact, its raw events and the
 * roll-ups that it is in live in one partition, on one slot, and change in one script; a read merges the
 * partitions.
 */
class RedisStore implements Store {
  readonly promises: Promises;
  readonly archive: EventArchive = new RedisArchive(
    () => this.#required(),
    () => this.#options.replicasWaited,
  );
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly #page = new PageAnswers(() => this.#required());
  readonly #options: RedisOptions;
  readonly #context: StoreContext;
  #opened: Opened | undefined;

  constructor(options: RedisOptions, context: StoreContext) {
    this.#options = options;
    this.#context = context;
    const survives = () => this.#survives();
    this.promises = {
      /** Known once the servers have been asked for their settings; the least of it before. */
      get survives() {
        return survives();
      },
      reads: 'immediate',
      writers: 'many',
      keepsEvents: true,
      replays: 'recognised',
      batches: 'whole',
      rollups: ['minute', 'hour', 'day'],
      differences: [
        'An append that Redis did not confirm in time is refused, and may be stored nevertheless, wholly or, with several partitions, in part: sent again, it is counted once.',
      ],
    };
  }

  async open(): Promise<void> {
    if (this.#opened !== undefined) return;
    const { log, mustExist = false } = this.#context;
    const servers = nodes(this.#options, log);
    const executor = new Executor(servers, this.#options);
    try {
      await servers.open();
      const { layout, keys } = await openLayout(executor, this.#options, mustExist);
      const watch = new Watch({ nodes: servers, executor, keys, layout }, this.#options, log);
      await watch.open();
      const reader = new EventReader(executor, keys, layout);
      const rollups = new RollupReader(executor, keys, layout);
      const lanes = lanesOf(layout, this.#options);
      this.#opened = { nodes: servers, executor, layout, keys, reader, rollups, watch, lanes };
    } catch (error) {
      executor.close();
      servers.close();
      throw asTallyboardError(
        error,
        'STORE_UNAVAILABLE',
        `Redis at ${this.#options.addresses.map(({ host, port }) => `${host}:${port}`).join(', ')} cannot be opened`,
      );
    }
  }

  async close(): Promise<void> {
    this.#opened?.watch.close();
    this.#opened?.executor.close();
    this.#opened?.nodes.close();
    this.#opened = undefined;
  }

  warnings(): readonly string[] {
    return this.#opened?.watch.warnings() ?? [];
  }

  trouble(): string | undefined {
    return this.#opened?.executor.trouble();
  }

  giveUp(): void {
    this.#opened?.executor.giveUp();
  }

  get lanes(): Lanes {
    return this.#required().lanes;
  }

  async append(batch: readonly ContactEvent[], since?: number): Promise<readonly Outcome[]> {
    const { executor, layout, keys } = this.#required();
    const { replicasWaited } = this.#options;
    const parcels = new Parcels(batch, layout);
    const replies = await executor.run(parcels.jobs(keys, layout.id), {
      replicas: replicasWaited,
      isAppend: true,
      since,
    });
    return parcels.outcomes(replies as readonly Buffer[]);
  }

  async tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally> {
    return splitOfRow(await this.#required().rollups.askOfAll(), symbol, 0);
  }

  async talliesOfRange(range: Range): Promise<readonly SplitTally[]> {
    const { rollups } = this.#required();
    const question = questionOf(range);
    if (question.isEmpty) return SYMBOLS.map(() => EMPTY_SPLIT);
    const row = await rollups.ask(question);
    return SYMBOLS.map((symbol) => splitOfRow(row, symbol, 0));
  }

  unmatched(): Promise<number> {
    return this.#page.sumOfTotals('unmatched');
  }

  talliesOfSeries(edges: readonly Instant[]): AsyncIterable<readonly SplitTally[]> {
    return this.#page.talliesOfSeries(edges);
  }

  lastEvents(eventsMax: number): Promise<readonly ContactEvent[]> {
    return this.#page.lastEvents(eventsMax);
  }

  eventsOfContact(uuid: Uuid, eventsMax: number, signal?: AbortSignal): Promise<ContactStory> {
    return this.#page.eventsOfContact(uuid, eventsMax, signal);
  }

  replays(): Promise<number> {
    return this.#page.replays();
  }

  verification(): Promise<Verification | null> {
    return this.#page.verification();
  }

  recordVerification(verification: Verification): Promise<void> {
    return this.#page.recordVerification(verification);
  }

  documents(kind: DocumentKind): Promise<ReadonlyMap<string, string>> {
    return this.#page.documents(kind);
  }

  keepDocument(kind: DocumentKind, name: string, text: string | null): Promise<void> {
    return this.#page.keepDocument(kind, name, text);
  }

  async contacts(uuids: readonly Uuid[]): Promise<readonly (Contact | undefined)[]> {
    const { executor, layout, keys } = this.#required();
    const groups = new Map<number, { places: number[]; words: (string | Buffer)[] }>();
    for (const [place, uuid] of uuids.entries()) {
      const { partition, bucket, bytes } = locate(uuid, layout);
      const group = groups.get(partition) ?? { places: [], words: [layout.id] };
      group.places.push(place);
      group.words.push(String(bucket), bytes);
      groups.set(partition, group);
    }
    const jobs = [...groups].map(([partition, { words }]) => jobIn(keys, partition, SCRIPTS.contacts, words));
    const replies = (await executor.run(jobs)) as (Buffer | null)[][];
    const contacts: (Contact | undefined)[] = uuids.map(() => undefined);
    for (const [i, { places }] of [...groups.values()].entries()) {
      for (const [at, place] of places.entries()) {
        const value = replies[i]![at] ?? null;
        if (value !== null) contacts[place] = readContact(uuids[place]!, value);
      }
    }
    return contacts;
  }

  async *events(span?: EventSpan): AsyncGenerator<ContactEvent> {
    yield* this.#required().reader.events(span);
  }

  /** A primary that syncs keeps what it has; on a Cluster a replica may take its place. */
  #survives(): Promises['survives'] {
    const isReplicated = !this.#options.isCluster || this.#options.replicasWaited > 0;
    return this.#opened?.watch.isSynced === true && isReplicated ? 'power' : 'process';
  }

  #required(): Opened {
    if (this.#opened === undefined) {
      throw new TallyboardError('STORE_CLOSED', 'the Redis store is not open: open it first');
    }
    return this.#opened;
  }
}

/** Neighbouring partitions lie in neighbouring slots, which mostly have one master. */
function lanesOf({ partitions }: Layout, { isCluster }: RedisOptions): Lanes {
  const count = isCluster ? Math.min(LANES_MAX, partitions) : 1;
  return { count, of: (uuid) => Math.floor((partitionOfUuid(uuid, partitions) * count) / partitions) };
}
