import { keyOf, standingOf } from '../../contract/documents/documents.js';
import {
  type Change,
  type DocumentEngine,
  type Page,
  type ReplayDocument,
  STREAMS,
  type Standing,
  type Stream,
} from '../../contract/documents/engine.js';
import { documentStore } from '../../contract/documents/store.js';
import type { EventKeys, Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';
import { nameOfServer, type OneServer, readServer } from '../shared/server-url.js';
import type { BulkItem, Found, Searched, Shards, Version } from './answers.js';
import { type ContactSource, documentOf, replaySourceOf, sourceOf } from './documents.js';
import { AnswerError, Http } from './http.js';
import { type Index, indexOf } from './mappings.js';
import { Refresher } from './refresher.js';
import { type SumsAnswer, sumsIn, sumsRequest } from './sums.js';

export const createStore: Engine['createStore'] = (url, context) =>
  documentStore(new Elasticsearch(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServer(optionsOf(url));

/** What a search answers with at most. */
const HITS_MAX = 5000;
const TITLES: Readonly<Record<string, string>> = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' };

class Elasticsearch implements DocumentEngine<Version> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly triesMilliseconds: number;
  readonly #server: OneServer;
  readonly #refresher: Refresher;
  /** There from `connect` to `close`. */
  #http: Http | undefined;

  constructor(url: StoreUrl) {
    this.#server = optionsOf(url);
    this.triesMilliseconds = this.#server.timeout;
    this.name = `${TITLES[url.scheme]} at ${this.#server.host}:${this.#server.port}`;
    this.#refresher = new Refresher(async () => {
      const paths = `/${this.#index('contacts')},${this.#index('replays')}/_refresh`;
      this.#whole(await this.#ask<{ _shards: Shards }>('POST', paths));
    });
  }

  async connect() {
    this.#http = new Http(this.#server);
    // By others, while it was closed.
    this.#refresher.changed();
    await this.ping();
  }

  async close() {
    const http = this.#http;
    this.#http = undefined;
    await http?.close();
  }

  async format() {
    return (await this.#meta())?.format ?? null;
  }

  async create(format: string) {
    for (const index of ['replays', 'contacts'] as const) {
      try {
        await this.#ask('PUT', `/${this.#index(index)}`, indexOf(index, { format }));
      } catch (error) {
        const isThere = error instanceof AnswerError && error.message.includes('resource_already_exists');
        if (!isThere) throw error;
      }
      const isReady = `wait_for_status=yellow&timeout=${this.#server.timeout}ms`;
      await this.#ask('GET', `/_cluster/health/${this.#index(index)}?${isReady}`);
    }
  }

  async losses(): Promise<readonly Loss[]> {
    const paths = `/${this.#index('contacts')},${this.#index('replays')}/_settings`;
    const answer = await this.#ask<
      Record<string, { settings: { index: { translog?: { durability?: string } } } }>
    >('GET', paths);
    const late = Object.values(answer).some(
      ({ settings }) => settings.index.translog?.durability?.toLowerCase() === 'async',
    );
    const warning =
      'index.translog.durability = async, so what was acknowledged last is lost when a server is killed: set it to request';
    return late ? [{ survives: 'nothing', warning }] : [];
  }

  fateOf(error: unknown): Fate {
    if (!(error instanceof AnswerError) || error.status >= 500) return 'unknown';
    return error.status === 429 ? 'again' : 'nothing';
  }

  async read(uuids: readonly Uuid[]) {
    const found = await this.#get<ContactSource>('contacts', uuids);
    return found.map(({ _source, _seq_no, _primary_term }) => ({
      document: documentOf(_source),
      version: { if_seq_no: _seq_no, if_primary_term: _primary_term },
    }));
  }

  async replaysAmong(events: EventKeys) {
    const found = await this.#get<EventKeys[number]>('replays', [...new Set(events.map(keyOf))]);
    return found.map(({ _source: { uuid, id } }) => ({ uuid, id }));
  }

  async write(changes: readonly Change<Version>[]) {
    const lines = changes.flatMap(({ document, before }) => {
      const _id = document.uuid;
      return [before === undefined ? { create: { _id } } : { index: { _id, ...before } }, sourceOf(document)];
    });
    return new Set(await this.#bulk('contacts', lines));
  }

  async addReplays(replays: readonly ReplayDocument[]) {
    const lines = replays.flatMap((replay) => [{ create: { _id: keyOf(replay) } }, replaySourceOf(replay)]);
    await this.#bulk('replays', lines);
  }

  async sums(ranges: readonly Range[], symbol: ContactSymbol | undefined) {
    const { aggregations } = await this.#search<SumsAnswer>('contacts', sumsRequest(ranges, symbol));
    return sumsIn(aggregations);
  }

  page(stream: Stream, { after, lower, upper, seqMax, eventsMax }: Page) {
    const { at, seq } = STREAMS[stream];
    const within = [{ range: { [at]: { gte: lower, lt: upper } } }, { range: { [seq]: { lte: seqMax } } }];
    const behind = after === undefined ? undefined : [after.at, after.seq, after.key];
    const key = stream === 'replays' ? 'key' : 'uuid';
    return this.#standings(
      stream,
      within,
      [{ [at]: 'asc' }, { [seq]: 'asc' }, { [key]: 'asc' }],
      eventsMax,
      behind,
    );
  }

  last(stream: Stream, eventsMax: number) {
    const { seq } = STREAMS[stream];
    const key = stream === 'replays' ? 'key' : 'uuid';
    return this.#standings(
      stream,
      [{ exists: { field: seq } }],
      [{ [seq]: 'desc' }, { [key]: 'asc' }],
      eventsMax,
    );
  }

  replaysOf(uuid: Uuid, eventsMax: number) {
    const sort = [{ at: 'asc' }, { seq: 'asc' }, { key: 'asc' }];
    return this.#standings('replays', [{ term: { uuid } }], sort, eventsMax);
  }

  unmatched() {
    return this.#count('contacts', { bool: { must_not: [{ exists: { field: 'initial_at' } }] } });
  }

  replays(uuid?: Uuid) {
    return this.#count('replays', uuid === undefined ? { match_all: {} } : { term: { uuid } });
  }

  async note(text: string) {
    const meta = { ...(await this.#meta()), verification: text };
    await this.#ask('PUT', `/${this.#index('contacts')}/_mapping`, { _meta: meta });
  }

  async noted() {
    return (await this.#meta())?.verification ?? null;
  }

  async ping() {
    await this.#ask('GET', '/_cluster/health?filter_path=status');
  }

  /** What the index of contacts says of itself; undefined where it is not there. */
  async #meta(): Promise<{ readonly format?: string; readonly verification?: string } | undefined> {
    try {
      const answer = await this.#ask<Record<string, { mappings: { _meta?: { format?: string } } }>>(
        'GET',
        `/${this.#index('contacts')}/_mapping`,
      );
      return Object.values(answer)[0]?.mappings._meta;
    } catch (error) {
      if (error instanceof AnswerError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** As they were written last, whether that is to be seen in a search already or not. */
  async #get<Source>(index: Index, ids: readonly string[]): Promise<Found<Source>[]> {
    if (ids.length === 0) return [];
    const path = `/${this.#index(index)}/_mget`;
    const { docs } = await this.#ask<{ docs: Found<Source>[] }>('POST', path, { ids });
    const failed = docs.find(({ error }) => error !== undefined);
    if (failed !== undefined)
      throw new AnswerError(503, `a document was not read: ${JSON.stringify(failed.error)}`);
    // What another server wrote is acknowledged by this one when it comes again, and no search may show it yet.
    this.#refresher.changed();
    return docs.filter(({ found }) => found);
  }

  /** Answers with the names of those that another state was in the way of. */
  async #bulk(index: Index, lines: readonly object[]): Promise<string[]> {
    try {
      const path = `/${this.#index(index)}/_bulk`;
      const { items } = await this.#ask<{ items: Record<string, BulkItem>[] }>('POST', path, lines);
      const results = items.map((item) => Object.values(item)[0]!);
      const failed = results.find(({ status }) => status !== 409 && status >= 300);
      // Others of it may have been written.
      if (failed !== undefined)
        throw new AnswerError(503, `a document was not written: ${failed.error?.reason}`);
      return results.filter(({ status }) => status === 409).map(({ _id }) => _id);
    } finally {
      this.#refresher.changed();
    }
  }

  async #standings(
    stream: Stream,
    filter: readonly object[],
    sort: readonly object[],
    eventsMax: number,
    behind?: readonly unknown[],
  ): Promise<Standing[]> {
    const all: Standing[] = [];
    for (let after = behind; all.length < eventsMax; ) {
      const size = Math.min(eventsMax - all.length, HITS_MAX);
      const { hits } = await this.#search(STREAMS[stream].collection, {
        query: { bool: { filter } },
        ...{ sort, size, track_total_hits: false },
        ...(after === undefined ? {} : { search_after: after }),
      });
      all.push(...hits.hits.map(({ _source }) => standingOf(stream, _source)));
      if (hits.hits.length < size) break;
      after = hits.hits.at(-1)!.sort;
    }
    return all;
  }

  async #search<Aggregations>(index: Index, body: object): Promise<Searched<Aggregations>> {
    await this.#refresher.fresh();
    const path = `/${this.#index(index)}/_search`;
    return this.#whole(await this.#ask<Searched<Aggregations>>('POST', path, body));
  }

  async #count(index: Index, query: object): Promise<number> {
    await this.#refresher.fresh();
    const path = `/${this.#index(index)}/_count`;
    return this.#whole(await this.#ask<{ count: number; _shards: Shards }>('POST', path, { query })).count;
  }

  /** Refuses an answer of which a part is missing. */
  #whole<Answer extends { readonly _shards: Shards; readonly timed_out?: boolean }>(answer: Answer): Answer {
    if (answer._shards.failed === 0 && answer.timed_out !== true) return answer;
    const reason = answer.timed_out === true ? 'it timed out' : `${answer._shards.failed} shards failed`;
    throw new AnswerError(503, `an answer is not whole: ${reason}`);
  }

  #ask<Answer>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer> {
    if (this.#http === undefined) return Promise.reject(new Error('there is no connection'));
    return this.#http.ask<Answer>(method, path, body);
  }

  #index(index: Index): string {
    return `${this.#server.name}-${index}`;
  }
}

/** Reads `elasticsearch://user:password@host:port?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServer(url, { defaultPort: 9200, nameOption: 'prefix', defaultName: 'tally' });
}
