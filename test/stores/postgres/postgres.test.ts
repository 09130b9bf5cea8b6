import { postgres } from '../../../src/bench/servers/postgres.js';
import { describeEngine, type Engine } from '../shared/engine-tests.js';
import { sqlCases } from '../shared/sql-tests.js';
import { ask as askServer, POSTGRES_MISSING } from './server.js';

const ask: Engine['ask'] = (url, question) => {
  const { port, searchParams } = new URL(url);
  return askServer(Number(port), question, searchParams.get('schema')!);
};
const database = (setting: string, value: string): readonly [string, string] => [
  `ALTER DATABASE postgres SET ${setting} = ${value}`,
  `ALTER DATABASE postgres RESET ${setting}`,
];

describeEngine(
  'PostgreSQL',
  POSTGRES_MISSING,
  postgres(),
  {
    nameOption: 'schema',
    page: 'postgresql.md',
    setFormat: "UPDATE notes SET value = '2'",
    loss: {
      setting: 'synchronous_commit = off',
      set: 'ALTER DATABASE postgres SET synchronous_commit = off',
      reset: 'ALTER DATABASE postgres RESET synchronous_commit',
      survives: 'nothing',
    },
    ask,
  },
  sqlCases({
    ask,
    counters: 'counters',
    settings: [
      database('default_transaction_isolation', "'serializable'"),
      database('search_path', 'pg_catalog'),
      database('array_nulls', 'off'),
      database('standard_conforming_strings', 'off'),
    ],
  }),
);
