import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mariadb';
import type { EngineKind } from '../shared/engine-server.js';
import { missing } from '../shared/support.js';

/** Why tests with MariaDB are skipped; null where they run. */
export const MARIADB_MISSING = missing(
  'MariaDB',
  spawnSync('mariadbd', ['--version']).status === 0,
  'mariadb-server',
);

/** The database, the user and the password are the exercise's. */
const OG = [
  'CREATE DATABASE IF NOT EXISTS og',
  "CREATE USER IF NOT EXISTS og@'%' IDENTIFIED BY 'og'",
  "GRANT ALL ON og.* TO og@'%'",
];

export function mariadb(...settings: readonly string[]): EngineKind {
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  return {
    async initialise(directory) {
      const how = ['--auth-root-authentication-method=normal', '--skip-test-db', ...user];
      await promisify(execFile)('mariadb-install-db', ['--no-defaults', `--datadir=${directory}`, ...how]);
    },
    command: (directory, port) => ({
      file: 'mariadbd',
      parameters: [
        '--no-defaults',
        ...user,
        `--datadir=${directory}`,
        `--socket=${join(directory, 's')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--innodb-buffer-pool-size=64M',
        '--skip-log-bin',
        ...settings,
      ],
      options: {},
    }),
    async ping(port) {
      await ask(port, ...OG);
    },
    storeUrl: (port, name) => `mariadb://og:og@127.0.0.1:${port}/og?prefix=${name}_`,
  };
}

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
