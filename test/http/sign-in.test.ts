import { afterEach, describe, expect, test } from 'vitest';
import { WRONG_TOKENS_MAX, WrongTokens } from '../../src/http/access/wrong-tokens.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support.js';
import { FORM, uuid } from './table.js';
import { bearer, cookieOf, DASHBOARD, send, signIn, TOKENS } from './token-client.js';

let server: TestServer;
async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
}
afterEach(() => server.stop());

describe('a browser', () => {
  const HTML = { accept: 'text/html,application/xhtml+xml' };

  test('is shown a form for the page, and nothing of it is run from within', async () => {
    await start({ tokens: TOKENS });
    const { status, headers, text } = await send(server, '/?range=7d&symbol="><script>', { headers: HTML });
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
    expect((await send(server, '/sign-in.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  test('is told how to go on where a link of another site may have led there, and only there', async () => {
    await start({ tokens: TOKENS });
    const said = async (headers: Record<string, string>) =>
      (await send(server, '/?range=30d', { headers: { ...HTML, ...headers } })).text.includes(
        'href="/?range=30d">go on to the page',
      );
    expect(await said({ 'sec-fetch-site': 'cross-site' })).toBe(true);
    expect(await said({})).toBe(true);
    expect(await said({ 'sec-fetch-site': 'none' })).toBe(false);
    expect(await said({ 'sec-fetch-site': 'same-origin' })).toBe(false);
    expect(await said({ authorization: 'Bearer a-wrong-token-0001' })).toBe(false);
  });

  test('signs in with the token, gets back to where it wanted, and is known by a cookie', async () => {
    await start({ tokens: TOKENS });
    const { status, headers } = await signIn(server, DASHBOARD);
    expect({ status, location: headers.location }).toEqual({ status: 303, location: '/?range=today' });
    const cookie = String(headers['set-cookie']);
    expect(cookie).toMatch(
      /^tallyboard_session_[0-9a-f]{8}=\d{10}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    expect(cookie).not.toContain(DASHBOARD);
    const session = { cookie: `theme=dark; ${cookieOf(headers)}; other=1` };
    expect((await send(server, '/events', { headers: session })).status).toBe(200);
    expect((await send(server, '/dashboard/live', { headers: session })).status).toBe(200);
    // It is the dashboard's alone.
    const path = `/initial?uuid=${uuid(1)}&symbol=e`;
    expect((await send(server, path, { method: 'POST', headers: session })).status).toBe(401);

    const out = await send(server, '/sign-out', { method: 'POST', headers: session });
    expect({ status: out.status, location: out.headers.location }).toEqual({ status: 303, location: '/' });
    expect(out.headers['set-cookie']).toBe(
      `${cookie.split('=')[0]}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`,
    );
    const foreign = await send(server, '/sign-out', { method: 'POST' });
    expect(foreign.headers['set-cookie']).toBeUndefined();
  });

  test('gets a cookie for TLS alone where a proxy speaks it', async () => {
    await start({ tokens: TOKENS });
    const { headers } = await signIn(server, DASHBOARD, { 'x-forwarded-proto': 'https' });
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
    expect((await signIn(server, DASHBOARD, {}, next)).headers.location).toBe('/');
  });

  test('is shown the form again where the token is wrong, and after ten of them has to wait', async () => {
    // No time passes: one more would be forgiven after six seconds.
    await start({ tokens: TOKENS, wrongTokens: new WrongTokens(() => 0) });
    for (let i = 0; i < WRONG_TOKENS_MAX; i += 1) {
      const { status, text, headers } = await signIn(server, `wrong-${i}`);
      expect(status).toBe(401);
      expect(headers['set-cookie']).toBeUndefined();
      expect(text).toContain('role="alert"');
      expect(text).toContain('value="/?range=today"');
      expect(text).not.toContain(`wrong-${i}`);
    }
    const { status, headers, text } = await signIn(server, DASHBOARD);
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '6' });
    expect(text).toContain('try again in 6 seconds');
    // Tokens in headers are held up by the same count; who has signed in before is not.
    const refused = await send(server, '/events', { headers: bearer(DASHBOARD) });
    expect({ status: refused.status, code: JSON.parse(refused.text).code }).toEqual({
      status: 429,
      code: 'TOKENS_TOO_MANY',
    });
  });

  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://tally.example', host: 'tally.example' },
    { origin: 'https://evil.example' },
    { origin: 'https://tally.example.evil.example', host: 'tally.example' },
    { origin: 'null' },
  ] as Record<string, string>[])(
    'that another site has send tokens is refused, and not held up: %j',
    async (headers) => {
      await start({ tokens: TOKENS });
      for (let i = 0; i < 2 * WRONG_TOKENS_MAX; i += 1) {
        const { status, text } = await signIn(server, `wrong-${i}`, { ...headers, accept: '*/*' });
        expect({ status, code: JSON.parse(text).code }).toEqual({ status: 403, code: 'CROSS_SITE' });
      }
      const right = await signIn(server, DASHBOARD, headers);
      expect(right.status).toBe(403);
      expect(right.headers['set-cookie']).toBeUndefined();
      expect(right.text).toContain('<form method="post" action="/sign-in">');
      expect((await signIn(server, DASHBOARD)).status).toBe(303);
    },
  );

  test.each([
    { 'sec-fetch-site': 'same-origin', origin: 'https://tally.example', host: '127.0.0.1:5000' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://tally.example', host: 'tally.example' },
    { origin: 'https://Tally.example:8443', host: 'tally.example' },
    { origin: 'http://[::1]:5000', host: '[::1]:5000' },
    { origin: 'https://tally.example', host: '127.0.0.1:5000', 'x-forwarded-host': 'tally.example' },
    { origin: 'https://tally.example', host: 'in', 'x-forwarded-host': 'tally.example, in' },
  ] as Record<string, string>[])(
    'that signs in at the page itself is taken, behind a proxy too: %j',
    async (headers) => {
      await start({ tokens: TOKENS });
      expect((await signIn(server, DASHBOARD, headers)).status).toBe(303);
    },
  );

  test('that signed in goes on while wrong tokens come from its address, and after a restart', async () => {
    await start({ tokens: TOKENS });
    const session = { cookie: cookieOf((await signIn(server, DASHBOARD)).headers) };
    for (let i = 0; i < 2 * WRONG_TOKENS_MAX; i += 1) await signIn(server, 'wrong-wrong-wrong');
    expect((await send(server, '/events', { headers: session })).status).toBe(200);
    await server.stop();
    await start({ tokens: TOKENS });
    expect((await send(server, '/events', { headers: session })).status).toBe(200);
    await server.stop();
    await start({ tokens: { ...TOKENS, dashboard: 'another-dashboard-token' } });
    expect((await send(server, '/events', { headers: session })).status).toBe(401);
  });

  test('is signed in at two servers of one host, each with a cookie of its own name', async () => {
    await start({ tokens: { ...TOKENS, dashboard: 'another-dashboard-token' } });
    const other = cookieOf((await signIn(server, 'another-dashboard-token')).headers);
    await server.stop();
    await start({ tokens: TOKENS });
    const cookie = cookieOf((await signIn(server, DASHBOARD)).headers);
    expect(other.split('=')[0]).not.toBe(cookie.split('=')[0]);
    const session = { cookie: `${other}; ${cookie}` };
    expect((await send(server, '/events', { headers: session })).status).toBe(200);
    expect((await send(server, '/events', { headers: { cookie: other } })).status).toBe(401);
    const out = await send(server, '/sign-out', { method: 'POST', headers: session });
    expect(cookieOf(out.headers)).toBe(`${cookie.split('=')[0]}=`);
  });

  test.each(['junk', '', '9999999999.junk'])(
    'is known by its cookie, whatever else has the name: %j',
    async (junk) => {
      await start({ tokens: TOKENS });
      const cookie = cookieOf((await signIn(server, DASHBOARD)).headers);
      const other = `${cookie.split('=')[0]}=${junk}`;
      for (const both of [`${other}; ${cookie}`, `${cookie}; ${other}`]) {
        expect((await send(server, '/events', { headers: { cookie: both } })).status).toBe(200);
      }
      expect((await send(server, '/events', { headers: { cookie: `${other}; ${other}` } })).status).toBe(401);
    },
  );

  test.each([
    ['another end', (value: string) => value.replace(/^\d+/, '9999999999')],
    ['another signature', (value: string) => value.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))],
    ['no signature', (value: string) => value.split('.')[0]!],
    ['an empty signature', (value: string) => `${value.split('.')[0]}.`],
    ['an end that is no number', (value: string) => `1e9.${value.split('.')[1]}`],
    ['the token', () => DASHBOARD],
  ])('is not known by a cookie with %s', async (_name, change) => {
    await start({ tokens: TOKENS });
    const [name, value] = cookieOf((await signIn(server, DASHBOARD)).headers).split('=') as [string, string];
    expect((await send(server, '/events', { headers: { cookie: `${name}=${value}` } })).status).toBe(200);
    expect((await send(server, '/events', { headers: { cookie: `${name}=${change(value)}` } })).status).toBe(
      401,
    );
  });

  test.each([
    ['token=&next=/', 401, 'TOKEN_MISSING'],
    ['', 401, 'TOKEN_MISSING'],
    [`token=${DASHBOARD}&token=x`, 400, 'FIELD_REPEATED'],
  ])('that sends %s is refused', async (body, status, code) => {
    await start({ tokens: TOKENS });
    const reply = await send(server, '/sign-in', { method: 'POST', headers: FORM, body });
    expect({ status: reply.status, code: JSON.parse(reply.text).code }).toEqual({ status, code });
  });
});
