import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { describeEngine } from '../shared/engine-tests.js';
import { ask, MARIADB_MISSING } from './server.js';

describeEngine('MariaDB', MARIADB_MISSING, mariadb(), {
  nameOption: 'prefix',
  page: 'mariadb.md',
  async ask(url, question) {
    const { port, searchParams } = new URL(url);
    const own = question.replaceAll('tallyboard_', searchParams.get('prefix')!);
    return (await ask(Number(port), 'USE og', own)) as object[];
  },
});
