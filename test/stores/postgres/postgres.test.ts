import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngine } from '../shared/engine-tests.js';
import { ask, POSTGRES_MISSING } from './server.js';

describeEngine('PostgreSQL', POSTGRES_MISSING, postgres(), {
  nameOption: 'schema',
  page: 'postgresql.md',
  ask(url, question) {
    const { port, searchParams } = new URL(url);
    return ask(Number(port), question, searchParams.get('schema')!);
  },
});
