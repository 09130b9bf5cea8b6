import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { EngineKind } from '../shared/engine-server.js';
import { missing } from '../shared/support.js';

const ROOT = '/usr/lib/postgresql';
const VERSION_LEAST = 15;
/** `nobody`, and its group, on Debian: PostgreSQL does not run as root. */
const NOBODY = 65_534;

const bin = binaries();

/** Why tests with PostgreSQL are skipped; null where they run. */
export const POSTGRES_MISSING = missing('PostgreSQL', bin !== undefined, 'postgresql');

export function postgres(...settings: readonly string[]): EngineKind {
  const set = ['shared_buffers=32MB', ...settings].flatMap((setting) => ['-c', setting]);
  return {
    async initialise(directory) {
      if (process.getuid?.() === 0) chownSync(directory, NOBODY, NOBODY);
      const parameters = ['-D', directory, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'];
      await promisify(execFile)(`${bin}/initdb`, parameters, optionsIn(directory));
    },
    command: (directory, port) => ({
      file: `${bin}/postgres`,
      parameters: ['-D', directory, '-p', `${port}`, '-k', directory, '-h', '127.0.0.1', ...set],
      options: optionsIn(directory),
    }),
    ping: async (port) => void (await ask(port, 'SELECT 1')),
    storeUrl: (port, name) => `postgres://postgres@127.0.0.1:${port}/postgres?schema=${name}`,
  };
}

/** Asks on a connection of its own. */
export async function ask(port: number, text: string, schema = 'public'): Promise<object[]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    options: `-c search_path=${schema}`,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function optionsIn(directory: string) {
  const env = { HOME: directory, LC_ALL: 'C.UTF-8', PATH: process.env.PATH };
  return { cwd: directory, env, ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}) };
}

function binaries(): string | undefined {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).filter((name) => Number(name) >= VERSION_LEAST) : [];
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  return newest === undefined ? undefined : join(ROOT, newest, 'bin');
}
