import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { postgres } from '../../../src/bench/servers/postgres.js';
import { collect } from '../../../src/contract/conformance/answers.js';
import { parseStoreUrl } from '../../../src/stores/index.js';
import { nameOf as nameOfStore } from '../../../src/stores/postgres/index.js';
import { initials } from '../journal/support.js';
import { EngineServer } from '../shared/engine-server.js';
import { describeEngine, RACES } from '../shared/engine-tests.js';
import { sqlCases } from '../shared/sql-tests.js';
import { nameOf, openStore } from '../shared/support.js';
import { POSTGRES, POSTGRES_MISSING } from './server.js';

const database = (setting: string, value: string): readonly [string, string] => [
  `ALTER DATABASE postgres SET ${setting} = ${value}`,
  `ALTER DATABASE postgres RESET ${setting}`,
];

describeEngine(
  'PostgreSQL',
  POSTGRES_MISSING,
  postgres(),
  { ...POSTGRES, cases: RACES },
  sqlCases({
    ask: POSTGRES.ask,
    counters: 'counters',
    readOnly: {
      set: ['ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'],
      reset: ['ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()'],
    },
    guest: 'CREATE ROLE guest LOGIN',
    settings: [
      database('default_transaction_isolation', "'serializable'"),
      database('search_path', 'pg_catalog'),
      database('array_nulls', 'off'),
      database('standard_conforming_strings', 'off'),
    ],
  }),
);

it.skipIf(POSTGRES_MISSING !== null)(
  nameOf('a standby of PostgreSQL is read, and is in trouble as a store', POSTGRES_MISSING),
  async () => {
    const kind = postgres();
    let folder = '';
    const server = await EngineServer.start(
      {
        ...kind,
        initialise(data) {
          folder = data;
          return kind.initialise(data);
        },
      },
      'schema',
    );
    const url = server.freshUrl();
    const primary = await openStore(url);
    await primary.append(initials(0, 10));
    await primary.close();
    await server.kill();
    writeFileSync(join(folder, 'standby.signal'), '');
    await server.restart();
    const standby = await openStore(url);
    expect(standby.trouble!()).toContain('it is a standby: name its primary');
    expect(await collect(standby.events())).toEqual(initials(0, 10));
    await expect(standby.append(initials(10, 11))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await standby.close();
  },
);

it.skipIf(POSTGRES_MISSING !== null)(
  nameOf('no batch reads more of a table than it asks for, however the table has grown', POSTGRES_MISSING),
  async () => {
    const server = await EngineServer.start(postgres(), 'schema');
    const url = server.freshUrl();
    const store = await openStore(url);
    const batches = 40;
    const size = 250;
    for (let batch = 0; batch < batches; batch += 1) {
      const events = initials(batch * size, (batch + 1) * size);
      await store.append(events);
      // The same again has to be looked for among all that were logged.
      await store.append(events);
    }
    await store.close();
    const READ = `SELECT relname, seq_tup_read::integer AS rows FROM pg_stat_user_tables
      WHERE relname IN ('contacts', 'events', 'cells') AND seq_tup_read > ${batches * size}`;
    expect(await POSTGRES.ask(url, READ)).toEqual([]);
    const KNOWN = `SELECT n_tup_ins::integer AS rows FROM pg_stat_user_tables WHERE relname = 'events'`;
    expect(await POSTGRES.ask(url, KNOWN)).toEqual([{ rows: batches * size }]);
  },
);

it.each(['pg_catalog', 'pg_own', 'information_schema'])('the schema %s is refused', (schema) => {
  const url = parseStoreUrl(`postgres://localhost/db?schema=${schema}`);
  expect(() => nameOfStore(url)).toThrow(/is PostgreSQL's own: name another/);
});
