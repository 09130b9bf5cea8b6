import { askElasticsearch, elasticsearch, opensearch } from '../../../src/bench/servers/elasticsearch.js';
import type { Engine } from '../shared/engine-tests.js';
import { missing } from '../shared/support.js';

/** Why tests with them are skipped; null where they run. */
export const ELASTICSEARCH_MISSING = missing('Elasticsearch', elasticsearch());
export const OPENSEARCH_MISSING = missing('OpenSearch', opensearch());

/** A request as a console takes it: `POST /tally-contacts/_search`, and the body below. */
export async function askConsole(url: string, question: string): Promise<object[]> {
  const { port, searchParams } = new URL(url);
  const [line, ...body] = question
    .trim()
    .replaceAll('tally-', `${searchParams.get('prefix')}-`)
    .split('\n');
  const [method, path] = line!.split(' ') as [string, string];
  // An analyst who comes within a second of an event has to wait for it.
  await askElasticsearch(Number(port), 'POST', '/_refresh');
  const answer = (await askElasticsearch(Number(port), method, path, body.join('\n'))) as {
    aggregations?: { rows: { buckets: Record<string, unknown>[] } };
  };
  return (answer.aggregations?.rows.buckets ?? []).map(rowOf);
}

/** A bucket with its key in front, and what was asked for behind it. */
function rowOf({ key, key_as_string, doc_count, ...values }: Record<string, unknown>): object {
  const asked = Object.entries(values).map(([name, value]) => [name, (value as { value: unknown }).value]);
  return { key: key_as_string ?? key, ...Object.fromEntries(asked) };
}

export const SEARCH_ENGINE: Engine = {
  nameOption: 'prefix',
  page: 'elasticsearch.md',
  setFormat: 'PUT /tally-contacts/_mapping\n{ "_meta": { "format": "2" } }',
  loss: {
    setting: 'index.translog.durability = async',
    set: 'PUT /tally-contacts/_settings\n{ "index.translog.durability": "async" }',
    reset: 'PUT /tally-contacts/_settings\n{ "index.translog.durability": "request" }',
    survives: 'nothing',
  },
  ask: askConsole,
};
