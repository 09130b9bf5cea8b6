import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isLoopback } from '../../src/http/access/cross-site.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support.js';
import { uuid } from './table.js';
import { bearer, DASHBOARD, INGEST, send } from './token-client.js';

const RANGE = '2017-06-28/2017-06-29';
const READINGS = [
  '/dashboard/symbol/e',
  `/dashboard/range/${RANGE}`,
  `/dashboard/series/${RANGE}?every=day`,
  `/dashboard/summary/${RANGE}`,
  `/dashboard/guesses/${RANGE}`,
  `/dashboard/overview/${RANGE}?every=day`,
  '/dashboard/live',
  '/events',
];
const OTHERS = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/sign-in.css'];
const POSTS = [`/initial?uuid=${uuid(1)}&symbol=e`, `/followup?uuid=${uuid(1)}`];

async function codeOf(server: TestServer, path: string, headers: Record<string, string>, method?: 'POST') {
  const { status, text } = await send(server, path, { headers, ...(method && { method }) });
  return status === 200 ? 200 : (JSON.parse(text) as { code: string }).code;
}

describe('on the loopback address, without tokens,', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ allowHosts: ['Tally.example'] });
    await send(server, `/followup?uuid=${uuid(9)}`, { method: 'POST' });
  });
  afterAll(() => server.stop());

  test.each([
    'localhost',
    'localhost:5000',
    'LocalHost',
    'localhost.:80',
    'tally.localhost:3000',
    '127.0.0.1',
    '127.1.2.3:65535',
    '[::1]',
    '[::1]:5000',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    'tally.example',
    'TALLY.example:8443',
  ])('the server answers to %s', async (host) => {
    for (const path of [...READINGS, ...OTHERS]) {
      expect({ path, code: await codeOf(server, path, { host }) }).toEqual({ path, code: 200 });
    }
    for (const path of POSTS) expect(await codeOf(server, path, { host }, 'POST')).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:5000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    'tally.example.evil.example',
    'x.tally.example',
    '192.168.0.1:5000',
    '0.0.0.0:5000',
    '[::]',
    '[::2]:5000',
    'localhost@evil.example',
    'evil@localhost',
    'localhost/x',
    'local host',
    '',
  ])("the server does not answer to '%s', and stores nothing", async (host) => {
    const before = await server.stored();
    for (const path of [...READINGS, ...OTHERS, '/', '/nothing', '/assets/x.js']) {
      expect({ path, code: await codeOf(server, path, { host }) }).toEqual({ path, code: 'HOST_UNKNOWN' });
    }
    for (const path of [...POSTS, '/sign-out', '/dashboard/live']) {
      expect(await codeOf(server, path, { host }, 'POST')).toBe('HOST_UNKNOWN');
    }
    expect(await server.stored()).toEqual(before);
  });

  const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  test.each([
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }, false],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://evil.example' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:3000' }, false],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'https://localhost.evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }, true],
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ origin: 'http://localhost:3000' }, true],
    [{ origin: 'https://tally.example' }, true],
    [{}, true],
  ] as [Record<string, string>, boolean][])(
    'of what comes with %j is taken: %j',
    async (headers, isTaken) => {
      const expected = isTaken ? 200 : 'CROSS_SITE';
      for (const path of READINGS) {
        expect({ path, code: await codeOf(server, path, headers) }).toEqual({ path, code: expected });
      }
      // What holds no data may be loaded from anywhere.
      for (const path of OTHERS) expect(await codeOf(server, path, headers)).toBe(200);
      const before = (await server.stored()).length;
      for (const path of POSTS) {
        expect({ path, code: await codeOf(server, path, headers, 'POST') }).toEqual({ path, code: expected });
      }
      expect((await server.stored()).length - before).toBe(isTaken ? POSTS.length : 0);
    },
  );

  test('a link of another site leads to the page, and its form to nothing', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', ...NAVIGATION };
    expect(await codeOf(server, '/', headers)).toBe('NOT_FOUND');
    expect(await codeOf(server, '/dashboard/symbol/e', headers)).toBe(200);
    for (const path of POSTS) expect(await codeOf(server, path, headers, 'POST')).toBe('CROSS_SITE');
  });
});

describe('any name and any site is answered, as before,', () => {
  const FOREIGN = { host: 'evil.example', 'sec-fetch-site': 'cross-site' };
  let server: TestServer;
  afterEach(() => server.stop());

  async function codes(options: TestServerOptions, headers: Record<string, string> = {}) {
    server = await startTestServer(options);
    const all = { ...FOREIGN, ...headers };
    return [
      await codeOf(server, '/dashboard/symbol/e', all),
      await codeOf(server, POSTS[1]!, all, 'POST'),
      await codeOf(server, '/metrics', all),
    ];
  }

  test('where others than this machine reach the server', async () => {
    expect(await codes({})).toEqual([200, 200, 200]);
  });

  test('where a token is asked for, and only there', async () => {
    const both = { tokens: { dashboard: DASHBOARD, ingest: INGEST }, allowHosts: [] };
    expect(await codes(both, bearer(DASHBOARD))).toEqual([200, 'TOKEN_WRONG', 200]);
    await server.stop();
    expect(await codes({ tokens: { dashboard: DASHBOARD }, allowHosts: [] }, bearer(DASHBOARD))).toEqual([
      200,
      'HOST_UNKNOWN',
      200,
    ]);
    await server.stop();
    expect(await codes({ tokens: { ingest: INGEST }, allowHosts: [] }, bearer(INGEST))).toEqual([
      'HOST_UNKNOWN',
      200,
      200,
    ]);
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
  ['127.example', false],
  ['', false],
])('that only this machine reaches %s is %j', (host, isOne) => {
  expect(isLoopback(host)).toBe(isOne);
});
