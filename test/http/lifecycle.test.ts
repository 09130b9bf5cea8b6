import { connect } from 'node:net';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import { HeldStore, lastJson, sendRaw, startTestServer, statusesOf, type TestServer } from './support.js';
import { uuid } from './table.js';

async function get(url: string) {
  const reply = await request(url);
  return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
}

/** Longer than a test waits: what is to happen earlier must not happen by this. */
const LONG = { headersSeconds: 100, bodySeconds: 100, stopSecondsMax: 100 };

describe('life cycle', () => {
  test('while the store is opened the server is alive, not ready, and takes nothing', async () => {
    const server = await startTestServer({ unopened: true });
    expect(await get(`${server.url}/healthz`)).toMatchObject({ status: 200, text: '{"status":"alive"}' });
    for (const [method, path] of [
      ['GET', '/readyz'],
      ['POST', `/initial?uuid=${uuid(1)}&symbol=e`],
      ['POST', `/followup?uuid=${uuid(1)}`],
      ['GET', '/dashboard/symbol/e'],
      ['GET', '/dashboard/range/2017-06-28/2017-06-30'],
    ] as const) {
      const reply = await request(server.url + path, { method });
      expect(reply.statusCode, path).toBe(503);
      expect(reply.headers['retry-after']).toBe('5');
      expect(reply.headers['content-type']).toBe('application/problem+json');
      expect(await reply.body.json()).toMatchObject({ code: 'STORE_OPENING' });
    }
    expect((await get(`${server.url}/metrics`)).status).toBe(200);
    expect((await get(`${server.url}/openapi.json`)).status).toBe(200);

    await server.data.open();
    server.lifecycle.phase = 'open';
    expect(await get(`${server.url}/readyz`)).toMatchObject({
      status: 200,
      text: '{"status":"ready","survives":"nothing"}',
    });
    expect(await server.stored()).toEqual([]);
    await server.stop();
  });

  test.each<[NonNullable<ReturnType<NonNullable<Store['trouble']>>>, string]>([
    ['the engine is away', 'STORE_UNAVAILABLE'],
    [new TallyboardError('STORE_LOCKED', 'another has it'), 'STORE_LOCKED'],
  ])('is not ready where its store is in trouble, and says by a code which: %s', async (trouble, code) => {
    const server = await startTestServer({ store: Object.assign(new Model(), { trouble: () => trouble }) });
    const reply = await request(`${server.url}/readyz`);
    expect(reply.statusCode).toBe(503);
    expect(await reply.body.json()).toMatchObject({ code });
    await server.stop();
  });

  test('a stop finishes what is in flight, and closes its connection', async () => {
    const store = new HeldStore();
    const server = await startTestServer({ store, limits: LONG });
    const inFlight = sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\n\r\n`,
    ]);
    await expect.poll(() => store.isAsked).toBe(true);
    const stopped = server.stop();
    await server.closedToNew();
    store.letGo();
    const { text } = await inFlight;
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(text.endsWith('\r\n\r\nTrue')).toBe(true);
    await stopped;
    expect(await server.stored()).toHaveLength(1);
    await expect(request(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  /** What is answered to a request of which the last line comes when the server is being stopped already. */
  async function sendWhileStopping(server: TestServer, head: string): Promise<string> {
    // Who is half-way through a request has a second, however busy the machine is.
    server.app.closeUnused = () => {};
    const connected = server.nextConnection();
    let stopped: Promise<void> | undefined;
    const { text } = await sendRaw(server.port, [
      head,
      async () => {
        await connected;
        stopped = server.stop();
        await server.closedToNew();
      },
      '\r\n',
    ]);
    await stopped;
    return text;
  }

  test('a request that comes on a live connection while the server stops is refused', async () => {
    const server = await startTestServer({ limits: LONG });
    const head = `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\n`;
    const text = await sendWhileStopping(server, head);
    expect(statusesOf(text)).toEqual([503]);
    expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(text.toLowerCase()).toContain('\r\nretry-after: 1\r\n');
    expect(text).toContain('application/problem+json');
    expect(lastJson(text).code).toBe('SERVER_STOPPING');
    expect(await server.stored()).toEqual([]);
  });

  test('the process counts as alive for as long as it answers', async () => {
    const server = await startTestServer({ limits: LONG });
    expect(statusesOf(await sendWhileStopping(server, 'GET /healthz HTTP/1.1\r\nHost: x\r\n'))).toEqual([
      200,
    ]);
  });

  test('a request that is never answered is cut off after stopSecondsMax', async () => {
    const store = new HeldStore();
    const server = await startTestServer({ store, limits: { ...LONG, stopSecondsMax: 0.3 } });
    const cut = sendRaw(server.port, [`POST /followup?uuid=${uuid(1)} HTTP/1.1\r\nHost: x\r\n\r\n`]);
    await expect.poll(() => store.isAsked).toBe(true);
    const started = performance.now();
    const stopped = server.stop();
    expect(await cut).toMatchObject({ text: '', isEnded: true });
    expect((performance.now() - started) / 1000).toBeGreaterThan(0.25);
    store.letGo();
    await stopped;
  });

  test('idle connections do not hold the stop up', async () => {
    const server = await startTestServer({ limits: LONG });
    // What closes connections that were never used must not be what closes this one.
    server.app.closeUnused = () => {};
    expect((await get(`${server.url}/healthz`)).status).toBe(200);
    const started = performance.now();
    await server.stop();
    expect((performance.now() - started) / 1000).toBeLessThan(50);
  });

  test.each([
    ['has sent nothing', ''],
    ['has sent half of a request', 'POST /initial HTTP/1.1\r\nHost: x\r\n'],
  ])('a connection that %s holds the stop up for a moment only', async (_, sent) => {
    const server = await startTestServer({ limits: LONG });
    const connected = server.nextConnection();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(sent);
    const taken = await connected;
    await expect.poll(() => taken.bytesRead).toBe(sent.length);
    const started = performance.now();
    await server.stop();
    expect((performance.now() - started) / 1000).toBeLessThan(50);
  });
});
