import { opensearch } from '../../../src/bench/servers/elasticsearch.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeEngine, describeEngineFaults } from '../shared/engine-tests.js';
import { describePublishedFaults } from './published-faults.js';
import { OPENSEARCH_MISSING, SEARCH_ENGINE } from './server.js';

const server = opensearch();

describeEngine('OpenSearch', OPENSEARCH_MISSING, server, SEARCH_ENGINE);
describeDocumentEngine('OpenSearch', OPENSEARCH_MISSING, server, 'prefix');
describePublishedFaults('OpenSearch', OPENSEARCH_MISSING, server);
describeEngineFaults('OpenSearch', OPENSEARCH_MISSING, server, { nameOption: 'prefix' });
