import { describeEngine } from '../shared/engine-tests.js';
import { ask, POSTGRES_MISSING, postgres } from './server.js';

describeEngine('PostgreSQL', POSTGRES_MISSING, postgres(), {
  page: 'postgresql.md',
  ask(url, question) {
    const { port, searchParams } = new URL(url);
    return ask(Number(port), question, searchParams.get('schema')!);
  },
});
