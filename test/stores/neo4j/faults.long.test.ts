import { neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { NEO4J_MISSING, QUICKLY_WARM } from './server.js';

describeEngineFaults('Neo4j', NEO4J_MISSING, neo4jServer(QUICKLY_WARM), { nameOption: 'prefix' });
