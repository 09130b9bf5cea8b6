import { connect } from 'node:net';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/contract/data-interface.js';
import { Model } from '../../src/contract/model.js';
import { lastJson, sendRaw, startTestServer, statusesOf } from './support.js';
import { uuid } from './table.js';

async function get(url: string) {
  const reply = await request(url);
  return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
}

/** A store whose appends take a while. */
class SlowStore extends Model {
  override async append(batch: Parameters<Model['append']>[0]): Promise<readonly Outcome[]> {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return super.append(batch);
  }
}

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

  test('a stop finishes what is in flight, and closes its connection', async () => {
    const server = await startTestServer({ store: new SlowStore() });
    const inFlight = sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\n\r\n`,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = server.stop();
    const { text } = await inFlight;
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(text.endsWith('\r\n\r\nTrue')).toBe(true);
    await stopped;
    expect(await server.stored()).toHaveLength(1);
    await expect(request(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a request that comes on a live connection while the server stops is refused', async () => {
    const server = await startTestServer();
    const pending = sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\n`,
      { waitSeconds: 0.4 },
      '\r\n',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const stopped = server.stop();
    const { text } = await pending;
    expect(statusesOf(text)).toEqual([503]);
    expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(text.toLowerCase()).toContain('\r\nretry-after: 1\r\n');
    expect(text).toContain('application/problem+json');
    expect(lastJson(text).code).toBe('SERVER_STOPPING');
    await stopped;
    expect(await server.stored()).toEqual([]);
  });

  test('the process counts as alive for as long as it answers', async () => {
    const server = await startTestServer();
    const pending = sendRaw(server.port, [
      'GET /healthz HTTP/1.1\r\nHost: x\r\n',
      { waitSeconds: 0.3 },
      '\r\n',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = server.stop();
    expect(statusesOf((await pending).text)).toEqual([200]);
    await stopped;
  });

  test('a connection that never ends is cut after stopSecondsMax', async () => {
    const server = await startTestServer({ limits: { stopSecondsMax: 0.3 } });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST /initial HTTP/1.1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = performance.now();
    await server.stop();
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(0.25);
    expect(seconds).toBeLessThan(2);
    await closed;
  });

  test('idle connections do not hold the stop up', async () => {
    const server = await startTestServer({ limits: { stopSecondsMax: 5 } });
    expect((await get(`${server.url}/healthz`)).status).toBe(200);
    const started = performance.now();
    await server.stop();
    expect((performance.now() - started) / 1000).toBeLessThan(1);
  });

  test.each([
    ['has sent nothing', ''],
    ['has sent half of a request', 'POST /initial HTTP/1.1\r\nHost: x\r\n'],
  ])('a connection that %s holds the stop up for a moment only', async (_, sent) => {
    const server = await startTestServer({ limits: { stopSecondsMax: 8 } });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('connect', resolve));
    socket.write(sent);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = performance.now();
    await server.stop();
    expect((performance.now() - started) / 1000).toBeLessThan(4);
  });
});
