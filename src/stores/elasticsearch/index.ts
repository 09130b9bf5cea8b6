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
  Versioned,
} from '../../contract/documents/engine.js';
import { documentStore } from '../../contract/documents/store.js';
import { TallyboardError, takesNoEvents } from '../../contract/errors.js';
import type { EventKeys, Fate, Loss } from '../../contract/served/engine.js';
import type { Engine, StoreUrl } from '../../contract/store.js';
import type { ContactSymbol, Uuid } from '../../domain/contact.js';
import type { Range } from '../../domain/time.js';
import { nameOfServers, type OneServer, readServer, urlRefusal } from '../shared/server-url.js';
import type { BulkItem, Found, Hits, Parts, Version } from './answers.js';
import { AnswerError, Http } from './http.js';
import { indexOf, replaySourceOf, sourceOf } from './mappings.js';
import { queryOf, type SumsAnswer, sumsIn, sumsRequest } from './queries.js';

export const createStore: Engine['createStore'] = (url, context) =>
  documentStore(new Elasticsearch(url), context);

export const nameOf: NonNullable<Engine['nameOf']> = (url) => nameOfServers(optionsOf(url));

const TITLES: Readonly<Record<string, string>> = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' };

/** More small documents than a store is given. */
const NOTES_MAX = 5000;

class Elasticsearch implements DocumentEngine<Version> {
  readonly name: string;
  readonly limits = { batchEventsMax: 1024, batchesInFlightMax: 2 };
  readonly triesMilliseconds: number;
  readonly #server: OneServer;
  /** Both indices of events, as a path names them. */
  readonly #both: string;
  /** There from `connect` to `close`. */
  #http: Http | undefined;
  #refreshing: Promise<unknown> | undefined;

  constructor(url: StoreUrl) {
    this.#server = optionsOf(url);
    this.triesMilliseconds = this.#server.timeout;
    this.name = `${TITLES[url.scheme]} at ${this.#server.host}:${this.#server.port}`;
    this.#both = `${this.#index('contacts')},${this.#index('replays')}`;
  }

  async connect() {
    this.#http = new Http(this.#server);
    await this.#ask('GET', '/_cluster/health?filter_path=status');
  }

  async close() {
    const http = this.#http;
    this.#http = undefined;
    await http?.close();
  }

  /** As the index of contacts says it. */
  async format() {
    const index = this.#index('contacts');
    const path = `/${index}/_mapping?ignore_unavailable=true`;
    const [found] = Object.values(
      await this.#ask<Record<string, { mappings: { _meta?: { format?: string } } }>>('GET', path),
    );
    if (found === undefined) return null;
    const { _meta: { format } = {} } = found.mappings;
    if (format !== undefined) return format;
    const what = `the index ${index} was not made by Tallyboard: take another name with ?prefix=`;
    throw new TallyboardError('STORE_FORMAT', what);
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
    const settings = await this.#settings();
    const late = settings.some(
      ([name, value]) => name === 'index.translog.durability' && value.toLowerCase() === 'async',
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
    const there = await this.#bulk('replays', lines);
    await this.#settle('replays', there);
  }

  async confirm(stored: readonly Versioned<Version>[], replays: EventKeys) {
    const uuids = stored.map(({ document }) => document.uuid);
    await Promise.all([this.#settle('contacts', uuids), this.#settle('replays', replays.map(keyOf))]);
    // What a primary showed that failed before that is gone with it.
    const [contacts, known] = await Promise.all([this.read(uuids), this.replaysAmong(replays)]);
    const there = new Set([...contacts.map((contact) => JSON.stringify(contact)), ...known.map(keyOf)]);
    const lost = [
      ...stored.filter((contact) => !there.has(JSON.stringify(contact))).map(({ document }) => document),
      ...replays.filter((replay) => !there.has(keyOf(replay))),
    ];
    return lost.map(({ uuid }) => uuid);
  }

  async sums(ranges: readonly Range[], symbol: ContactSymbol | undefined) {
    const request = sumsRequest(ranges, symbol);
    return sumsIn(await this.#shown<SumsAnswer>('contacts', '_search', request));
  }

  async search(index: Collection, { where, order, isDescending = false, after, documentsMax }: Search) {
    const { hits } = await this.#shown<Hits<AnyDocument>>(index, '_search', {
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
  async note(name: string, value: string | null) {
    const path = `/${this.#index('notes')}/_doc/${name}?refresh=true`;
    await this.#ask('PUT', path, value === null ? {} : { value });
  }

  /** Names that others follow upon end with a colon. The index is made by the first note. */
  async noted(beginning: string) {
    const query = beginning.endsWith(':') ? { exists: { field: 'value' } } : { ids: { values: [beginning] } };
    const path = `/${this.#index('notes')}/_search?ignore_unavailable=true`;
    const { hits } = whole(
      await this.#ask<Hits<{ value: string }>>('POST', path, { query, size: NOTES_MAX }),
    );
    return hits.hits
      .map(({ _id: name, _source: { value } }) => ({ name, value }))
      .filter(({ name }) => name.startsWith(beginning));
  }

  /** A write to an index with a shard that is not there would wait for a minute. */
  async ping() {
    const settings = await this.#settings();
    const block = settings.find(([name, value]) => name.startsWith('index.blocks.') && value === 'true');
    if (block !== undefined)
      throw takesNoEvents(`${block[0]} is set, as it is by itself when a disk is nearly full`);
    const path = `/_cluster/health/${this.#both}?timeout=0s&filter_path=status`;
    const { status } = await this.#ask<{ status: string }>('GET', path);
    if (status === 'red')
      throw takesNoEvents(`a shard of ${this.#both} is not there, and their health is red`);
  }

  /** Of both indices of events. */
  async #settings(): Promise<[name: string, value: string][]> {
    const path = `/${this.#both}/_settings?flat_settings=true`;
    const answer = await this.#ask<Record<string, { settings: Record<string, string> }>>('GET', path);
    return Object.values(answer).flatMap(({ settings }) => Object.entries(settings));
  }

  /** As they were written last, whether that is to be seen in a search already or not. */
  async #get<Source>(index: Collection, ids: readonly string[]): Promise<Found<Source>[]> {
    if (ids.length === 0) return [];
    const path = `/${this.#index(index)}/_mget`;
    const { docs } = await this.#ask<{ docs: Found<Source>[] }>('POST', path, { ids });
    const failed = docs.find(({ error }) => error !== undefined);
    if (failed !== undefined)
      throw new AnswerError(503, `a document was not read: ${JSON.stringify(failed.error)}`);
    return docs.filter(({ found }) => found);
  }

  /** Answers with the names of those that another state was in the way of. */
  async #bulk(index: Collection, lines: readonly object[]): Promise<string[]> {
    const path = `/${this.#index(index)}/_bulk`;
    const { items } = await this.#ask<{ items: Record<string, BulkItem>[] }>('POST', path, lines);
    const results = items.map((item) => Object.values(item)[0]!);
    const failed = results.filter(({ error }) => error !== undefined);
    const refused = failed.filter(({ status }) => status !== 409);
    if (refused.length > 0) {
      // Of some that are refused, others may have been written.
      const status =
        failed.length === results.length ? Math.max(...refused.map((result) => result.status)) : 503;
      throw new AnswerError(status, `a document was not written: ${refused[0]!.error!.reason}`);
    }
    return failed.map(({ _id }) => _id);
  }

  /**
   * What is there may not be synced yet, and can be lost. Whatever is written to its shard syncs all that was
   * written before: to delete nothing is enough, and in nobody's way.
   */
  async #settle(index: Collection, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#bulk(
      index,
      ids.map((routing) => ({ delete: { _id: 'nothing', routing } })),
    );
  }

  /** Asks of all that is acknowledged, whoever wrote it: refreshes first, once for all who ask meanwhile. */
  async #shown<Answer>(index: Collection, what: '_search' | '_count', body: object): Promise<Answer> {
    // That one may have begun before something was written.
    await this.#refreshing?.catch(() => {});
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
    return whole(await this.#ask<Answer & Parts>('POST', `/${this.#index(index)}/${what}`, body));
  }

  async #refresh() {
    whole(await this.#ask<Parts>('POST', `/${this.#both}/_refresh`));
  }

  #ask<Answer>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer> {
    if (this.#http === undefined) return Promise.reject(new Error('there is no connection'));
    return this.#http.ask<Answer>(method, path, body);
  }

  #index(index: Collection | 'notes'): string {
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
  const server = readServer(url, { defaultPort: 9200, nameOption: 'prefix', defaultName: 'tally' });
  if (server.path !== '')
    throw urlRefusal('it has a path behind the host: stores are told apart by ?prefix=');
  return server;
}
