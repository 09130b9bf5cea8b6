import { keyOf } from '../../contract/documents/documents.js';
import type {
  AnyDocument,
  Change,
  Collection,
  Conditions,
  ContactDocument,
  DocumentEngine,
  ReplayDocument,
  Search,
} from '../../contract/documents/engine.js';
import { documentStore } from '../../contract/documents/store.js';
import type { EventKeys, Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';
import { nameOfServer, type OneServer, readServer } from '../shared/server-url.js';
import type { BulkItem, Found, Hits, Notes, Parts, Version } from './answers.js';
import { AnswerError, Http } from './http.js';
import { indexOf, replaySourceOf, sourceOf } from './mappings.js';
import { queryOf, type SumsAnswer, sumsIn, sumsRequest } from './queries.js';
import { Refresher } from './refresher.js';

export const createStore: Engine['createStore'] = (url, context) =>
  documentStore(new Elasticsearch(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServer(optionsOf(url));

const TITLES: Readonly<Record<string, string>> = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' };

/** More small documents than a store is given. */
const NOTES_MAX = 5000;

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
      whole(await this.#ask<Parts>('POST', paths));
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
    const found = await this.#get<ContactDocument>('contacts', uuids);
    return found.map(({ _source, _seq_no, _primary_term }) => ({
      document: _source,
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
    const request = sumsRequest(ranges, symbol);
    return sumsIn(await this.#shown<SumsAnswer>('contacts', '_search', request));
  }

  async search(index: Collection, { where, order, isDescending = false, after, documentsMax }: Search) {
    const { hits } = await this.#shown<Hits>(index, '_search', {
      ...{ query: queryOf(where), size: documentsMax, track_total_hits: false },
      sort: order.map((field) => ({ [field]: isDescending ? 'desc' : 'asc' })),
      ...(after === undefined ? {} : { search_after: order.map((field) => after[field]) }),
    });
    return hits.hits.map(({ _source }): AnyDocument => _source);
  }

  async count(index: Collection, where: Conditions) {
    const { count } = await this.#shown<{ count: number }>(index, '_count', { query: queryOf(where) });
    return count;
  }

  /** To be seen by every search at once. What is forgotten is kept as nothing: its name may come again. */
  async note(name: string, text: string | null) {
    await this.#ask('PUT', `/${this.#server.name}-notes/_doc/${name}?refresh=true`, { value: text ?? '' });
  }

  /** Names that others follow upon end with a colon. The index is made by the first note. */
  async noted(beginning: string) {
    const query = beginning.endsWith(':') ? { match_all: {} } : { ids: { values: [beginning] } };
    const path = `/${this.#server.name}-notes/_search?ignore_unavailable=true`;
    const { hits } = whole(await this.#ask<Notes>('POST', path, { query, size: NOTES_MAX }));
    return hits.hits
      .map(({ _id: name, _source: { value } }) => ({ name, value }))
      .filter(({ name, value }) => name.startsWith(beginning) && value !== '');
  }

  async ping() {
    await this.#ask('GET', '/_cluster/health?filter_path=status');
  }

  /** What the index of contacts says of itself; undefined where it is not there. */
  async #meta(): Promise<{ readonly format?: string } | undefined> {
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
  async #get<Source>(index: Collection, ids: readonly string[]): Promise<Found<Source>[]> {
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
  async #bulk(index: Collection, lines: readonly object[]): Promise<string[]> {
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

  /** Asks of all that is written. */
  async #shown<Answer>(index: Collection, what: '_search' | '_count', body: object): Promise<Answer> {
    await this.#refresher.fresh();
    return whole(await this.#ask<Answer & Parts>('POST', `/${this.#index(index)}/${what}`, body));
  }

  #ask<Answer>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer> {
    if (this.#http === undefined) return Promise.reject(new Error('there is no connection'));
    return this.#http.ask<Answer>(method, path, body);
  }

  #index(index: Collection): string {
    return `${this.#server.name}-${index}`;
  }
}

/** Refuses an answer of which a part is missing. */
function whole<Answer extends Parts>(answer: Answer): Answer {
  const { _shards, timed_out = false } = answer;
  if (_shards.failed === 0 && !timed_out) return answer;
  const reason = timed_out ? 'it timed out' : `${_shards.failed} shards failed`;
  throw new AnswerError(503, `an answer is not whole: ${reason}`);
}

/** Reads `elasticsearch://user:password@host:port?option=value`. */
function optionsOf(url: StoreUrl) {
  return readServer(url, { defaultPort: 9200, nameOption: 'prefix', defaultName: 'tally' });
}
