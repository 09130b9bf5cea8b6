import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngine, type Engine } from '../shared/engine-tests.js';
import { sqlCases } from '../shared/sql-tests.js';
import { ask as askServer, MARIADB_MISSING } from './server.js';

const ask: Engine['ask'] = async (url, question) => {
  const { port, searchParams } = new URL(url);
  const own = question.replaceAll('tallyboard_', searchParams.get('prefix')!);
  return (await askServer(Number(port), 'USE og', own)) as object[];
};

describeEngine(
  'MariaDB',
  MARIADB_MISSING,
  mariadb(),
  {
    nameOption: 'prefix',
    page: 'mariadb.md',
    setFormat: "UPDATE tallyboard_notes SET value = '2'",
    loss: {
      setting: 'innodb_flush_log_at_trx_commit = 2',
      set: 'SET GLOBAL innodb_flush_log_at_trx_commit = 2',
      reset: 'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
      survives: 'process',
    },
    ask,
  },
  sqlCases({
    ask,
    counters: 'tallyboard_counters',
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
