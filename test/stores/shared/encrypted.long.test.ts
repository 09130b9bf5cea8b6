import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { postgres } from '../../../src/bench/servers/postgres.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import { MAIN } from '../../../src/faults/server-process.js';
import { cleanEnvironment } from '../../faults/server-process.js';
import { countOf, initials } from '../journal/support.js';
import { ask as askMariaDb, MARIADB_MISSING } from '../mariadb/server.js';
import { ask as askPostgres, POSTGRES_MISSING } from '../postgres/server.js';
import { makeCertificate } from './certificate.js';
import { EngineServer } from './engine-server.js';
import { nameOf, openStore } from './support.js';

const run = promisify(execFile);
const PASSWORD = 'p@ss/word?';
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'tallyboard-encrypted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { cert, key } = makeCertificate(folder);
writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);

function describeEncrypted(
  name: string,
  missing: string | null,
  kind: ServerKind,
  nameOption: string,
  makeUser: (port: number) => Promise<unknown>,
): void {
  describe.skipIf(missing !== null)(nameOf(`${name} over TLS, with a password`, missing), () => {
    let server: EngineServer;
    /** The URL of a store as such a user, with what stands before the `@` and what is added. */
    const urlOf = (user: string, more: string) =>
      `${server.freshUrl().replace(/\/\/[^@]+@/, `//${user}@`)}${more}`;
    beforeAll(async () => {
      server = await EngineServer.start(kind, nameOption);
      await makeUser(server.port);
    });

    it.each([
      ['in the URL', `tally:${encodeURIComponent(PASSWORD)}`, ''],
      ['in a file', 'tally', `&password-file=${join(folder, 'password')}`],
    ])('works with the password %s', async (_, user, more) => {
      const store = await openStore(urlOf(user, `&tls-ca=${cert}${more}`));
      await store.append(initials(0, 10));
      expect(await countOf(store)).toBe(10);
      await store.close();
    });

    it('ends a command at once where a password is asked for and there is none', async () => {
      const command = [MAIN, 'verify', '--store', urlOf('tally', `&tls-ca=${cert}`)];
      const ended = run(process.execPath, command, { env: cleanEnvironment(), timeout: 30_000 });
      await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/password/i) });
    });

    it.each([
      ['no TLS', encodeURIComponent(PASSWORD), ''],
      ['a certificate that nobody vouches for', encodeURIComponent(PASSWORD), '&tls=on'],
      ['another password', 'guessed', `&tls-ca=${cert}`],
    ])('refuses %s, and shows no password', async (_, password, more) => {
      const refusal = openStore(urlOf(`tally:${password}`, more));
      await expect(refusal).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(refusal).rejects.not.toThrow(/p@ss|guessed/);
    });
  });
}

describeEncrypted('PostgreSQL', POSTGRES_MISSING, encryptedPostgres(), 'schema', (port) =>
  askPostgres(
    port,
    `CREATE ROLE tally LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON DATABASE postgres TO tally`,
  ),
);

describeEncrypted(
  'MariaDB',
  MARIADB_MISSING,
  mariadb(`--ssl-cert=${cert}`, `--ssl-key=${key}`),
  'prefix',
  (port) =>
    askMariaDb(
      port,
      `CREATE USER tally@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL`,
      "GRANT ALL ON og.* TO tally@'%'",
    ),
);

function encryptedPostgres(): ServerKind {
  const kind = postgres('ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`);
  return {
    ...kind,
    async initialise(data) {
      await kind.initialise(data);
      const rules = ['host all postgres 127.0.0.1/32 trust', 'hostssl all tally 127.0.0.1/32 scram-sha-256'];
      writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
      if (process.getuid?.() !== 0) return;
      for (const path of [folder, cert, key]) chownSync(path, NOBODY, NOBODY);
    },
  };
}
