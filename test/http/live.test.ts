import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { EMPTY, EMPTY_SPLIT } from '../../src/domain/tally.js';
import { parseInstant } from '../../src/domain/time.js';
import type { LiveMessage } from '../../src/http/routes/dashboard-schemas.js';
import { connectLive, type LiveClient } from './live-client.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support.js';
import { uuid } from './table.js';

let server: TestServer;
let pool: Pool;
let clients: LiveClient[] = [];

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
  pool = new Pool(server.url, { connections: 16 });
}

async function connect(headers: Record<string, string> = {}): Promise<LiveClient> {
  const client = await connectLive(server.url, headers);
  clients.push(client);
  return client;
}

async function post(path: string): Promise<void> {
  const reply = await pool.request({ method: 'POST', path });
  expect(reply.statusCode).toBe(200);
  await reply.body.dump();
}

/** How many events the messages are about, those that they list and those that they leave out. */
function toldIn(messages: LiveClient['received']): number {
  return messages.reduce((sum, { message }) => sum + message.events.length + (message.missed ?? 0), 0);
}

function summary({ url, symbol, replay }: LiveMessage['events'][number]) {
  return [url, symbol, replay];
}

/** The model looks at every event for each tally, and slow totals are asked for less often; this one counts. */
function quickStore(): Store {
  const store = new Model();
  let count = 0;
  return Object.assign(store, {
    async append(batch: readonly ContactEvent[]) {
      count += batch.length;
      return batch.map(() => ({ status: 'accepted' as const, isVowel: true }));
    },
    async tallyOfSymbol(symbol: string) {
      return symbol === 'e' ? { vowel: { ...EMPTY, count }, consonant: EMPTY } : EMPTY_SPLIT;
    },
  });
}

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await pool.close();
  await server.stop();
});

describe('live messages', () => {
  test('begin with the totals and the newest events, also those of before the start', async () => {
    const store = new Model();
    await store.append(
      Array.from({ length: 60 }, (_, i) => ({
        kind: 'initial' as const,
        id: i,
        uuid: uuid(i),
        symbol: 'e',
        isVowel: true,
        at: 1_000_000 * i,
        replay: false,
      })),
    );
    await start({ store });
    await post(`/initial?uuid=${uuid(100)}&symbol=z`);
    const client = await connect();
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
    });
    await client.waitFor(1);
    const { message } = client.received[0]!;
    expect(message).toMatchObject({
      newestAt: '2017-06-28 19:34:14.486693',
      oldestAt: '1970-01-01 00:00:00.000000',
      totals: { contacts: 61, followups: 0, unmatched: 0, replays: 0 },
      missed: null,
    });
    expect(message.events.map((event) => event.uuid)).toEqual([
      ...Array.from({ length: 49 }, (_, i) => uuid(11 + i)),
      uuid(100),
    ]);
    expect(message.events.at(-1)).toEqual({
      uuid: uuid(100),
      symbol: 'z',
      is_vowel: false,
      url: 'initial',
      date: '2017-06-28 19:34:14.486693',
      replay: false,
    });
  });

  test('follow a request, with what it changed', async () => {
    await start();
    const client = await connect();
    await client.waitFor(1);
    expect(client.received[0]!.message).toMatchObject({
      newestAt: null,
      oldestAt: null,
      events: [],
      missed: null,
    });
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await post(`/followup?uuid=${uuid(2)}`);
    // On a busy machine they may be told in more than one message.
    await expect.poll(() => toldIn(client.received.slice(1))).toBe(3);
    const messages = client.received.slice(1).map(({ message }) => message);
    expect(messages.at(-1)!.totals).toEqual({ contacts: 1, followups: 0, unmatched: 1, replays: 1 });
    expect(messages.map(({ missed }) => missed)).toEqual(messages.map(() => 0));
    expect(messages.flatMap(({ events }) => events).map((event) => summary(event))).toEqual([
      ['initial', 'e', false],
      ['initial', 'e', true],
      ['followup', null, false],
    ]);
  });

  test('are at most two a second whatever the load, and say how many events they leave out', async () => {
    // What a message says of its time is when it was sent: a busy client reads it later.
    await start({ store: quickStore(), now: () => Math.floor(performance.now() * 1000) });
    const client = await connect();
    await client.waitFor(1);
    let sent = 0;
    const messages = () => client.received.slice(1);
    const isEnough = () => messages().length >= 4 && messages().some(({ message }) => message.missed! > 0);
    const load = Array.from({ length: 8 }, async () => {
      while (!isEnough()) {
        sent += 1;
        await post(`/initial?uuid=${uuid(sent)}&symbol=e`);
      }
    });
    await Promise.all(load);
    await expect.poll(() => toldIn(messages())).toBe(sent);
    expect(messages().at(-1)!.message.totals.contacts).toBe(sent);
    expect(Math.max(...messages().map(({ message }) => message.events.length))).toBe(50);
    // The first message comes when the client connects, whenever that is.
    const times = messages().map(({ message }) => parseInstant(message.now)! / 1000);
    for (let i = 2; i < times.length; i += 1) expect(times[i]! - times[i - 2]!).toBeGreaterThan(850);
    // Nothing more is said where nothing more happens.
    const { length } = client.received;
    await pause(700);
    expect(client.received.length).toBe(length);
  });

  test('go on after a break where they stopped', async () => {
    await start();
    const first = await connect();
    await first.waitFor(1);
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await first.waitFor(2);
    const { id } = first.received[1]!;
    first.close();
    for (let i = 2; i < 62; i += 1) await post(`/initial?uuid=${uuid(i)}&symbol=e`);
    const again = await connect({ 'last-event-id': id });
    // Where the totals took long to read, what is known already is told first.
    await expect.poll(() => toldIn(again.received)).toBe(60);
    const messages = again.received.map(({ message }) => message);
    const listed = messages.flatMap(({ events }) => events).map((event) => event.uuid);
    expect(listed.slice(-50)).toEqual(Array.from({ length: 50 }, (_, i) => uuid(12 + i)));
    expect(messages.at(-1)!.totals.contacts).toBe(61);
    // Nothing happened since: the totals are said again, no event.
    const third = await connect({ 'last-event-id': again.received.at(-1)!.id });
    await third.waitFor(1);
    expect(third.received[0]!.message).toMatchObject({ events: [], missed: 0, totals: { contacts: 61 } });
  });

  test.each(['0123456789ab-1', 'x', '', `-1`, '9'.repeat(40)])(
    'begin anew after an id that is not of this server: %s',
    async (id) => {
      await start();
      await post(`/initial?uuid=${uuid(1)}&symbol=e`);
      const client = await connect({ 'last-event-id': id });
      await client.waitFor(1);
      expect(client.received[0]!.message).toMatchObject({ missed: null, events: [{ uuid: uuid(1) }] });
    },
  );

  test('do not take an id from the future of this server', async () => {
    await start();
    const client = await connect();
    await client.waitFor(1);
    const name = client.received[0]!.id.split('-')[0];
    const other = await connect({ 'last-event-id': `${name}-7` });
    await other.waitFor(1);
    expect(other.received[0]!.message.missed).toBeNull();
  });

  test('end when the server stops, and keep it from nothing', async () => {
    await start({ limits: { stopSecondsMax: 100 } });
    const client = await connect();
    await client.waitFor(1);
    const began = performance.now();
    await server.stop();
    await client.ended;
    expect(performance.now() - began).toBeLessThan(50_000);
  });

  test('are refused to whom the server stops under while the first is made', async () => {
    const store = new Model();
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      Object.assign(store, {
        unmatched: () => {
          resolve();
          return new Promise<number>((done) => {
            answer = () => done(0);
          });
        },
      });
    });
    await start({ store, limits: { stopSecondsMax: 100 } });
    const connecting = connect();
    await asked;
    const stopped = server.stop();
    await server.closedToNew();
    answer();
    expect((await connecting).status).toBe(503);
    await stopped;
  });

  test('are refused while the store is not open, and where it fails', async () => {
    const store = new Model();
    let fails = true;
    const broken = Object.assign(store, {
      unmatched: async () => {
        if (fails) throw new Error('the engine is gone');
        return 0;
      },
    });
    await start({ store: broken, unopened: true });
    expect((await connect()).status).toBe(503);
    await server.data.open();
    server.lifecycle.phase = 'open';
    expect((await connect()).status).toBe(503);
    fails = false;
    const client = await connect();
    expect(client.status).toBe(200);
    await client.waitFor(1);

    // A client that is connected waits until the store is well again.
    fails = true;
    await post(`/initial?uuid=${uuid(1)}&symbol=e`);
    await expect
      .poll(() => server.lines.map((line) => line.message))
      .toContain('live pages wait: the totals cannot be read');
    expect(client.received.length).toBe(1);
    fails = false;
    await client.waitFor(2);
    expect(client.received[1]!.message).toMatchObject({ totals: { contacts: 1 }, events: [{}], missed: 0 });
  });

  test('need no HEAD', async () => {
    await start();
    const reply = await pool.request({ method: 'HEAD', path: '/dashboard/live' });
    expect({ status: reply.statusCode, allow: reply.headers.allow }).toEqual({ status: 405, allow: 'GET' });
    await reply.body.dump();
  });
});
