import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientError, createClient, type LiveMessage } from '../../src/client/index.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../http/support.js';
import { type EngineProxy, startProxy } from '../stores/shared/proxy.js';
import { until } from '../stores/shared/until.js';
import { uuidOf } from '../transfer/support.js';

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  toClose.push(() => server.stop());
  return server;
}

/** A server behind what can cut its connections. */
async function startCut(): Promise<{ server: TestServer; proxy: EngineProxy; url: string }> {
  const server = await start();
  const proxy = await startProxy(server.port);
  toClose.push(() => proxy.close());
  return { server, proxy, url: `http://127.0.0.1:${proxy.port}` };
}

describe('the client', () => {
  it('asks all that it offers', async () => {
    const client = createClient(`${(await start()).url}/`);
    const { uuid, ...first } = await client.initial('e');
    expect(first).toEqual({ symbol: 'e', isVowel: true, replayed: false });
    expect(await client.followup(uuid)).toEqual({ uuid, replayed: false });
    const again = await client.initial('e', { uuid: uuid.toUpperCase() });
    expect(again).toEqual({ uuid, symbol: 'e', isVowel: true, replayed: true });
    const row = await client.symbol('e');
    expect(row).toMatchObject({ count: 1, followups: 1, earliest: '2017-06-28 19:34:14.486693' });
    const symbols = async (lower: string, upper: string, tz?: string) =>
      (await client.range(lower, upper, tz === undefined ? {} : { tz })).filter(({ count }) => count > 0);
    expect(await symbols('2017-06-28', '2017-06-29')).toEqual([row]);
    expect(await symbols('2017-06-29', '2017-06-30', 'Asia/Tokyo')).toEqual([row]);
    expect(await symbols('2017-06-28T19:34+00:00', '2017-06-28 19:35')).toEqual([row]);
    const series = await client.series('2017-06-28', '2017-06-30', { every: 'day', symbol: 'e' });
    expect(series.buckets.map(({ contacts }) => contacts)).toEqual([1, 0]);
  });

  it('logs many events at once, with a result for each', async () => {
    const server = await start();
    const client = createClient(server.url);
    const [one, two] = [uuidOf(1), uuidOf(2)];
    const items = [{ uuid: one, symbol: 'e' }, { uuid: two, symbol: 'E' }, { uuid: one }];
    const first = await client.batch(items);
    expect(first).toMatchObject({ accepted: 2, replayed: 0, refused: 1 });
    expect(first.results).toEqual([
      { uuid: one, symbol: 'e', isVowel: true, replayed: false },
      expect.objectContaining({ status: 400, code: 'SYMBOL_INVALID' }),
      { uuid: one, replayed: false },
    ]);
    expect(await client.batch(items)).toMatchObject({ accepted: 0, replayed: 2, refused: 1 });
    expect(await client.symbol('e')).toMatchObject({ count: 1, followups: 1 });
  });

  it.each(['localhost:5000', 'ftp://localhost', 'nonsense'])('refuses %s at once', (url) => {
    expect(() => createClient(url)).toThrow(/is not the address of a server: write one such as http/);
  });

  it('names a contact anew each time, by a random uuid of version 4', async () => {
    const client = createClient((await start()).url);
    const uuids = await Promise.all(Array.from({ length: 20 }, async () => (await client.initial('a')).uuid));
    expect(new Set(uuids).size).toBe(20);
    for (const uuid of uuids) expect(uuid).toMatch(/^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/);
  });

  it('tells a refusal at once, with its code', async () => {
    const server = await start({ tokens: { dashboard: 'look', ingest: 'log' } });
    const client = createClient(server.url, { tokens: { dashboard: 'look', ingest: 'log' } });
    const uuid = uuidOf(1);
    await client.initial('e', { uuid });
    const refusals = [
      [client.initial('é'), 'SYMBOL_INVALID', 400],
      [client.initial('x', { uuid }), 'SYMBOL_CONFLICT', 409],
      [client.range('today', 'tomorrow'), 'BOUND_INVALID', 400],
      [createClient(server.url).initial('e'), 'TOKEN_MISSING', 401],
      [createClient(server.url).symbol('e'), 'TOKEN_MISSING', 401],
      [createClient(`${server.url}/elsewhere`).initial('e'), 'NOT_FOUND', 404],
      [createClient(server.url).live().next(), 'TOKEN_MISSING', 401],
    ] as const;
    for (const [refused, code, status] of refusals) {
      const error = await refused.catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: 'ClientError', code, status, transient: false });
    }
    expect(await server.stored()).toHaveLength(1);
  });

  it('sends again what was stored and not answered, which counts once', async () => {
    const { server, proxy, url } = await startCut();
    const client = createClient(url);
    for (const uuid of [uuidOf(1), uuidOf(2)]) {
      proxy.cutAtReply(0);
      expect(await client.initial('e', { uuid })).toMatchObject({ uuid, isVowel: true, replayed: true });
    }
    expect(proxy.cuts).toBe(2);
    expect((await server.stored()).map(({ replay }) => replay)).toEqual([false, true, false, true]);
    expect(await client.symbol('e')).toMatchObject({ count: 2 });
  });

  it('waits while a server stops, until there is one again', async () => {
    const server = await start();
    server.lifecycle.phase = 'stopping';
    const answered = createClient(server.url).initial('e');
    await once(server.app.server, 'request');
    server.lifecycle.phase = 'open';
    expect(await answered).toMatchObject({ replayed: false });
  });

  it('says after the last attempt that nobody answered, and which contact it was', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    toClose.push(() => new Promise((resolve) => silent.close(resolve)));
    let requests = 0;
    silent.on('connection', (socket) => {
      socket.on('data', () => {
        requests += 1;
      });
      socket.on('error', () => {});
      toClose.push(async () => socket.destroy());
    });
    const options = { requestMillisecondsMax: 200, attemptsMax: 2 };
    const uuid = uuidOf(1);
    const call = createClient(`http://127.0.0.1:${port}`, options).followup(uuid);
    await expect(call).rejects.toMatchObject({ code: 'NO_ANSWER', transient: true, status: undefined, uuid });
    expect(requests).toBe(2);
  });

  it('tells what is no Tallyboard from a refusal', async () => {
    const { url } = await start();
    await expect(createClient(`${url}/metrics?`).symbol('e')).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      message: expect.stringContaining('look at the URL'),
    });
  });

  it('gives up for the reason that a signal has', async () => {
    const server = await start({ unopened: true });
    const reason = new Error('enough');
    for (const call of ['initial', 'live'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const client = createClient(server.url);
      const given = call === 'initial' ? client.initial('e', { signal }) : client.live({ signal }).next();
      const rejected = expect(given).rejects.toBe(reason);
      await once(server.app.server, 'request');
      controller.abort(reason);
      await rejected;
    }
  });
});

describe('its live messages', () => {
  it('go on over another connection, with what came meanwhile', async () => {
    const { server, proxy, url } = await startCut();
    const client = createClient(url);
    const direct = createClient(server.url);
    const uuids: string[] = [];
    const messages: LiveMessage[] = [];
    for await (const message of client.live()) {
      messages.push(message);
      uuids.push(...message.events.map(({ uuid }) => uuid));
      if (uuids.length === 3) break;
      if (uuids.length === 1) proxy.cutAfter(0);
      await direct.initial('e', { uuid: uuidOf(uuids.length) });
    }
    expect(uuids).toEqual([uuidOf(0), uuidOf(1), uuidOf(2)]);
    expect(messages.map(({ missed }) => missed)).toEqual([null, 0, 0, 0]);
    expect(messages.at(-1)).toMatchObject({ totals: { contacts: 3 } });
    expect(proxy.cuts).toBe(1);
    await until(async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return /^tallyboard_live_clients 0$/m.test(metrics);
    }, 'the connection to be closed');
  });

  it('end with the error where nobody answers any more', async () => {
    const { server, proxy, url } = await startCut();
    const live = createClient(url, { attemptsMax: 2 }).live();
    await live.next();
    await server.stop();
    await proxy.close();
    const error = (await live.next().catch((caught: unknown) => caught)) as ClientError;
    expect(error).toMatchObject({ code: 'NO_ANSWER', transient: true });
  });
});
