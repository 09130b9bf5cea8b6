import { createConnection } from 'mariadb';
import { mariadb } from '../../../src/bench/servers/mariadb.js';
import type { Engine } from '../shared/engine-tests.js';
import { missing } from '../shared/support.js';

/** Why tests with MariaDB are skipped; null where they run. */
export const MARIADB_MISSING = missing('MariaDB', mariadb());

/** Asks on a connection of its own, as root; answers with the last answer. */
export async function ask(port: number, ...statements: readonly string[]): Promise<unknown> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
  try {
    let answer: unknown;
    for (const statement of statements) answer = await connection.query(statement);
    return answer;
  } finally {
    connection.destroy();
  }
}

export const MARIADB: Engine = {
  nameOption: 'prefix',
  page: 'mariadb.md',
  setFormat: "UPDATE tallyboard_notes SET value = '3'",
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
};
