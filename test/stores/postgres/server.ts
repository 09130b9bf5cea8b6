import pg from 'pg';
import { postgres } from '../../../src/bench/servers/postgres.js';
import { missing } from '../shared/support.js';

/** Why tests with PostgreSQL are skipped; null where they run. */
export const POSTGRES_MISSING = missing('PostgreSQL', postgres());

/** Asks on a connection of its own. */
export async function ask(port: number, text: string, schema = 'public'): Promise<object[]> {
  const place = { host: '127.0.0.1', port, user: 'postgres', options: `-c search_path=${schema}` };
  const client = new pg.Client(place).on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
