import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { sqlArchiveFaults } from '../shared/sql-archive-faults.js';
import { MARIADB, MARIADB_MISSING } from './server.js';

describeEngineFaults(
  'MariaDB',
  MARIADB_MISSING,
  mariadb(),
  MARIADB,
  sqlArchiveFaults(MARIADB.ask, 'tallyboard_events'),
);
