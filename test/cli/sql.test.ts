import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportCommand } from '../../src/cli/store/export.js';
import { importCommand } from '../../src/cli/store/import.js';
import { sqlCommand } from '../../src/cli/store/sql.js';
import type { Values } from '../../src/cli/terminal/command.js';
import { cleanEnvironment } from '../faults/server-process.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';
import { aborted, freshJournal, goodFile, HEADER, run } from './running.js';

const PROGRAM = fileURLToPath(new URL('../../bin/tallyboard.js', import.meta.url));
const folder = await temporaryFolder();
const store = freshJournal(folder);
const file = await textFile(folder, 'events.csv', [
  `${HEADER},replay`,
  `${uuidOf(1)},e,True,initial,2017-06-28 19:34:14.486690,False`,
  `${uuidOf(2)},,,followup,2017-06-28 20:00:00,False`,
  `${uuidOf(1)},,,followup,2017-06-29 00:00:00,False`,
  `${uuidOf(1)},e,True,initial,2017-06-29 01:00:00,True`,
  `ffffffff-ffff-4fff-bfff-ffffffffffff,y,False,initial,2017-06-29 02:00:00,False`,
]);
await run(importCommand, { file, store });

async function ask(query: string, values: Values = {}): Promise<string> {
  return (await run(sqlCommand, { query, store, ...values })).stdout;
}

describe('sql', () => {
  it('has the raw events as they are, in each format', async () => {
    const query = 'SELECT * EXCLUDE (uuid) FROM api_events';
    expect(await ask(query)).toBe(
      [
        ' symbol | is_vowel | url      | date                       | replay',
        '--------+----------+----------+----------------------------+--------',
        ' e      | true     | initial  | 2017-06-28 19:34:14.486690 | false',
        '        |          | followup | 2017-06-28 20:00:00        | false',
        '        |          | followup | 2017-06-29 00:00:00        | false',
        ' e      | true     | initial  | 2017-06-29 01:00:00        | true',
        ' y      | false    | initial  | 2017-06-29 02:00:00        | false',
        '(5 rows)',
        '',
      ].join('\n'),
    );
    expect(await ask(`${query} LIMIT 2`, { format: 'csv' })).toBe(
      'symbol,is_vowel,url,date,replay\n' +
        'e,True,initial,2017-06-28 19:34:14.486690,False\n' +
        ',,followup,2017-06-28 20:00:00,False\n',
    );
    expect(JSON.parse(await ask('SELECT uuid FROM api_events', { format: 'json' }))).toEqual(
      [1, 2, 1, 1].map((n) => ({ uuid: uuidOf(n) })).concat({ uuid: 'ffffffff-ffff-4fff-bfff-ffffffffffff' }),
    );
  });

  it('has contacts, without replays and what belongs to no symbol', async () => {
    const query =
      'SELECT symbol, is_vowel, initial_at, followup_at - initial_at AS lag FROM contacts ORDER BY initial_at';
    expect(JSON.parse(await ask(query, { format: 'json' }))).toEqual([
      { symbol: 'e', is_vowel: true, initial_at: '2017-06-28 19:34:14.486690', lag: '04:25:45.51331' },
      { symbol: 'y', is_vowel: false, initial_at: '2017-06-29 02:00:00', lag: null },
    ]);
  });

  it('answers numbers as numbers, and nothing that JSON does not know', async () => {
    const query =
      "SELECT count(*) n, sum(1) s, 1.50 d, 9007199254740993 big, 'nan'::DOUBLE nan, [1, 2] l, 'a,\"b' t, 1 t FROM api_events";
    const row = { n: 5, s: 5, d: 1.5, big: '9007199254740993', nan: 'NaN', l: '[1, 2]', t: 'a,"b', 't:1': 1 };
    expect(JSON.parse(await ask(query, { format: 'json' }))).toEqual([row]);
    expect(await ask(query, { format: 'csv' })).toContain(
      '5,5,1.5,9007199254740993,NaN,"[1, 2]","a,""b",1\n',
    );
    expect(await ask('SELECT 1 WHERE false', { format: 'json' })).toBe('[]\n');
  });

  it('reads the span that is asked for', async () => {
    const count = (bounds: Values) => ask('SELECT count(*) FROM api_events', { ...bounds, format: 'csv' });
    expect(await count({ from: '2017-06-29' })).toContain('\n3\n');
    expect(await count({ to: '2017-06-29' })).toContain('\n2\n');
    expect(await count({ from: '2017-06-28T20:00', to: '2017-06-29T02:00', tz: 'UTC' })).toContain('\n3\n');
  });

  it('says what is wrong with a query, and is interrupted', async () => {
    for (const [query, words] of [
      ['SELECT * FROM nowhere', 'nowhere does not exist'],
      ['SELEC 1', 'syntax error'],
      ["SELECT 'a'::INT", 'Could not convert'],
    ] as const) {
      await expect(ask(query)).rejects.toMatchObject({
        code: 'QUERY_INVALID',
        cause: { message: expect.stringContaining(words) },
      });
    }
    const large = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder, 2000), store: large });
    const interrupted = await run(sqlCommand, { query: 'SELECT 1', store: large }, { interrupted: aborted });
    expect(interrupted).toMatchObject({ code: 130, stdout: '' });
  });

  it('takes its statements from standard input', async () => {
    const words = ['sql', '--store', store, '--format', 'csv'];
    const { child, stdout } = await new Promise<{ child: number | null; stdout: string }>((resolve) => {
      const started = execFile(
        process.execPath,
        [PROGRAM, ...words],
        { env: cleanEnvironment() },
        (_, text) => resolve({ child: started.exitCode, stdout: text }),
      );
      started.stdin!.end('CREATE TABLE two AS SELECT 2 AS b;\nSELECT 1 AS a; SELECT * FROM two;\n');
    });
    expect({ child, stdout }).toEqual({ child: 0, stdout: 'a\n1\nb\n2\n' });
  });
});

const hasTerminal = spawnSync('script', ['--version']).error === undefined;
it.skipIf(!hasTerminal && process.env.REQUIRE_ENGINES !== '1')(
  `sql has a prompt, which is left by exit${hasTerminal ? '' : ' (skipped, since there is no script of bsdutils)'}`,
  async () => {
    const one = freshJournal(folder);
    const row = `${uuidOf(1)},e,True,initial,2017-06-28 19:34:14.486690`;
    await run(importCommand, { file: await textFile(folder, 'one.csv', [HEADER, row]), store: one });
    const words = [process.execPath, PROGRAM, 'sql', '--store', one].map((word) => `'${word}'`).join(' ');
    const said = await new Promise<string>((resolve) => {
      const { stdin } = execFile(
        'script',
        ['-qec', words, '/dev/null'],
        { env: cleanEnvironment() },
        (error, text) => resolve(`${text}exit code ${error?.code ?? 0}`),
      );
      // The input is not ended: that would be Ctrl-D.
      stdin!.write("SELECT 'so' ||\n'me' AS a;\nSELECT nothing;\n exit;\n");
    });
    expect(said).toContain('1 event in api_events');
    expect(said).toMatch(/ some\r?\n\(1 row\)/);
    expect(said).toContain('"nothing" was not found');
    expect(said).toContain('exit code 0');
  },
);

describe('export to Parquet', () => {
  it('has typed columns, in time order, compressed by zstd', async () => {
    const out = join(folder, "it's.parquet");
    const written = await run(exportCommand, { store, format: 'parquet', out });
    expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining('5 events') });
    const parquet = `'${out.replace("'", "''")}'`;
    const json = async (query: string) => JSON.parse(await ask(query, { format: 'json' }));
    expect(await json(`SELECT * FROM ${parquet}`)).toEqual(await json('SELECT * FROM api_events'));
    expect(
      await json(`SELECT column_name || ' ' || column_type AS c FROM (DESCRIBE FROM ${parquet})`),
    ).toEqual(
      [
        'uuid UUID',
        'symbol VARCHAR',
        'is_vowel BOOLEAN',
        'url VARCHAR',
        'date TIMESTAMP',
        'replay BOOLEAN',
      ].map((c) => ({ c })),
    );
    const codecs = `SELECT DISTINCT compression FROM parquet_metadata(${parquet})`;
    expect(await json(codecs)).toEqual([{ compression: 'ZSTD' }]);
  });

  it('has a file a day where that is asked for, in a new folder', async () => {
    const out = join(folder, 'days');
    const values = { store, format: 'parquet', byDay: true, out: `${out}/` };
    expect(await run(exportCommand, values)).toMatchObject({ code: 0 });
    expect(readdirSync(out)).toEqual(['day=2017-06-28', 'day=2017-06-29']);
    const counts = `SELECT day::VARCHAR AS day, count(*) AS n FROM '${out}/*/*.parquet' GROUP BY day ORDER BY day`;
    expect(JSON.parse(await ask(counts, { format: 'json' }))).toEqual([
      { day: '2017-06-28', n: 2 },
      { day: '2017-06-29', n: 3 },
    ]);
    const again = { code: 'CONFIG_INVALID', message: expect.stringContaining('exists already') };
    await expect(run(exportCommand, values)).rejects.toMatchObject(again);
  });

  it('leaves nothing of what was interrupted, and needs a file', async () => {
    const large = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder, 2000), store: large });
    for (const byDay of [false, true]) {
      const out = join(folder, `interrupted-${byDay}`);
      const values = { store: large, format: 'parquet', byDay, out };
      expect((await run(exportCommand, values, { interrupted: aborted })).code).toBe(130);
      expect(existsSync(out)).toBe(false);
    }
    expect(readdirSync(folder).filter((name) => name.includes('.partial'))).toEqual([]);
    for (const [values, words] of [
      [{ format: 'parquet' }, '--out'],
      [{ format: 'csv', byDay: true }, '--format parquet'],
    ] as const) {
      await expect(run(exportCommand, { store, ...values })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(words),
      });
    }
  });
});
