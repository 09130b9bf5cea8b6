import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReader, createStore, parseStoreUrl, shownUrl } from '../../../src/stores/index.js';
import { Keys, slotOf } from '../../../src/stores/redis/keys.js';
import { optionsOf } from '../../../src/stores/redis/servers/url.js';
import { startServerProcess } from '../../faults/server-process.js';
import { countOf, initials, lines } from '../journal/support.js';
import { makeCertificate } from '../shared/certificate.js';
import { freePort } from '../shared/ports.js';
import { nameOf, openStore, SILENT } from '../shared/support.js';
import { REDIS_MISSING, RedisServer } from './servers.js';
import { freshPrefix } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'tallyboard-redis-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a Redis URL', () => {
  it('names hosts, user, password, database and prefix', () => {
    expect(optionsOf(parseStoreUrl('redis://me:p%40ss@host:7000/3?prefix=a:'))).toMatchObject({
      isCluster: false,
      addresses: [{ host: 'host', port: 7000 }],
      username: 'me',
      password: 'p@ss',
      database: 3,
      keyPrefix: 'a:',
      tls: undefined,
    });
    expect(optionsOf(parseStoreUrl('rediss+cluster://:pw@a:1,[::1]:2,c?wait=1'))).toMatchObject({
      isCluster: true,
      addresses: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
        { host: 'c', port: 6379 },
      ],
      username: undefined,
      password: 'pw',
      replicasWaited: 1,
      tls: {},
    });
    const file = join(folder, 'password');
    writeFileSync(file, 'secret\n');
    expect(optionsOf(parseStoreUrl(`redis://me@host?password-file=${file}`)).password).toBe('secret');
    writeFileSync(file, ' spaced \r\n');
    expect(optionsOf(parseStoreUrl(`redis://me@host?password-file=${file}`)).password).toBe(' spaced ');
    expect(() => optionsOf(parseStoreUrl(`redis://me:pw@host?password-file=${file}`))).toThrow(
      'leave one out',
    );
  });

  it.each([
    ['redis:', 'needs a host'],
    ['redis:host', 'needs a host'],
    ['redis://', 'needs a host'],
    ['redis://a,b', 'several hosts are a Cluster'],
    ['redis://host:99999', 'a host cannot be read'],
    ['redis://host/x', 'number of a database'],
    ['redis://host/-1', 'number of a database'],
    ['redis://host?wait=1&wait=2', 'given twice'],
    ['redis://:pw@host?password-file=/nowhere', 'cannot be read'],
    ['rediss://host?tls-cert=/dev/null', 'go together'],
    ['redis://me:7?hunter2@host:6379', 'an option that is none'],
    ['redis+cluster://host/1', 'database 0 only'],
    ['redis://host?partitons=4', "the option 'partitons'"],
    ['redis://host?partitions=0', 'from 1 to 4096'],
    ['redis://host?wait=x', 'from 0 to 16'],
    ['redis://host?prefix={x}', 'braces'],
    ['redis://host?tls-ca=/nowhere', 'without TLS'],
    ['rediss://host?tls-ca=/nowhere', 'cannot be read'],
    ['redis://u:%zz@host', 'percent-encoded'],
  ])('%s is refused: %s', async (text, reason) => {
    await expect(createStore(text, { log: SILENT })).rejects.toMatchObject({
      code: 'STORE_URL_INVALID',
      message: expect.stringContaining(reason),
    });
  });

  it('is shown without its password, even where that is written wrongly', async () => {
    expect(shownUrl('redis://me:secret@host:1/2')).toBe('redis://me:***@host:1/2');
    expect(shownUrl('redis+cluster://:secret@a:1,b:2')).toBe('redis+cluster://:***@a:1,b:2');
    expect(shownUrl('redis://me:sec@ret/x@host')).toBe('redis://me:***@host');
    expect(shownUrl('postgres://me@corp.example:secret@host/x')).toBe(
      'postgres://me@corp.example:***@host/x',
    );
    expect(shownUrl('postgres://a/b:sec\nret@host')).toBe('postgres://a/b:***@host');
    expect(shownUrl('postgres://host:5432/x')).toBe('postgres://host:5432/x');
    expect(shownUrl('journal:./data')).toBe('journal:./data');
    for (const text of [
      'redis://me:secret/x@host',
      'redis://me:secret@host:port',
      'no-scheme//me:secret@host',
      'redis://me:7?secret@host',
      'redis://me:7?x=1&secret=2@host',
    ]) {
      const error = await createStore(text, { log: SILENT }).catch((reason: Error) => reason);
      expect(String((error as Error).message)).not.toContain('secret');
    }
  });

  it('spreads partitions evenly over the slots', () => {
    expect(slotOf('123456789')).toBe(12739);
    expect(slotOf('a{user1000}b')).toBe(slotOf('user1000'));
    const keys = new Keys('p:', 64);
    for (let partition = 0; partition < 64; partition += 1) {
      expect(Math.floor(keys.slot(partition) / 256)).toBe(partition);
      expect(slotOf(keys.meta(partition))).toBe(keys.slot(partition));
      expect(slotOf(keys.events(partition, 1))).toBe(keys.slot(partition));
    }
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('the settings of Redis', REDIS_MISSING), () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.remove());

  it('are kept in the store: other partitions are refused, none are those it has', async () => {
    const url = `redis://127.0.0.1:${server.port}?prefix=${freshPrefix()}`;
    const store = await openStore(`${url}&partitions=8&contacts-expected=1000`);
    await store.append(initials(0, 100));
    await store.close();
    for (const option of ['partitions=9', 'contacts-expected=2000']) {
      await expect(openStore(`${url}&${option}`)).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: expect.stringContaining('leave it out'),
      });
    }
    const again = await openStore(url);
    expect(await countOf(again)).toBe(100);
    await again.close();
    await server.ask('HSET', `${url.split('prefix=')[1]}{settings}`, 'format', '2');
    await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_FORMAT' });
  });

  it('are not made by who only reads', async () => {
    const url = `redis://127.0.0.1:${server.port}?prefix=${freshPrefix()}`;
    const reader = await createReader(url, { log: SILENT });
    await expect(reader.open()).rejects.toMatchObject({
      code: 'STORE_MISSING',
      message: expect.stringContaining('there is no store'),
    });
    expect(await server.ask('KEYS', `${url.split('prefix=')[1]}*`)).toEqual([]);
  });

  it.each([
    [[], 'process', [/appendonly is no/]],
    [['--appendonly', 'yes'], 'process', [/appendfsync is everysec/]],
    [['--appendonly', 'yes', '--appendfsync', 'always'], 'power', []],
    [
      ['--appendonly', 'yes', '--appendfsync', 'always', '--no-appendfsync-on-rewrite', 'yes'],
      'process',
      [/no-appendfsync-on-rewrite is yes/],
    ],
    [['--appendonly', 'yes', '--appendfsync', 'no'], 'process', [/appendfsync is no/]],
    [
      ['--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru'],
      'process',
      [/appendfsync is everysec/, /maxmemory-policy is allkeys-lru/],
    ],
  ] as const)('%j: it survives %s, and warns of %j', async (settings, survives, warnings) => {
    const own = await RedisServer.start(settings);
    const log = lines();
    const store = await openStore(`redis://127.0.0.1:${own.port}`, log);
    expect(store.promises.survives).toBe(survives);
    expect(store.warnings?.()).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(warnings.length);
    await store.close();
    await own.remove();
  });

  it('are shown at /readyz where they can lose events', async () => {
    const serving = await startServerProcess(`redis://127.0.0.1:${server.port}?prefix=${freshPrefix()}`);
    expect(await (await fetch(`${serving.url}/readyz`)).json()).toEqual({
      status: 'ready',
      survives: 'process',
      warnings: [expect.stringContaining('appendonly is no')],
    });
    await serving.end('SIGTERM');
  });

  it('say who may enter: a wrong password is told, and no password is logged', async () => {
    const own = await RedisServer.start();
    await own.ask('CONFIG', 'SET', 'requirepass', 'hush-hush');
    const place = `127.0.0.1:${own.port}`;
    const log = lines();
    for (const credentials of ['', ':guessed-it@', 'nobody:guessed-it@']) {
      await expect(openStore(`redis://${credentials}${place}`, log)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
    }
    const serving = await startServerProcess(`redis://:hush-hush@${place}`);
    await fetch(`${serving.url}/initial?uuid=00000000-0000-4000-8000-000000000001&symbol=e`, {
      method: 'POST',
    });
    await serving.end('SIGTERM');
    const logged = JSON.stringify([log.lines, serving.log]);
    expect(logged).toContain('***@127.0.0.1');
    expect(logged).not.toMatch(/hush|guessed/);
    await own.remove();
  });

  it('may ask for TLS', async () => {
    const { cert, key } = makeCertificate(folder);
    const port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const secure = await RedisServer.start([
      '--tls-port',
      String(port),
      '--tls-auth-clients',
      'no',
      ...files,
    ]);
    const store = await openStore(`rediss://127.0.0.1:${port}?tls-ca=${cert}`);
    await store.append(initials(0, 10));
    expect(await countOf(store)).toBe(10);
    await store.close();
    await expect(openStore(`rediss://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await secure.remove();
  });

  it('must not name a single server a Cluster', async () => {
    await expect(openStore(`redis+cluster://127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: 'STORE_URL_INVALID',
    });
  });
});
