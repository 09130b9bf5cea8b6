import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../faults/server-process.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { runSql, textFile } from '../transfer/support-files.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = await temporaryFolder();
const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
const VERSIONS = { ...devDependencies, ...dependencies };

/** The program as it is installed, its packages by links: one can be taken away without harm to the others. */
const install = join(folder, 'install');
cpSync(join(ROOT, 'dist'), join(install, 'dist'), {
  recursive: true,
  filter: (path) => path !== join(ROOT, 'dist', 'web'),
});
cpSync(join(ROOT, 'bin'), join(install, 'bin'), { recursive: true });
cpSync(join(ROOT, 'package.json'), join(install, 'package.json'));
mkdirSync(join(install, 'node_modules'));
for (const name of readdirSync(join(ROOT, 'node_modules'))) link(name);

const CLIENTS = [
  'ioredis',
  'libsql',
  'classic-level',
  'pg',
  'mariadb',
  'neo4j-driver-lite',
  'mongodb',
  'amqplib',
];
for (const client of CLIENTS) unlink(client);
// All of its packages at once.
unlink('@duckdb');

const csv = await textFile(folder, 'events.csv', [
  'uuid,symbol,is_vowel,url,date',
  `${uuidOf(1)},e,True,initial,2017-06-28 19:34:14.486693`,
]);
const database = join(folder, 'events.db');
runSql(database, 'CREATE TABLE api_events (uuid text, symbol text, is_vowel int, url text, date text)');

describe('without the clients of the engines', () => {
  it.each<[client: string, main: string, words: readonly string[]]>([
    ['ioredis', 'bin/tallyboard.js', ['serve', '--store', 'redis://127.0.0.1:1', '--port', '0']],
    ['pg', 'bin/tallyboard.js', ['serve', '--store', 'postgres://127.0.0.1:1', '--port', '0']],
    ['mariadb', 'bin/tallyboard.js', ['serve', '--store', 'mariadb://127.0.0.1:1/og', '--port', '0']],
    ['mongodb', 'bin/tallyboard.js', ['serve', '--store', 'mongodb://127.0.0.1:1', '--port', '0']],
    ['neo4j-driver-lite', 'bin/tallyboard.js', ['serve', '--store', 'neo4j://127.0.0.1:1', '--port', '0']],
    ['amqplib', 'bin/tallyboard.js', ['serve', '--store', 'amqp://127.0.0.1:1', '--port', '0']],
    ['classic-level', 'bin/tallyboard.js', ['import', csv, '--store', `journal:${join(folder, 'a')}`]],
    ['@duckdb/node-api', 'bin/tallyboard.js', ['sql', 'SELECT 1', '--store', 'null:']],
    [
      '@duckdb/node-api',
      'bin/tallyboard.js',
      ['export', '--store', 'null:', '--format', 'parquet', '--out', join(folder, 'a.parquet')],
    ],
    ['libsql', 'bin/tallyboard.js', ['copy', '--from', `sqlite:${database}`, '--to', 'null:']],
    ['libsql', 'bin/tallyboard.js', ['import', database, '--store', 'null:']],
    ['libsql', 'dist/cli/bench.js', ['--quick', '--stores', 'null:']],
  ])('%s: %s %j says what to type', (client, main, words) => {
    const { status, stderr } = run(main, words);
    expect(stderr).toContain(
      `the client '${client}' is not installed: run npm install ${client}@${VERSIONS[client]}`,
    );
    expect(stderr).toContain('ENGINE_MISSING');
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('all that needs none of them goes on', () => {
    const { status, stdout } = run('bin/tallyboard.js', ['import', csv, '--store', 'null:']);
    expect(stdout).toContain('1 event of');
    expect(status).toBe(0);
  });
});

it('a fault within a client that is there is no missing client', () => {
  const broken = join(install, 'node_modules', 'ioredis');
  mkdirSync(broken);
  writeFileSync(join(broken, 'package.json'), '{"name":"ioredis","type":"module","exports":"./index.js"}');
  writeFileSync(join(broken, 'index.js'), "import 'not-there';\n");
  const { status, stderr } = run('bin/tallyboard.js', ['verify', '--store', 'redis://127.0.0.1:1']);
  expect(stderr).toContain("Cannot find package 'not-there'");
  expect(stderr).not.toContain('ENGINE_MISSING');
  expect(status).toBe(1);
  rmSync(broken, { recursive: true });
});

function link(name: string): void {
  symlinkSync(join(ROOT, 'node_modules', name), join(install, 'node_modules', name));
}

function unlink(name: string): void {
  rmSync(join(install, 'node_modules', name));
}

function run(main: string, words: readonly string[]) {
  return spawnSync(process.execPath, [join(install, main), ...words], {
    env: cleanEnvironment(),
    encoding: 'utf8',
  });
}
