import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { lastJson, sendRaw, startTestServer, statusesOf, type TestServer } from './support.js';
import { uuid } from './table.js';

const GET = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
const LAST_GET = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

describe('limits', () => {
  let server: TestServer;
  afterEach(async () => {
    expect(await server.stored()).toEqual([]);
    await server.stop();
  });

  function expectProblem(text: string, status: number, code: string): void {
    expect(statusesOf(text)).toEqual([status]);
    expect(text).toContain('application/problem+json');
    expect(lastJson(text)).toMatchObject({ status, code });
  }

  test('headers that do not come within headersSeconds: 408', async () => {
    // No other time-out is as short as what is waited for here.
    server = await startTestServer({ limits: { headersSeconds: 0.3, bodySeconds: 100 } });
    const drip = Array.from({ length: 500 }, (_, index) => [
      `X-${index}: y\r\n`,
      { waitSeconds: 0.1 },
    ]).flat();
    const { text, seconds, isEnded } = await sendRaw(server.port, [
      'POST /initial HTTP/1.1\r\nHost: x\r\n',
      ...drip,
    ]);
    expectProblem(text, 408, 'REQUEST_TIMEOUT');
    expect(seconds).toBeGreaterThan(0.3);
    expect(isEnded).toBe(true);
  });

  test('a connection on which nothing comes at all is closed as well', async () => {
    server = await startTestServer({ limits: { headersSeconds: 0.3, bodySeconds: 100 } });
    const { text, isEnded } = await sendRaw(server.port, []);
    expectProblem(text, 408, 'REQUEST_TIMEOUT');
    expect(isEnded).toBe(true);
  });

  test('a body that does not come within bodySeconds: 408', async () => {
    server = await startTestServer({ limits: { headersSeconds: 0.3, bodySeconds: 0.4 } });
    const { text, seconds, isEnded } = await sendRaw(server.port, [
      'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"uuid"',
    ]);
    expectProblem(text, 408, 'REQUEST_TIMEOUT');
    expect(seconds).toBeGreaterThan(0.4);
    expect(isEnded).toBe(true);
  });

  test('headers beyond headerBytesMax: 431', async () => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      `POST /initial HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(9000)}\r\n\r\n`,
    ]);
    expectProblem(text, 431, 'HEADERS_TOO_LARGE');
  });

  test('headerBytesMax is what is set', async () => {
    server = await startTestServer({ limits: { headerBytesMax: 600 } });
    const withBytes = (bytes: number) =>
      sendRaw(server.port, [
        `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: ${'y'.repeat(bytes)}\r\n\r\n`,
      ]);
    expect(statusesOf((await withBytes(500)).text)).toEqual([200]);
    expect(statusesOf((await withBytes(700)).text)).toEqual([431]);
  });

  test.each([3_000, 15_000])('a URL of %i bytes: 414', async (bytes) => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      `GET /dashboard/symbol/${'e'.repeat(bytes)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ]);
    expectProblem(text, 414, 'URL_TOO_LONG');
  });

  test('urlBytesMax is what is set', async () => {
    server = await startTestServer({ limits: { urlBytesMax: 30 } });
    const path = (bytes: number) => `/healthz?${'x'.repeat(bytes - 9)}`;
    const get = (bytes: number) =>
      sendRaw(server.port, [`GET ${path(bytes)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
    expect(statusesOf((await get(30)).text)).toEqual([200]);
    expect(statusesOf((await get(31)).text)).toEqual([414]);
  });

  test.each(['Content-Length: 5000', 'Transfer-Encoding: chunked'])(
    'a body beyond bodyBytesMax (%s): 413, and the connection goes on',
    async (framing) => {
      server = await startTestServer();
      const body = 'x'.repeat(5000);
      const sent = framing.startsWith('Transfer') ? `1388\r\n${body}\r\n0\r\n\r\n` : body;
      const { text } = await sendRaw(server.port, [
        `POST /initial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`,
        { waitSeconds: 0.1 },
        sent.slice(0, 4500),
        { waitSeconds: 0.1 },
        sent.slice(4500),
        LAST_GET,
      ]);
      expect(statusesOf(text)).toEqual([413, 200]);
      expect(text).toContain('BODY_TOO_LARGE');
    },
  );

  test('an idle connection is closed after idleSeconds', async () => {
    server = await startTestServer({ limits: { idleSeconds: 0.5 } });
    const { text, seconds, isEnded } = await sendRaw(server.port, [GET]);
    expect(statusesOf(text)).toEqual([200]);
    expect(seconds).toBeGreaterThan(0.4);
    expect(isEnded).toBe(true);
  });

  test('connections beyond connectionsMax are closed at once, and counted', async () => {
    server = await startTestServer({ limits: { connectionsMax: 2 } });
    const sockets = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const { text, isEnded } = await sendRaw(server.port, [GET]);
    expect({ text, isEnded }).toEqual({ text: '', isEnded: true });
    sockets[0]!.destroy();
    await expect.poll(async () => statusesOf((await sendRaw(server.port, [LAST_GET])).text)).toEqual([200]);
    const { text: metrics } = await sendRaw(server.port, [
      'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ]);
    expect(metrics).toMatch(/^tallyboard_http_connections_dropped_total [1-9]/m);
    for (const socket of sockets) socket.destroy();
  });
});

describe('malformed HTTP', () => {
  let server: TestServer;
  afterEach(async () => {
    await server.stop();
  });

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n'],
    ['HTTP/9.9', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a header without colon', 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n'],
    [
      'both framings',
      'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
    ['a negative length', 'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc'],
    [
      'a bad chunk',
      'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['a null byte in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n'],
    ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n'],
    ['one Host twice', 'GET /healthz HTTP/1.0\r\nHost: x\r\nHOST: x\r\n\r\n'],
    [
      'two types',
      'POST /initial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
    ],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('%s: 400', async (_name, bytes) => {
    server = await startTestServer();
    const { text, isEnded } = await sendRaw(server.port, [bytes]);
    expect(statusesOf(text), text).toEqual([400]);
    expect(text).toContain('application/problem+json');
    expect(lastJson(text)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(isEnded).toBe(true);
    expect(await server.stored()).toEqual([]);
  });

  test('CONNECT: 405', async () => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, ['CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n']);
    expect(statusesOf(text)).toEqual([405]);
    expect(text).toMatch(/\r\nallow: \r\n/i);
    expect(lastJson(text).code).toBe('METHOD_NOT_ALLOWED');
  });

  test('OPTIONS *: 404', async () => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ]);
    expect(statusesOf(text)).toEqual([404]);
    expect(lastJson(text).code).toBe('NOT_FOUND');
  });

  test('an absolute-form target, an unknown expectation and HTTP/1.0 are served', async () => {
    server = await startTestServer();
    for (const [index, bytes] of [
      (u: string) =>
        `POST http://elsewhere/initial?uuid=${u}&symbol=e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      (u: string) =>
        `POST /initial?uuid=${u}&symbol=e HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n`,
      (u: string) => `POST /initial?uuid=${u}&symbol=e HTTP/1.0\r\n\r\n`,
      (u: string) =>
        `POST /initial HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n30\r\n${`uuid=${u}&symb`.padEnd(48, '=')}\r\n7\r\n&symbol\r\n2\r\n=e\r\n0\r\n\r\n`,
    ].entries()) {
      const { text } = await sendRaw(server.port, [bytes(uuid(index))]);
      expect(statusesOf(text), text).toEqual([200]);
      expect(text.endsWith('True')).toBe(true);
    }
    expect(await server.stored()).toHaveLength(4);
  });

  test.each([
    ['text/plain;charset=UTF-8', '', 200],
    ['x', '', 200],
    ['application/x-www-form-urlencoded', '', 200],
    ['application/json', '', 200],
    ['text/plain', '1\r\nx\r\n', 415],
    ['x', '1\r\nx\r\n', 415],
  ])('a body in chunks of the type %s, %j: %i', async (type, chunk, status) => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n${LAST_GET}`,
    ]);
    expect(statusesOf(text), text).toEqual([status, 200]);
    expect(await server.stored()).toHaveLength(status === 200 ? 1 : 0);
  });

  test('a body that is compressed for the way: 415', async () => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    ]);
    expect(statusesOf(text)).toEqual([415]);
    expect(lastJson(text).code).toBe('ENCODING_UNSUPPORTED');
    expect(await server.stored()).toEqual([]);
  });

  test('pipelined requests are answered in their order', async () => {
    server = await startTestServer();
    const requests = Array.from(
      { length: 20 },
      (_, index) =>
        `POST /initial?uuid=${uuid(index)}&symbol=${index % 2 ? 'e' : 'k'} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const { text } = await sendRaw(server.port, [requests.join('') + LAST_GET]);
    expect(text.match(/True|False/g)).toEqual(requests.map((_, index) => (index % 2 ? 'True' : 'False')));
    expect(await server.stored()).toHaveLength(20);
  });

  test('garbage behind a good request does not take its answer away', async () => {
    server = await startTestServer();
    const { text } = await sendRaw(server.port, [
      `POST /initial?uuid=${uuid(1)}&symbol=e HTTP/1.1\r\nHost: x\r\n\r\n\x00garbage\r\n\r\n`,
    ]);
    expect(statusesOf(text)).toEqual([200, 400]);
    expect(await server.stored()).toHaveLength(1);
  });
});
