import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { repetitions } from '../../long.js';
import { describeEngine } from '../shared/engine-tests.js';
import { MARIADB, MARIADB_MISSING } from './server.js';

// PostgreSQL's, on the same core, are all run in each setting.
const cases = repetitions(1) === 1 ? /random stream/ : /./;
describeEngine('MariaDB', MARIADB_MISSING, mariadb(), { ...MARIADB, cases });
