import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { WRONG_TOKENS_MAX } from '../../src/http/access/wrong-tokens.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support.js';
import { uuid } from './table.js';
import { bearer, DASHBOARD, INGEST, send, signIn, TOKENS } from './token-client.js';

let server: TestServer;
async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
}
afterEach(() => server.stop());

const DASHBOARD_PATHS = [
  '/',
  '/dashboard/symbol/e',
  '/dashboard/range/2017-06-28/2017-06-29',
  '/dashboard/series/2017-06-28/2017-06-29?every=day',
  '/dashboard/summary/2017-06-28/2017-06-29',
  '/dashboard/guesses/2017-06-28/2017-06-29',
  '/dashboard/overview/2017-06-28/2017-06-29?every=day',
  '/dashboard/live',
  '/events',
  `/events/${uuid(1)}`,
];

describe('without tokens', () => {
  test('everything is open, and nothing sets a cookie', async () => {
    await start();
    await send(server, `/initial?uuid=${uuid(1)}&symbol=e`, { method: 'POST' });
    for (const path of DASHBOARD_PATHS) {
      const { status, headers } = await send(server, path);
      expect({ path, status }).toEqual({ path, status: path === '/' ? 404 : 200 });
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect((await signIn(server, 'whatever')).status).toBe(303);
    expect((await signIn(server, 'whatever')).headers['set-cookie']).toBeUndefined();
  });
});

describe('the dashboard token', () => {
  test.each(DASHBOARD_PATHS)('is asked for at %s', async (path) => {
    await start({ tokens: TOKENS });
    await send(server, `/initial?uuid=${uuid(1)}&symbol=e`, { method: 'POST', headers: bearer(INGEST) });
    const refused = await send(server, path);
    expect(refused).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': 'Bearer realm="tallyboard"',
        'content-type': 'application/problem+json',
      },
    });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'TOKEN_MISSING', status: 401 });
    const wrong = await send(server, path, { headers: bearer(INGEST) });
    expect(JSON.parse(wrong.text)).toMatchObject({ code: 'TOKEN_WRONG', status: 401 });
    expect(wrong.headers['www-authenticate']).toBe('Bearer realm="tallyboard", error="invalid_token"');
    expect((await send(server, path, { headers: bearer(DASHBOARD) })).status).toBe(path === '/' ? 404 : 200);
  });

  test('is not asked for where the health is looked at', async () => {
    await start({ tokens: TOKENS });
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/sign-in.css']) {
      expect({ path, status: (await send(server, path)).status }).toEqual({ path, status: 200 });
    }
    expect((await send(server, '/assets/none.js')).status).toBe(404);
  });

  test('is asked for by a HEAD as well', async () => {
    await start({ tokens: TOKENS });
    expect((await send(server, '/dashboard/symbol/e', { method: 'HEAD' })).status).toBe(401);
  });

  test.each([
    ['another scheme', `Basic ${DASHBOARD}`, 'TOKEN_MISSING'],
    ['no token', 'Bearer', 'TOKEN_MISSING'],
    ['two tokens', `Bearer ${DASHBOARD} ${DASHBOARD}`, 'TOKEN_MISSING'],
    ['a part of it', `Bearer ${DASHBOARD.slice(0, -1)}`, 'TOKEN_WRONG'],
    ['more than it', `Bearer ${DASHBOARD}1`, 'TOKEN_WRONG'],
    ['another case', `Bearer ${DASHBOARD.toUpperCase()}`, 'TOKEN_WRONG'],
  ])('is not %s', async (_name, authorization, code) => {
    await start({ tokens: TOKENS });
    const { status, text } = await send(server, '/events', { headers: { authorization } });
    expect({ status, code: JSON.parse(text).code }).toEqual({ status: 401, code });
  });

  test('is taken with a scheme in any case', async () => {
    await start({ tokens: TOKENS });
    expect(
      (await send(server, '/events', { headers: { authorization: `bearer  ${DASHBOARD}` } })).status,
    ).toBe(200);
  });

  test('is never taken from the URL, and never logged', async () => {
    await start({ tokens: TOKENS, accessLog: true });
    for (const query of [`token=${DASHBOARD}`, `access_token=${DASHBOARD}`, DASHBOARD, `${DASHBOARD}==`]) {
      expect((await send(server, `/events?format=csv&${query}`)).status).toBe(401);
      await send(server, `/nothing?${query}`);
    }
    await send(server, '/events', { headers: bearer(DASHBOARD) });
    await signIn(server, DASHBOARD);
    await signIn(server, 'the-wrong-token-0001');
    await expect.poll(() => server.lines.length).toBe(11);
    const text = JSON.stringify(server.lines);
    expect(text).not.toContain(DASHBOARD);
    expect(text).not.toContain('the-wrong-token-0001');
    expect(server.lines.map(({ fields }) => fields.url).slice(0, 4)).toEqual([
      '/events?format=csv&***',
      '/nothing?***',
      '/events?format=csv&***',
      '/nothing?***',
    ]);
  });

  test('is not logged with a URL that the store fails at', async () => {
    class Failing extends Model {
      override tallyOfSymbol(): Promise<never> {
        return Promise.reject(new Error('disk'));
      }
    }
    await start({ tokens: TOKENS, store: new Failing() });
    const headers = bearer(DASHBOARD);
    expect((await send(server, `/dashboard/symbol/e?token=${DASHBOARD}`, { headers })).status).toBe(503);
    expect(server.lines.map(({ fields }) => fields.url)).toEqual(['/dashboard/symbol/e?***']);
  });
});

describe('the ingest token', () => {
  test('is asked for at both POSTs, before anything is stored', async () => {
    await start({ tokens: TOKENS });
    for (const path of [`/initial?uuid=${uuid(1)}&symbol=e`, `/followup?uuid=${uuid(1)}`]) {
      expect(await send(server, path, { method: 'POST' })).toMatchObject({ status: 401 });
      expect(await send(server, path, { method: 'POST', headers: bearer(DASHBOARD) })).toMatchObject({
        status: 401,
      });
      expect(await server.stored()).toEqual([]);
    }
    const stored = await send(server, `/initial?uuid=${uuid(1)}&symbol=e`, {
      method: 'POST',
      headers: bearer(INGEST),
    });
    expect(stored).toMatchObject({ status: 200, text: 'True' });
  });

  test('goes on being taken, however many wrong ones come', async () => {
    await start({ tokens: TOKENS });
    const path = `/initial?uuid=${uuid(1)}&symbol=e`;
    for (let i = 0; i < 3 * WRONG_TOKENS_MAX; i += 1) {
      expect((await send(server, path, { method: 'POST', headers: bearer(`wrong-${i}`) })).status).toBe(401);
    }
    expect((await send(server, path, { method: 'POST', headers: bearer(INGEST) })).status).toBe(200);
  });

  test('alone leaves the dashboard open', async () => {
    await start({ tokens: { ingest: INGEST } });
    expect((await send(server, '/events')).status).toBe(200);
  });
});
