import { describe, expect, it } from 'vitest';
import { askElasticsearch, opensearch } from '../../../src/bench/servers/elasticsearch.js';
import { repetitions } from '../../long.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { EngineServer } from '../shared/engine-server.js';
import { describeEngine, describeEngineFaults } from '../shared/engine-tests.js';
import { freePort } from '../shared/ports.js';
import { nameOf } from '../shared/support.js';
import { underFault } from '../shared/trial.js';
import { describeIndexStates } from './index-states.js';
import { describePublishedFaults } from './published-faults.js';
import { OPENSEARCH_MISSING, SEARCH_ENGINE } from './server.js';

const server = opensearch();

// All of them take minutes; MongoDB's, on the same core, are run in each setting.
const isSmall = repetitions(1) === 1;
const cases = isSmall ? /at the same time/ : /./;
describeEngine('OpenSearch', OPENSEARCH_MISSING, server, { ...SEARCH_ENGINE, cases });
describeDocumentEngine('OpenSearch', OPENSEARCH_MISSING, server, 'prefix');
describePublishedFaults('OpenSearch', OPENSEARCH_MISSING, server);
describeIndexStates('OpenSearch', OPENSEARCH_MISSING, server);
describeEngineFaults('OpenSearch', OPENSEARCH_MISSING, server, { nameOption: 'prefix' });

// Two nodes take half a minute to start, and to find each other.
const missing = OPENSEARCH_MISSING ?? (isSmall ? 'it is run with more repetitions' : null);
describe.skipIf(missing !== null)(nameOf('OpenSearch of two nodes', missing), () => {
  it('loses and doubles nothing when the node that only has data is killed', async () => {
    const first = await freePort();
    const node = (name: string, port: number, ...settings: string[]) =>
      EngineServer.start(
        opensearch([
          ...['discovery.type=zen', 'cluster.name=two', `node.name=${name}`, `transport.port=${port}`],
          ...[`discovery.seed_hosts=127.0.0.1:${first}`, ...settings],
        ]),
        'prefix',
      );
    const one = await node('one', first, 'cluster.initial_cluster_manager_nodes=one');
    const two = await node('two', await freePort(), 'node.roles=data');
    const isWhole = '/_cluster/health?wait_for_status=green&wait_for_nodes=2&timeout=60s';
    // Two nodes agree on each new index, which takes its time on a busy machine.
    const url = `${one.freshUrl()}&timeout-milliseconds=60000`;
    const { lost } = await underFault(url, async () => {
      expect(await askElasticsearch(one.port, 'GET', isWhole)).toMatchObject({ timed_out: false });
      await two.kill();
    });
    expect(lost).toEqual([]);
  });
});
