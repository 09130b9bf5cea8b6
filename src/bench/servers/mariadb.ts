import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerKind } from '../../contract/server-kind.js';

const run = promisify(execFile);

/** The database, the user and the password are the exercise's. */
const OG =
  "CREATE DATABASE IF NOT EXISTS og; CREATE USER IF NOT EXISTS og@'%' IDENTIFIED BY 'og'; GRANT ALL ON og.* TO og@'%'";

/** A server of MariaDB as it comes, which syncs each commit. */
export function mariadb(...settings: readonly string[]): ServerKind {
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  return {
    packages: 'mariadb-server',
    isInstalled: () => spawnSync('mariadbd', ['--version']).status === 0,
    async initialise(folder) {
      const how = ['--auth-root-authentication-method=normal', '--skip-test-db', ...user];
      await run('mariadb-install-db', ['--no-defaults', `--datadir=${folder}`, ...how]);
    },
    command: (folder, port) => ({
      words: [
        ...['mariadbd', '--no-defaults', ...user, `--datadir=${folder}`, `--socket=${join(folder, 's')}`],
        ...[`--port=${port}`, '--bind-address=127.0.0.1', '--innodb-buffer-pool-size=64M', '--skip-log-bin'],
        ...settings,
      ],
      // They are looked for where the user’s programs are.
      options: { env: undefined },
    }),
    async ready(port) {
      const place = ['--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', 'root'];
      await run('mariadb', [...place, '-e', OG]);
    },
    storeUrl: (port) => `mariadb://og:og@127.0.0.1:${port}/og`,
  };
}
