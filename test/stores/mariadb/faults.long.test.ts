import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { MARIADB_MISSING } from './server.js';

describeEngineFaults('MariaDB', MARIADB_MISSING, mariadb(), { nameOption: 'prefix' });
