import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { WRONG_TOKENS_MAX } from '../../src/http/wrong-tokens.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support.js';
import { FORM, uuid } from './table.js';

const DASHBOARD = 'the-dashboard-token-1';
const INGEST = 'the-ingest-token-123456';
const TOKENS = { dashboard: DASHBOARD, ingest: INGEST };

let server: TestServer;
async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
}
afterEach(() => server.stop());

interface Sent {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

async function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  const reply = await request(server.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = path === '/dashboard/live' && reply.statusCode === 200 ? '' : await reply.body.text();
  if (text === '') {
    reply.body.on('error', () => {});
    reply.body.destroy();
  }
  return { status: reply.statusCode, headers: reply.headers, text };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function signIn(token: string, extra: Record<string, string> = {}, next = '/?range=today') {
  return send('/sign-in', {
    method: 'POST',
    headers: { ...FORM, accept: 'text/html', ...extra },
    body: new URLSearchParams({ token, next }).toString(),
  });
}

function cookieOf(headers: Record<string, string | string[] | undefined>): string {
  return String(headers['set-cookie']).split(';')[0]!;
}

const DASHBOARD_PATHS = [
  '/',
  '/dashboard/symbol/e',
  '/dashboard/range/2017-06-28/2017-06-29',
  '/dashboard/series/2017-06-28/2017-06-29?every=day',
  '/dashboard/summary/2017-06-28/2017-06-29',
  '/dashboard/guesses/2017-06-28/2017-06-29',
  '/dashboard/live',
  '/events',
  `/events/${uuid(1)}`,
];

describe('without tokens', () => {
  test('everything is open, and nothing sets a cookie', async () => {
    await start();
    await send(`/initial?uuid=${uuid(1)}&symbol=e`, { method: 'POST' });
    for (const path of DASHBOARD_PATHS) {
      const { status, headers } = await send(path);
      expect({ path, status }).toEqual({ path, status: path === '/' ? 404 : 200 });
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect((await signIn('whatever')).status).toBe(303);
    expect((await signIn('whatever')).headers['set-cookie']).toBeUndefined();
  });
});

describe('the dashboard token', () => {
  test.each(DASHBOARD_PATHS)('is asked for at %s', async (path) => {
    await start({ tokens: TOKENS });
    await send(`/initial?uuid=${uuid(1)}&symbol=e`, { method: 'POST', headers: bearer(INGEST) });
    const refused = await send(path);
    expect(refused).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': 'Bearer realm="tallyboard"',
        'content-type': 'application/problem+json',
      },
    });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'TOKEN_MISSING', status: 401 });
    const wrong = await send(path, { headers: bearer(INGEST) });
    expect(JSON.parse(wrong.text)).toMatchObject({ code: 'TOKEN_WRONG', status: 401 });
    expect(wrong.headers['www-authenticate']).toBe('Bearer realm="tallyboard", error="invalid_token"');
    expect((await send(path, { headers: bearer(DASHBOARD) })).status).toBe(path === '/' ? 404 : 200);
  });

  test('is not asked for where the health is looked at', async () => {
    await start({ tokens: TOKENS });
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/sign-in.css']) {
      expect({ path, status: (await send(path)).status }).toEqual({ path, status: 200 });
    }
    expect((await send('/assets/none.js')).status).toBe(404);
  });

  test('is asked for by a HEAD as well', async () => {
    await start({ tokens: TOKENS });
    expect((await send('/dashboard/symbol/e', { method: 'HEAD' })).status).toBe(401);
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
    const { status, text } = await send('/events', { headers: { authorization } });
    expect({ status, code: JSON.parse(text).code }).toEqual({ status: 401, code });
  });

  test('is taken with a scheme in any case', async () => {
    await start({ tokens: TOKENS });
    expect((await send('/events', { headers: { authorization: `bearer  ${DASHBOARD}` } })).status).toBe(200);
  });

  test('is never taken from the URL, and never logged', async () => {
    await start({ tokens: TOKENS, accessLog: true });
    for (const query of [`token=${DASHBOARD}`, `access_token=${DASHBOARD}`]) {
      expect((await send(`/events?${query}`)).status).toBe(401);
    }
    const logged = server.lines.length;
    await send('/events', { headers: bearer(DASHBOARD) });
    await signIn(DASHBOARD);
    await signIn('the-wrong-token-0001');
    const text = JSON.stringify(server.lines.slice(logged));
    expect(text).not.toContain(DASHBOARD);
    expect(text).not.toContain('the-wrong-token-0001');
  });
});

describe('the ingest token', () => {
  test('is asked for at both POSTs, before anything is stored', async () => {
    await start({ tokens: TOKENS });
    for (const path of [`/initial?uuid=${uuid(1)}&symbol=e`, `/followup?uuid=${uuid(1)}`]) {
      expect(await send(path, { method: 'POST' })).toMatchObject({ status: 401 });
      expect(await send(path, { method: 'POST', headers: bearer(DASHBOARD) })).toMatchObject({ status: 401 });
      expect(await server.stored()).toEqual([]);
    }
    const stored = await send(`/initial?uuid=${uuid(1)}&symbol=e`, {
      method: 'POST',
      headers: bearer(INGEST),
    });
    expect(stored).toMatchObject({ status: 200, text: 'True' });
  });

  test('goes on being taken, however many wrong ones come', async () => {
    await start({ tokens: TOKENS });
    const path = `/initial?uuid=${uuid(1)}&symbol=e`;
    for (let i = 0; i < 3 * WRONG_TOKENS_MAX; i += 1) {
      expect((await send(path, { method: 'POST', headers: bearer(`wrong-${i}`) })).status).toBe(401);
    }
    expect((await send(path, { method: 'POST', headers: bearer(INGEST) })).status).toBe(200);
  });

  test('alone leaves the dashboard open', async () => {
    await start({ tokens: { ingest: INGEST } });
    expect((await send('/events')).status).toBe(200);
  });
});

describe('a browser', () => {
  const HTML = { accept: 'text/html,application/xhtml+xml' };

  test('is shown a form for the page, and nothing of it is run from within', async () => {
    await start({ tokens: TOKENS });
    const { status, headers, text } = await send('/?range=7d&symbol="><script>', { headers: HTML });
    expect(status).toBe(401);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'www-authenticate': 'Bearer realm="tallyboard"',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
    expect(headers['set-cookie']).toBeUndefined();
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(text).toContain('<form method="post" action="/sign-in">');
    expect(text).toContain('<label for="token">');
    expect(text).not.toMatch(/<script|<style|style=|role="alert"/);
    expect((await send('/sign-in.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  test('signs in with the token, gets back to where it wanted, and is known by a cookie', async () => {
    await start({ tokens: TOKENS });
    const { status, headers } = await signIn(DASHBOARD);
    expect({ status, location: headers.location }).toEqual({ status: 303, location: '/?range=today' });
    const cookie = String(headers['set-cookie']);
    expect(cookie).toMatch(
      /^tallyboard_session=\d{10}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    expect(cookie).not.toContain(DASHBOARD);
    const session = { cookie: `theme=dark; ${cookieOf(headers)}; other=1` };
    expect((await send('/events', { headers: session })).status).toBe(200);
    expect((await send('/dashboard/live', { headers: session })).status).toBe(200);
    // It is the dashboard's alone.
    const path = `/initial?uuid=${uuid(1)}&symbol=e`;
    expect((await send(path, { method: 'POST', headers: session })).status).toBe(401);

    const out = await send('/sign-out', { method: 'POST', headers: session });
    expect({ status: out.status, location: out.headers.location }).toEqual({ status: 303, location: '/' });
    expect(out.headers['set-cookie']).toBe(
      'tallyboard_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    );
    const foreign = await send('/sign-out', { method: 'POST' });
    expect(foreign.headers['set-cookie']).toBeUndefined();
  });

  test('gets a cookie for TLS alone where a proxy speaks it', async () => {
    await start({ tokens: TOKENS });
    const { headers } = await signIn(DASHBOARD, { 'x-forwarded-proto': 'https' });
    expect(headers['set-cookie']).toMatch(/; Secure$/);
  });

  test.each([
    '//evil.example/',
    '/\\evil.example',
    'https://evil.example/',
    'evil',
    '/\t/evil.example',
    '',
    '/a\r\nx: y',
  ])('is not led to another place: %j', async (next) => {
    await start({ tokens: TOKENS });
    expect((await signIn(DASHBOARD, {}, next)).headers.location).toBe('/');
  });

  test('is shown the form again where the token is wrong, and after ten of them has to wait', async () => {
    await start({ tokens: TOKENS });
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) {
      const { status, text, headers } = await signIn(`wrong-${i}`);
      expect(status).toBe(401);
      expect(headers['set-cookie']).toBeUndefined();
      expect(text).toContain('role="alert"');
      expect(text).toContain('value="/?range=today"');
      expect(text).not.toContain(`wrong-${i}`);
    }
    const { status, headers, text } = await signIn(DASHBOARD);
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '6' });
    expect(text).toContain('try again in 6 seconds');
    // Tokens in headers are held up by the same count; who has signed in before is not.
    const refused = await send('/events', { headers: bearer(DASHBOARD) });
    expect({ status: refused.status, code: JSON.parse(refused.text).code }).toEqual({
      status: 429,
      code: 'TOKENS_TOO_MANY',
    });
  });

  test('that signed in goes on while wrong tokens come from its address, and after a restart', async () => {
    await start({ tokens: TOKENS });
    const session = { cookie: cookieOf((await signIn(DASHBOARD)).headers) };
    for (let i = 0; i < 2 * WRONG_TOKENS_MAX; i += 1) await signIn('wrong-wrong-wrong');
    expect((await send('/events', { headers: session })).status).toBe(200);
    await server.stop();
    await start({ tokens: TOKENS });
    expect((await send('/events', { headers: session })).status).toBe(200);
    await server.stop();
    await start({ tokens: { ...TOKENS, dashboard: 'another-dashboard-token' } });
    expect((await send('/events', { headers: session })).status).toBe(401);
  });

  test.each([
    ['another end', (value: string) => value.replace(/^\d+/, '9999999999')],
    ['another signature', (value: string) => `${value.slice(0, -2)}AA`],
    ['no signature', (value: string) => value.split('.')[0]!],
    ['an empty signature', (value: string) => `${value.split('.')[0]}.`],
    ['an end that is no number', (value: string) => `1e9.${value.split('.')[1]}`],
    ['the token', () => DASHBOARD],
  ])('is not known by a cookie with %s', async (_name, change) => {
    await start({ tokens: TOKENS });
    const [name, value] = cookieOf((await signIn(DASHBOARD)).headers).split('=') as [string, string];
    expect((await send('/events', { headers: { cookie: `${name}=${value}` } })).status).toBe(200);
    expect((await send('/events', { headers: { cookie: `${name}=${change(value)}` } })).status).toBe(401);
  });

  test.each([
    ['token=&next=/', 401, 'TOKEN_MISSING'],
    ['', 401, 'TOKEN_MISSING'],
    [`token=${DASHBOARD}&token=x`, 400, 'FIELD_REPEATED'],
  ])('that sends %s is refused', async (body, status, code) => {
    await start({ tokens: TOKENS });
    const reply = await send('/sign-in', { method: 'POST', headers: FORM, body });
    expect({ status: reply.status, code: JSON.parse(reply.text).code }).toEqual({ status, code });
  });
});
