import { opensearch } from '../../../src/bench/servers/elasticsearch.js';
import { repetitions } from '../../long.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeEngine, describeEngineFaults, RACES } from '../shared/engine-tests.js';
import { describePublishedFaults } from './published-faults.js';
import { OPENSEARCH_MISSING, SEARCH_ENGINE } from './server.js';

const server = opensearch();

// All of them take minutes; MongoDB's, on the same core, are run in each setting.
const cases = repetitions(1) === 1 ? RACES : /./;
describeEngine('OpenSearch', OPENSEARCH_MISSING, server, { ...SEARCH_ENGINE, cases });
describeDocumentEngine('OpenSearch', OPENSEARCH_MISSING, server, 'prefix');
describePublishedFaults('OpenSearch', OPENSEARCH_MISSING, server);
describeEngineFaults('OpenSearch', OPENSEARCH_MISSING, server, { nameOption: 'prefix' });
