import pg from 'pg';
import { postgres } from '../../../src/bench/servers/postgres.js';
import type { Engine } from '../shared/engine-tests.js';
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

export const POSTGRES: Engine = {
  nameOption: 'schema',
  page: 'postgresql.md',
  setFormat: "UPDATE notes SET value = '3'",
  loss: {
    setting: 'synchronous_commit = off',
    set: 'ALTER DATABASE postgres SET synchronous_commit = off',
    reset: 'ALTER DATABASE postgres RESET synchronous_commit',
    survives: 'nothing',
  },
  ask(url, question) {
    const { port, searchParams } = new URL(url);
    return ask(Number(port), question, searchParams.get('schema')!);
  },
};
