import type {
  Engine,
  EventArchive,
  EventSpan,
  Outcome,
  Promises,
  Store,
  StoreContext,
} from '../../contract/data-interface.js';
import { asTallyboardError, TallyboardError } from '../../contract/errors.js';
import {
  type Contact,
  type ContactEvent,
  type ContactSymbol,
  SYMBOLS,
  type Uuid,
} from '../../domain/contact.js';
import { EMPTY_SPLIT, type SplitTally } from '../../domain/tally.js';
import { splitOfRow } from '../../domain/tally-row.js';
import type { Range } from '../../domain/time.js';
import { RedisArchive } from './archive.js';
import { EventReader } from './event-reader.js';
import { Executor, type Job } from './executor.js';
import type { Keys } from './keys.js';
import { type Layout, openLayout, readServerSettings } from './layout.js';
import { type Nodes, nodes } from './nodes.js';
import { Parcels } from './parcels.js';
import { bucketOf, partitionOf, readContact, writeUuid } from './records.js';
import { RollupReader } from './rollup-reader.js';
import { questionOf, questionOfAll } from './rollups.js';
import { SCRIPTS } from './scripts.js';
import { optionsOf, type RedisOptions } from './url.js';

export const createStore: Engine['createStore'] = (url, context) => new RedisStore(optionsOf(url), context);

export const createReader: NonNullable<Engine['createReader']> = (url, context) =>
  new RedisStore(optionsOf(url), { ...context, mustExist: true });

export interface Opened {
  readonly nodes: Nodes;
  readonly executor: Executor;
  readonly layout: Layout;
  readonly keys: Keys;
  readonly reader: EventReader;
  readonly rollups: RollupReader;
}

/**
 * A single Redis server or a Cluster, shared by any number of writers. A contact, its raw events and the
 * roll-ups that it is in live in one partition, on one slot, and change in one script; a read merges the
 * partitions.
 */
class RedisStore implements Store {
  readonly promises: Promises;
  readonly archive: EventArchive = new RedisArchive(() => this.#required());
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly #options: RedisOptions;
  readonly #context: StoreContext;
  #opened: Opened | undefined;
  #isSynced = false;
  #warnings: readonly string[] = [];

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
      const settings = await readServerSettings(servers.masters(), this.#options);
      this.#isSynced = settings.isSynced;
      this.#warnings = settings.warnings;
      for (const warning of settings.warnings) log.warn({}, `Redis can lose acknowledged events: ${warning}`);
      const reader = new EventReader(executor, keys, layout.partitions);
      const rollups = new RollupReader(executor, keys, layout.partitions);
      this.#opened = { nodes: servers, executor, layout, keys, reader, rollups };
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
    this.#opened?.executor.close();
    this.#opened?.nodes.close();
    this.#opened = undefined;
  }

  warnings(): readonly string[] {
    return this.#warnings;
  }

  async append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    const { executor, layout, keys } = this.#required();
    const { replicasWaited } = this.#options;
    const parcels = new Parcels(batch, layout);
    const replies = await executor.run(parcels.jobs(keys, replicasWaited > 0), replicasWaited);
    return parcels.outcomes(replies as readonly Buffer[]);
  }

  async tallyOfSymbol(symbol: ContactSymbol): Promise<SplitTally> {
    return splitOfRow(await this.#required().rollups.ask(questionOfAll()), symbol, 0);
  }

  async talliesOfRange(range: Range): Promise<readonly SplitTally[]> {
    const { rollups } = this.#required();
    const question = questionOf(range);
    if (question.isEmpty) return SYMBOLS.map(() => EMPTY_SPLIT);
    const row = await rollups.ask(question);
    return SYMBOLS.map((symbol) => splitOfRow(row, symbol, 0));
  }

  async unmatched(): Promise<number> {
    const { executor, layout, keys } = this.#required();
    const jobs = Array.from(
      { length: layout.partitions },
      (_, partition): Job => ({
        slot: keys.slot(partition),
        key: keys.totals(partition),
        call: 'HGET',
        arguments: ['unmatched'],
      }),
    );
    const replies = await executor.run(jobs);
    return replies.reduce<number>((sum, reply) => sum + Number(reply ?? 0), 0);
  }

  async contacts(uuids: readonly Uuid[]): Promise<readonly (Contact | undefined)[]> {
    const { executor, layout, keys } = this.#required();
    const groups = new Map<number, { places: number[]; words: (string | Buffer)[] }>();
    for (const [place, uuid] of uuids.entries()) {
      const bytes = Buffer.alloc(16);
      const hash = writeUuid(bytes, 0, uuid);
      const partition = partitionOf(hash, layout.partitions);
      const group = groups.get(partition) ?? { places: [], words: [] };
      group.places.push(place);
      group.words.push(String(bucketOf(hash, layout.buckets)), bytes);
      groups.set(partition, group);
    }
    const jobs = [...groups].map(
      ([partition, { words }]): Job => ({
        slot: keys.slot(partition),
        key: keys.meta(partition),
        call: SCRIPTS.contacts,
        arguments: words,
      }),
    );
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
    return this.#isSynced && isReplicated ? 'power' : 'process';
  }

  #required(): Opened {
    if (this.#opened === undefined) {
      throw new TallyboardError('STORE_CLOSED', 'the Redis store is not open: open it first');
    }
    return this.#opened;
  }
}
