import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerKind } from '../../contract/server-kind.js';

const run = promisify(execFile);
/** Where Debian puts the programs, which are not among the user's. */
const ROOT = '/usr/lib/postgresql';
const VERSION_LEAST = 15;
/** `nobody`, and its group, on Debian: PostgreSQL does not run as root. */
const NOBODY = 65_534;

/** A server of PostgreSQL as it comes, which syncs each commit. */
export function postgres(...settings: readonly string[]): ServerKind {
  const set = ['shared_buffers=32MB', ...settings].flatMap((setting) => ['-c', setting]);
  return {
    packages: 'postgresql',
    isInstalled: () => programs() !== undefined,
    async initialise(folder) {
      if (process.getuid?.() === 0) await chown(folder, NOBODY, NOBODY);
      const parameters = ['-D', folder, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'];
      await run(join(programs()!, 'initdb'), parameters, optionsIn(folder));
    },
    command: (folder, port) => ({
      words: [
        join(programs()!, 'postgres'),
        ...['-D', folder, '-p', String(port), '-k', folder, '-h', '127.0.0.1'],
        ...set,
      ],
      options: optionsIn(folder),
    }),
    async ready(port) {
      await run(join(programs()!, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres']);
    },
    storeUrl: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  };
}

function optionsIn(folder: string) {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  return { cwd: folder, env: { HOME: folder, LC_ALL: 'C.UTF-8' }, ...identity };
}

/** The folder of the newest. */
function programs(): string | undefined {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).filter((name) => Number(name) >= VERSION_LEAST) : [];
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  return newest === undefined ? undefined : join(ROOT, newest, 'bin');
}
