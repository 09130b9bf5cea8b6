import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { sqlCases } from '../shared/sql-tests.js';
import { MARIADB, MARIADB_MISSING } from './server.js';

describeEngine(
  'MariaDB',
  MARIADB_MISSING,
  mariadb(),
  { ...MARIADB, cases: RACES },
  sqlCases({
    ask: MARIADB.ask,
    counters: 'tallyboard_counters',
    readOnly: { set: ['SET GLOBAL read_only = 1'], reset: ['SET GLOBAL read_only = 0'] },
    guest: "CREATE USER guest@'%'",
    settings: [
      ['SET GLOBAL autocommit = 0', 'SET GLOBAL autocommit = 1'],
      ["SET GLOBAL sql_mode = 'ORACLE'", 'SET GLOBAL sql_mode = DEFAULT'],
      [
        'SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE',
        'SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      ],
      [
        'SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
        'SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      ],
      ['ALTER DATABASE og CHARACTER SET binary', 'ALTER DATABASE og CHARACTER SET utf8mb4'],
    ],
  }),
);
