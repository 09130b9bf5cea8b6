import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngine } from '../shared/engine-tests.js';
import { MARIADB, MARIADB_MISSING } from './server.js';

describeEngine('MariaDB', MARIADB_MISSING, mariadb(), MARIADB);
