import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngine } from '../shared/engine-tests.js';
import { POSTGRES, POSTGRES_MISSING } from './server.js';

describeEngine('PostgreSQL', POSTGRES_MISSING, postgres(), POSTGRES);
