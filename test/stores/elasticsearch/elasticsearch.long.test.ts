import { elasticsearch } from '../../../src/bench/servers/elasticsearch.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { describeIndexStates } from './index-states.js';
import { describePublishedFaults } from './published-faults.js';
import { ELASTICSEARCH_MISSING, SEARCH_ENGINE } from './server.js';

const server = elasticsearch();

// It is the store of which OpenSearch's tests run all cases, and takes its time.
describeEngine('Elasticsearch', ELASTICSEARCH_MISSING, server, { ...SEARCH_ENGINE, cases: RACES });
describeDocumentEngine('Elasticsearch', ELASTICSEARCH_MISSING, server, 'prefix');
describePublishedFaults('Elasticsearch', ELASTICSEARCH_MISSING, server);
describeIndexStates('Elasticsearch', ELASTICSEARCH_MISSING, server);
