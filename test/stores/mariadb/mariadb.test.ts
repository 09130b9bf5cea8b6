import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngine } from '../shared/engine-tests.js';
import { ask, MARIADB_MISSING } from './server.js';

describeEngine('MariaDB', MARIADB_MISSING, mariadb(), {
  nameOption: 'prefix',
  page: 'mariadb.md',
  setFormat: "UPDATE tallyboard_notes SET value = '2'",
  loss: {
    setting: 'innodb_flush_log_at_trx_commit = 2',
    set: 'SET GLOBAL innodb_flush_log_at_trx_commit = 2',
    reset: 'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
    survives: 'process',
  },
  async ask(url, question) {
    const { port, searchParams } = new URL(url);
    const own = question.replaceAll('tallyboard_', searchParams.get('prefix')!);
    return (await ask(Number(port), 'USE og', own)) as object[];
  },
});
