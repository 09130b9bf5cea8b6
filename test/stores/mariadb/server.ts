import { createConnection } from 'mariadb';
import { mariadb } from '../../../src/bench/servers/mariadb.js';
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
