import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRaw, startTestServer, type TestServer } from './support.js';

const SCRIPT = 'export const answer = 42;\n'.repeat(100);

describe('the page', () => {
  let folder: string;
  let server: TestServer;

  beforeAll(async () => {
    const parent = await mkdtemp(join(tmpdir(), 'tallyboard-page-'));
    folder = join(parent, 'web');
    await mkdir(join(folder, 'assets'), { recursive: true });
    await writeFile(join(parent, 'secret.txt'), 'not for the web');
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Tallyboard</title>');
    await writeFile(join(folder, 'assets', 'app-1a2b3c.js'), SCRIPT);
    await writeFile(join(folder, 'assets', 'app-1a2b3c.js.br'), brotliCompressSync(SCRIPT));
    server = await startTestServer({ pageFolder: folder });
  });
  afterAll(async () => {
    await server.stop();
    await rm(join(folder, '..'), { recursive: true });
  });

  async function get(path: string, headers: Record<string, string> = {}) {
    const reply = await request(server.url + path, { headers });
    const bytes = Buffer.from(await reply.body.arrayBuffer());
    return { status: reply.statusCode, headers: reply.headers, bytes, text: bytes.toString() };
  }

  test('is at the root, never taken from a cache unasked, and loads nothing of others', async () => {
    const { status, headers, text } = await get('/?range=today');
    expect({ status, text }).toEqual({ status: 200, text: '<!doctype html><title>Tallyboard</title>' });
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers['set-cookie']).toBeUndefined();
    const again = await get('/', { 'if-none-match': String(headers.etag) });
    expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: '' });
  });

  test('is kept by no browser where a token is asked for, so that the way back after a sign-out shows nothing', async () => {
    const token = 'the-dashboard-token-1';
    const guarded = await startTestServer({ pageFolder: folder, tokens: { dashboard: token } });
    const reply = await request(guarded.url, { headers: { authorization: `Bearer ${token}` } });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['cache-control']).toBe('no-store');
    await reply.body.dump();
    await guarded.stop();
  });

  test('has assets that are kept for good', async () => {
    const { headers, text } = await get('/assets/app-1a2b3c.js');
    expect(text).toBe(SCRIPT);
    expect(headers).toMatchObject({
      'content-type': 'application/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
  });

  test('has them compressed, where the build has done so', async () => {
    const { headers, bytes } = await get('/assets/app-1a2b3c.js', { 'accept-encoding': 'gzip, br' });
    expect(headers).toMatchObject({
      'content-encoding': 'br',
      'content-type': 'application/javascript; charset=utf-8',
    });
    expect(brotliDecompressSync(bytes).toString()).toBe(SCRIPT);
  });

  test.each(['bytes=0-3', 'bytes=-4', 'bytes=999999-', 'bytes=0-1,4-5', 'bytes=9-2', 'lines=1-2'])(
    'are given whole, whatever part is asked for: %s',
    async (range) => {
      for (const path of ['/assets/app-1a2b3c.js', '/']) {
        const whole = await get(path);
        const { status, headers, text } = await get(path, { range });
        expect({ status, text }).toEqual({ status: 200, text: whole.text });
        expect(headers).not.toHaveProperty('content-range');
        expect(headers['accept-ranges']).not.toBe('bytes');
      }
    },
  );

  test.each([
    '/assets/app-2.js',
    '/assets/',
    '/assets',
    '/assets/%2e%2e/index.html',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/%252e%252e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%00',
    '/assets/.hidden',
    '/index.html',
    '/secret.txt',
  ])('has nothing at %s', async (path) => {
    // A client would tidy the path up before it sends it.
    const { text } = await sendRaw(server.port, [
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    ]);
    expect(text).toMatch(/^HTTP\/1\.1 40[0-9] /);
    expect(text).toContain('application/problem+json');
    expect(text).not.toContain('not for the web');
    expect(text).not.toContain('max-age');
  });

  test('has the documents as plain text, which a browser shows', async () => {
    const { statusCode, headers, body } = await request(new URL('/docs/contract.md', server.url));
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await body.text()).toMatch(/^# /);
  });

  test('says so where it is not built, while the rest answers', async () => {
    const bare = await startTestServer();
    const reply = await request(bare.url);
    expect(reply.statusCode).toBe(404);
    expect(await reply.body.json()).toMatchObject({
      code: 'NOT_FOUND',
      detail: expect.stringContaining('npm run build'),
    });
    await bare.stop();
  });
});
