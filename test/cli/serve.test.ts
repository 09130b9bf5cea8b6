import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, serve, startServer } from '../../src/cli/serve/serve.js';
import type { Terminal } from '../../src/cli/terminal/command.js';
import { environmentName, readConfig } from '../../src/cli/terminal/config.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { LIMITS } from '../../src/http/sockets/limits.js';
import { createStore } from '../../src/stores/index.js';

const UUID = '00000000-0000-4000-8000-000000000001';

interface Line {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

function createTerminal() {
  const lines: Line[] = [];
  const line = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const controller = new AbortController();
  const terminal: Terminal = {
    stdout: nowhere,
    stderr: nowhere,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    interrupted: controller.signal,
  };
  return { terminal, lines, interrupt: () => controller.abort('SIGTERM') };
}

function valuesOf(given: Record<string, string | boolean>) {
  return readConfig(serve, [serve], given, {});
}

describe('serve', () => {
  let directory: string;
  let store: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tallyboard-serve-'));
    store = `journal:${join(directory, 'data')}`;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** Runs the command until its server is ready. */
  async function run(given: Record<string, string | boolean>) {
    const { terminal, lines, interrupt } = createTerminal();
    const exitCode = serve.run(valuesOf({ port: '0', store, ...given }), terminal);
    const ready = await Promise.race([
      expect.poll(() => lines.find((line) => line.message === 'ready'), { timeout: 90_000 }).toBeTruthy(),
      exitCode,
    ]);
    const url = lines.find((line) => line.message === 'ready')?.fields.url as string;
    return { ready, url, lines, interrupt, exitCode };
  }

  async function post(url: string) {
    const reply = await request(url, { method: 'POST' });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  }

  test('listens, opens the store, serves, stops when interrupted, and has lost nothing', async () => {
    const first = await run({});
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.lines.map((line) => line.message)).toContain(
      `listening on ${first.url}, opening the store ${store}`,
    );
    const answer = await post(`${first.url}/initial?uuid=${UUID}&symbol=e`);
    expect(answer.status).toBe(200);
    first.interrupt();
    expect(await first.exitCode).toBe(0);
    expect(first.lines.at(-1)?.message).toBe('stopped');
    await expect(post(first.url)).rejects.toThrow(/ECONNREFUSED/);

    const second = await run({});
    const replay = await post(`${second.url}/initial?uuid=${UUID}&symbol=e`);
    expect(replay.text).toBe(answer.text);
    expect(replay.headers['idempotent-replayed']).toBe('true');
    const reply = await request(`${second.url}/dashboard/symbol/e`);
    expect(await reply.body.json()).toMatchObject({ count: 1, followups: 0 });
    second.interrupt();
    expect(await second.exitCode).toBe(0);
  });

  test('dates an event by the system clock, to the microsecond', async () => {
    const { terminal } = createTerminal();
    const server = await startServer({ store, host: '127.0.0.1', port: 0 }, terminal);
    const before = Date.now();
    await post(`${server.url}/initial?uuid=${UUID}&symbol=e`);
    const after = Date.now();
    await server.stop();
    const opened = await createStore(store, { log: terminal.log });
    await opened.open();
    const events: ContactEvent[] = [];
    for await (const event of opened.events()) events.push(event);
    await opened.close();
    expect(events).toHaveLength(1);
    expect(Math.floor(events[0]!.at / 1000)).toBeGreaterThanOrEqual(before);
    expect(Math.floor(events[0]!.at / 1000)).toBeLessThanOrEqual(after);
  });

  test('a seed fixes every guess', async () => {
    const answers = async (given: Record<string, string>) => {
      const server = await run({ store: 'null:', ...given });
      const texts: string[] = [];
      for (let index = 0; index < 64; index += 1) {
        const uuid = UUID.slice(0, -2) + index.toString(16).padStart(2, '0');
        texts.push((await post(`${server.url}/initial?uuid=${uuid}&symbol=y`)).text);
      }
      server.interrupt();
      expect(await server.exitCode).toBe(0);
      return texts.join();
    };
    const one = await answers({ seed: '1' });
    expect(one).toContain('True');
    expect(one).toContain('False');
    expect(await answers({ seed: '1' })).toBe(one);
    expect(await answers({ seed: '2' })).not.toBe(one);
    expect(await answers({})).not.toBe(one);
  });

  test('a port in use ends it with 2 and says which', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    const { terminal, lines } = createTerminal();
    expect(await serve.run(valuesOf({ port: String(port), store }), terminal)).toBe(2);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringMatching(`port ${port} on 127\\.0\\.0\\.1 is in use: stop the other server, or`),
    });
    await new Promise((resolve) => holder.close(resolve));
  });

  test('an address of another machine ends it with 2', async () => {
    const { terminal, lines } = createTerminal();
    expect(await serve.run(valuesOf({ port: '0', host: '192.0.2.1', store }), terminal)).toBe(2);
    expect(lines.at(-1)?.message).toMatch(/192\.0\.2\.1 is no address of this machine: .*--host/);
  });

  test('a store that cannot be opened ends it with 1, and the port is free again', async () => {
    const { terminal } = createTerminal();
    const holder = await startServer({ store, host: '127.0.0.1', port: 0 }, terminal);
    const second = createTerminal();
    expect(await serve.run(valuesOf({ port: '0', store }), second.terminal)).toBe(1);
    expect(second.lines.at(-1)).toMatchObject({ level: 'error', fields: { code: 'STORE_LOCKED' } });
    const { url } = second.lines[0]!.fields as { url: string };
    await expect(post(url)).rejects.toThrow(/ECONNREFUSED/);
    await holder.stop();
  });

  test('a store URL that nobody knows ends it with 2', async () => {
    const { terminal, lines } = createTerminal();
    expect(await serve.run(valuesOf({ port: '0', store: 'cardfile:./x' }), terminal)).toBe(2);
    expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { code: 'STORE_URL_INVALID' } });
  });

  test('interrupted before it is ready, it still closes the store and ends with 0', async () => {
    const { terminal, lines, interrupt } = createTerminal();
    interrupt();
    expect(await serve.run(valuesOf({ port: '0', store }), terminal)).toBe(0);
    expect(lines.map((line) => line.message)).not.toContain('ready');
    const again = await run({});
    again.interrupt();
    expect(await again.exitCode).toBe(0);
  });

  test('stopping twice is stopping once', async () => {
    const { terminal, lines } = createTerminal();
    const server: RunningServer = await startServer({ store: 'null:', host: '127.0.0.1', port: 0 }, terminal);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(lines.filter((line) => line.message === 'stopped')).toHaveLength(1);
  });

  test('each limit is a flag, by its name, that reaches the server', async () => {
    const given = Object.fromEntries(Object.keys(LIMITS).map((name, index) => [name, String(index + 1)]));
    const values = valuesOf(given);
    for (const [index, name] of Object.keys(LIMITS).entries()) expect(values[name], name).toBe(index + 1);
    expect(valuesOf({})).toMatchObject({ ...LIMITS, store: 'journal:./data', host: '127.0.0.1', port: 5000 });
    expect(serve.flags.map(environmentName)).toContain('TALLYBOARD_BODY_BYTES_MAX');

    const server = await run({ store: 'null:', bodyBytesMax: '10', accessLog: true });
    const reply = await request(`${server.url}/initial`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"uuid":"0123456789"}',
    });
    expect(await reply.body.json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      detail: expect.stringContaining('10 bytes'),
    });
    await expect
      .poll(() => server.lines.at(-1))
      .toMatchObject({ message: 'answered', fields: { status: 413 } });
    server.interrupt();
    expect(await server.exitCode).toBe(0);
  });

  const TOKEN = 'a-token-of-24-characters';

  test('tokens are asked for, and never logged', async () => {
    const server = await run({ store: 'null:', dashboardToken: TOKEN, ingestToken: `${TOKEN}-2` });
    const reply = await request(`${server.url}/dashboard/symbol/e`);
    expect(reply.statusCode).toBe(401);
    await reply.body.dump();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const allowed = await request(`${server.url}/dashboard/symbol/e`, { headers });
    expect(allowed.statusCode).toBe(200);
    await allowed.body.dump();
    expect((await post(`${server.url}/initial?uuid=${UUID}&symbol=e`)).status).toBe(401);
    server.interrupt();
    expect(await server.exitCode).toBe(0);
    expect(JSON.stringify(server.lines)).not.toContain(TOKEN);
  });

  test.each([
    ['127.0.0.1', {}, [200, 403]],
    ['127.0.0.1', { allowHost: 'proxy.example, tally.example' }, [200, 200]],
    ['127.0.0.1', { dashboardToken: TOKEN, ingestToken: TOKEN }, [401, 401]],
    ['0.0.0.0', {}, [200, 200]],
  ])('on %s with %o it is known as localhost and as tally.example: %j', async (host, given, statuses) => {
    const server = await run({ store: 'null:', host, ...given });
    const { port } = new URL(server.url);
    const seen: number[] = [];
    for (const name of ['localhost', 'tally.example']) {
      const headers = { host: `${name}:${port}` };
      const reply = await request(`http://127.0.0.1:${port}/dashboard/symbol/e`, { headers });
      seen.push(reply.statusCode);
      await reply.body.dump();
    }
    expect(seen).toEqual(statuses);
    server.interrupt();
    expect(await server.exitCode).toBe(0);
    expect(serve.flags.map(environmentName)).toContain('TALLYBOARD_ALLOW_HOST');
  });

  test.each([
    ['127.0.0.1', {}, undefined],
    ['localhost', {}, undefined],
    ['::1', {}, undefined],
    ['0.0.0.0', { dashboardToken: TOKEN, ingestToken: TOKEN }, undefined],
    [
      '0.0.0.0',
      {},
      /0\.0\.0\.0 can use, without a token, the dashboard .* \(--dashboard-token\) and the POSTs that log events \(--ingest-token\)$/,
    ],
    ['0.0.0.0', { dashboardToken: TOKEN }, /without a token, the POSTs that log events \(--ingest-token\)$/],
    [
      '::',
      { ingestToken: TOKEN },
      /without a token, the dashboard and the raw events \(--dashboard-token\)$/,
    ],
  ])('on %s with %o it warns of what stands open', async (host, given, warning) => {
    const server = await run({ store: 'null:', host, ...given });
    server.interrupt();
    expect(await server.exitCode).toBe(0);
    const warnings = server.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
  });

  test.each([
    ['dashboardToken', 'fifteen-letters'],
    ['ingestToken', 'a token with spaces in it'],
    ['dashboardToken', 'ein-Schlüssel-mit-Umlaut'],
  ])('--%s %s is refused, and not shown', (name, text) => {
    expect(() => valuesOf({ [name]: text })).toThrow(/a token has/);
    expect(() => valuesOf({ [name]: text })).not.toThrow(text);
  });

  test.each([
    ['port', '65536'],
    ['port', 'http'],
    ['bodyBytesMax', '0'],
    ['bodyBytesMax', '1.5'],
    ['headersSeconds', '0'],
    ['headersSeconds', '1e9'],
    ['stopSecondsMax', '100000'],
    ['seed', '-1'],
    ['logLevel', 'loud'],
    ['allowHost', 'https://tally.example'],
    ['allowHost', 'tally.example:443'],
    ['allowHost', 'tally.example,'],
    ['allowHost', '*'],
  ])('--%s %s is refused', (name, text) => {
    expect(() => valuesOf({ [name]: text })).toThrow();
  });
});
