import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngine } from '../shared/engine-tests.js';
import { ask, POSTGRES_MISSING } from './server.js';

describeEngine('PostgreSQL', POSTGRES_MISSING, postgres(), {
  nameOption: 'schema',
  page: 'postgresql.md',
  setFormat: "UPDATE notes SET value = '2'",
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
});
