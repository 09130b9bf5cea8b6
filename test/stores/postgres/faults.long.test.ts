import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { POSTGRES_MISSING } from './server.js';

describeEngineFaults('PostgreSQL', POSTGRES_MISSING, postgres(), { nameOption: 'schema' });
