import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import neo4j from 'neo4j-driver-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opensearch } from '../../../src/bench/servers/elasticsearch.js';
import { mariadb } from '../../../src/bench/servers/mariadb.js';
import { mongodbServer } from '../../../src/bench/servers/mongodb.js';
import { neo4jServer } from '../../../src/bench/servers/neo4j.js';
import { postgres } from '../../../src/bench/servers/postgres.js';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import { MAIN } from '../../../src/faults/server-process.js';
import { atEnd } from '../../at-end.js';
import { cleanEnvironment } from '../../faults/server-process.js';
import { OPENSEARCH_MISSING } from '../elasticsearch/server.js';
import { countOf, initials } from '../journal/support.js';
import { ask as askMariaDb, MARIADB_MISSING } from '../mariadb/server.js';
import { NEO4J_MISSING, QUICKLY_WARM } from '../neo4j/server.js';
import { ask as askPostgres, POSTGRES_MISSING } from '../postgres/server.js';
import { RABBITMQ_MISSING, rabbitmqctl } from '../rabbitmq/server.js';
import { makeCertificate } from './certificate.js';
import { EngineServer } from './engine-server.js';
import { freePort } from './ports.js';
import { missing as missingOf, nameOf, openStore } from './support.js';

const run = promisify(execFile);
const PASSWORD = 'p@ss/word?';
const NOBODY = 65_534;
/** A command that asks for a password at a terminal, or waits for something else, has ended by then on no machine. */
const HANGS_MILLISECONDS = 300_000;
const MONGODB_SERVER_MISSING = missingOf('MongoDB', mongodbServer());
const folder = mkdtempSync(join(tmpdir(), 'tallyboard-encrypted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { cert, key } = makeCertificate(folder);
writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);

function describeEncrypted(
  name: string,
  missing: string | null,
  kind: ServerKind,
  nameOption: string,
  makeUser: (port: number, url: string) => Promise<unknown>,
): void {
  describe.skipIf(missing !== null)(nameOf(`${name} over TLS, with a password`, missing), () => {
    let server: EngineServer;
    /** The URL of a store as such a user, with what stands before the `@` and what is added. */
    const urlOf = (user: string, more: string) =>
      `${server.freshUrl().replace(/\/\/[^@]+@/, `//${user}@`)}${more}`;
    beforeAll(async () => {
      server = await EngineServer.start(kind, nameOption);
      await makeUser(server.port, server.freshUrl());
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
      const ended = run(process.execPath, command, { env: cleanEnvironment(), timeout: HANGS_MILLISECONDS });
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

const tlsPort = await freePort();
describeEncrypted('RabbitMQ', RABBITMQ_MISSING, encryptedRabbit(tlsPort), 'queue', async (port, url) => {
  const plain = url.replace(`:${tlsPort}`, `:${port}`);
  await rabbitmqctl(plain, 'add_user', 'tally', PASSWORD);
  await rabbitmqctl(plain, 'set_permissions', 'tally', '.*', '.*', '.*');
});

// The part of it that knows TLS and users is in no package of Maven: a proxy stands before it, as before many.
const proxyPort = await freePort();
const behindProxy = { ...opensearch(), storeUrl: () => `opensearch://nobody@127.0.0.1:${proxyPort}` };
describeEncrypted('OpenSearch behind a proxy', OPENSEARCH_MISSING, behindProxy, 'prefix', (port) =>
  startProxy(proxyPort, port),
);

/** Speaks TLS, asks for the password, and passes on the rest. */
async function startProxy(port: number, target: number): Promise<void> {
  const credentials = `Basic ${Buffer.from(`tally:${PASSWORD}`).toString('base64')}`;
  const proxy = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (incoming, reply) => {
    const { method, url: path, headers } = incoming;
    if (headers.authorization !== credentials) {
      reply.writeHead(401).end();
      return;
    }
    const passed = request({ host: '127.0.0.1', port: target, method, path, headers }, (answer) => {
      answer.pipe(reply.writeHead(answer.statusCode!, answer.headers));
    });
    incoming.pipe(passed);
  });
  atEnd(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  await once(proxy.listen(port, '127.0.0.1'), 'listening');
}

// What speaks MongoDB's protocol here knows no users.
describe.skipIf(MONGODB_SERVER_MISSING !== null)(
  nameOf('MongoDB over TLS, as mongo-java-server speaks it', MONGODB_SERVER_MISSING),
  () => {
    it('works with its certificate, and shows no password where it refuses one', async () => {
      const server = await EngineServer.start(mongodbServer({ cert, key }), 'prefix');
      const url = `${server.freshUrl()}&timeout-milliseconds=5000`;
      const store = await openStore(`${url}&tls-ca=${cert}`);
      await store.append(initials(0, 10));
      expect(await countOf(store)).toBe(10);
      await store.close();
      const named = url.replace('//', `//tally:${encodeURIComponent(PASSWORD)}@`);
      for (const refused of [named, `${named}&tls=on`, `${named}&tls-ca=${cert}`]) {
        const refusal = openStore(refused);
        await expect(refusal).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await expect(refusal).rejects.not.toThrow(/p@ss|p%40ss/);
      }
    });
  },
);

/** One that takes connections without TLS on its own port, for the tests, and those of stores with TLS on another. */
function encryptedRabbit(port: number): ServerKind {
  const listener = `listeners.ssl.1 = 127.0.0.1:${port}`;
  const files = ['cacertfile', 'certfile'].map((name) => `ssl_options.${name} = ${cert}`);
  const kind = rabbitmq(listener, ...files, `ssl_options.keyfile = ${key}`);
  return { ...kind, storeUrl: (_, folder) => kind.storeUrl(port, folder) };
}

const ADMINISTRATOR = 'of-the-administrator';

describeEncrypted('Neo4j', NEO4J_MISSING, encryptedNeo4j(), 'prefix', (port) =>
  askNeo4j(port, ADMINISTRATOR, `CREATE USER tally SET PASSWORD '${PASSWORD}' CHANGE NOT REQUIRED`),
);

/** The first password has to be changed, which is what it is asked for when it is there. */
function encryptedNeo4j(): ServerKind {
  const kind = neo4jServer(QUICKLY_WARM);
  const conf = join(folder, 'neo4j.conf');
  const policy = 'dbms.ssl.policy.bolt';
  const lines = [
    `${policy}.enabled=true`,
    `${policy}.base_directory=${folder}`,
    `${policy}.private_key=${key}`,
    `${policy}.public_certificate=${cert}`,
    `${policy}.client_auth=NONE`,
    'server.bolt.tls_level=REQUIRED',
    'dbms.security.auth_enabled=true',
  ];
  writeFileSync(conf, lines.join('\n'));
  return {
    ...kind,
    command(data, port) {
      const { words, options } = kind.command(data, port);
      return { words: [...words, conf], options };
    },
    ready: (port) =>
      askNeo4j(port, 'neo4j', `ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO '${ADMINISTRATOR}'`),
  };
}

/** As the administrator, whoever vouches for the certificate. */
async function askNeo4j(port: number, password: string, statement: string): Promise<void> {
  const driver = neo4j.driver(`bolt+ssc://127.0.0.1:${port}`, {
    scheme: 'basic',
    principal: 'neo4j',
    credentials: password,
  });
  try {
    await driver.executeQuery(statement, {}, { database: 'system' });
  } finally {
    await driver.close();
  }
}

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
