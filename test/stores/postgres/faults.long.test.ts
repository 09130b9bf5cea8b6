import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { sqlArchiveFaults } from '../shared/sql-archive-faults.js';
import { POSTGRES, POSTGRES_MISSING } from './server.js';

describeEngineFaults(
  'PostgreSQL',
  POSTGRES_MISSING,
  postgres(),
  POSTGRES,
  sqlArchiveFaults(POSTGRES.ask, 'events'),
);
