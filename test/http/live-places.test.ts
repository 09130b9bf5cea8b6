import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataInterface } from '../../src/contract/group-commit.js';
import { Model } from '../../src/contract/model.js';
import { LiveFeed } from '../../src/http/live/feed.js';
import { LiveHub } from '../../src/http/live/hub.js';
import { connectLive, type LiveClient } from './live-client.js';
import { expectTaken, startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

const LIVE = 'GET /dashboard/live HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Time passes only where a test says so; connections go on by themselves. */
describe('the places of live clients', () => {
  let server: TestServer;
  const clients: LiveClient[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    server = await startTestServer({ limits: { liveClientsMax: 3 } });
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const client of clients.splice(0)) client.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.stop();
  });

  async function come(): Promise<LiveClient> {
    const client = await connectLive(server.url);
    clients.push(client);
    return client;
  }

  /** Takes a place, and reads nothing of what comes. */
  async function comeToReadNothing(): Promise<Socket> {
    const connected = server.nextConnection();
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    socket.write(LIVE);
    const taken = await connected;
    // Not by a poll, which has time pass.
    while (taken.bytesWritten < 100) await pause(10);
    return socket;
  }

  test('are so many, and one that is left is taken again', async () => {
    const taken = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return /^tallyboard_live_clients (\d+)$/m.exec(metrics)?.[1];
    };
    const first = await come();
    await come();
    await come();
    const { status, headers } = await come();
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '5' });
    first.close();
    await expect.poll(taken).toBe('2');
    expect((await come()).status).toBe(200);
  });

  test('are lost to others by those who read nothing, in the time that a refused one is asked to wait', async () => {
    const silent: Socket[] = [];
    for (let place = 0; place < 3; place += 1) silent.push(await comeToReadNothing());
    expect((await come()).status).toBe(429);
    vi.advanceTimersByTime(5000);
    expect((await come()).status).toBe(200);
    // It was told so as the end of its answer.
    let text = '';
    silent[0]!.on('data', (bytes) => {
      text += bytes;
    });
    await expect.poll(() => text).toMatch(/\r\n0\r\n\r\n$/);
  });

  test('are kept by those who end their half of the connection, until they go altogether', async () => {
    const connected = server.nextConnection();
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.end(LIVE);
    const connection = await connected;
    await expect.poll(() => connection.readableEnded).toBe(true);
    await expectTaken(server, `/followup?uuid=${uuid(1)}`);
    await expect.poll(() => text).toContain(`"uuid":"${uuid(1)}"`);
    socket.destroy();
    await expect.poll(() => connection.destroyed).toBe(true);
  });
});

/** A page reads what comes, and comes back where its line ends; whoever reads nothing does neither. */
describe('when others want places', () => {
  let hub: LiveHub;
  beforeEach(() => {
    vi.useFakeTimers();
    hub = new LiveHub({
      data: dataInterface(new Model()),
      feed: new LiveFeed({ writers: 'one' }),
      now: () => 0,
      log: { info() {}, warn() {}, error() {} },
      clientsMax: 10,
    });
  });
  afterEach(() => {
    hub.close();
    vi.useRealTimers();
  });

  async function come(): Promise<Readable> {
    const connecting = hub.connect(undefined);
    await vi.advanceTimersByTimeAsync(300);
    return connecting;
  }

  /** The system takes what is sent, whoever reads it. */
  async function comeAndTake(): Promise<Readable> {
    return (await come()).resume();
  }

  test('who has left a message unread goes first, and then who was there longest', async () => {
    const streams: Readable[] = [];
    for (let place = 0; place < 10; place += 1) {
      streams.push(await (place === 5 ? come() : comeAndTake()));
    }
    await vi.advanceTimersByTimeAsync(5000);
    const gone = () => streams.flatMap(({ destroyed }, place) => (destroyed ? [place] : []));
    for (const expected of [[5], [0, 5], [0, 1, 5]]) {
      await comeAndTake();
      expect(gone()).toEqual(expected);
    }
    expect(hub.clients).toBe(10);
  });

  test('pages get all places of those who read nothing, and lose theirs once each at most', async () => {
    const silent: Readable[] = [];
    let ends = 0;
    let pages = 0;
    async function openPage(): Promise<void> {
      const stream = await hub.connect(undefined).catch(() => undefined);
      if (stream !== undefined) pages += 1;
      // As a browser does.
      const again = () => setTimeout(() => openPage(), 3000);
      if (stream === undefined) again();
      stream?.resume().once('end', () => {
        pages -= 1;
        ends += 1;
        again();
      });
    }
    for (let place = 0; place < 5; place += 1) await openPage();
    for (let place = 0; place < 5; place += 1) silent.push(await comeAndTake());
    for (let more = 0; more < 5; more += 1) await openPage();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(silent.map(({ destroyed }) => destroyed)).toEqual(silent.map(() => true));
    expect({ pages, clients: hub.clients }).toEqual({ pages: 10, clients: 10 });
    expect(ends).toBeLessThanOrEqual(10);
  });
});
