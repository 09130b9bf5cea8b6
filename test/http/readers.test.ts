import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

const NOBODY = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

let server: TestServer;
const sockets: Socket[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

/** A store that is read as a whole for every answer, to no end, and knows how it is read. */
function endless(wait = () => Promise.resolve()) {
  const seen = { read: 0, open: 0 };
  const store: Store = Object.assign(new Model(), {
    eventsOfContact: undefined as unknown as NonNullable<Store['eventsOfContact']>,
    async *events(): AsyncGenerator<ContactEvent> {
      seen.open += 1;
      try {
        for (let id = 0; ; id += 1) {
          seen.read += 1;
          if (id % 512 === 0) await wait();
          yield { kind: 'followup', id, uuid: uuid(id), at: id, replay: false };
        }
      } finally {
        seen.open -= 1;
      }
    },
  });
  return { seen, store };
}

async function statusOf(path: string): Promise<number> {
  const { statusCode, body } = await request(server.url + path);
  body.on('error', () => {});
  body.destroy();
  return statusCode;
}

describe('a story whose asker has gone', () => {
  test('is looked for no longer, and gives its place back without a word', async () => {
    const { seen, store } = endless();
    server = await startTestServer({ store, limits: { eventReadingsMax: 1 } });
    for (let time = 0; time < 3; time += 1) {
      const controller = new AbortController();
      const asked = request(`${server.url}/events/${NOBODY}`, { signal: controller.signal });
      const refused = expect(asked).rejects.toThrow();
      await expect.poll(() => seen.open).toBe(1);
      controller.abort();
      await refused;
      await expect.poll(() => seen.open).toBe(0);
    }
    expect(server.lines).toEqual([]);
    expect(await statusOf('/events')).toBe(200);
  });

  test('leaves nothing behind on a connection that goes on', async () => {
    // Requests that come at once are read at once, each in a place of its own.
    server = await startTestServer({ limits: { eventReadingsMax: 5 } });
    const connections = new Set<Socket>();
    server.app.server.on('connection', (socket) => connections.add(socket));
    const asks = `GET /events/${uuid(1)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const socket = dial();
    let answers = '';
    socket.on('data', (bytes) => {
      answers += bytes;
    });
    socket.resume();
    const listeners = () => [...connections][0]!.listenerCount('close');
    socket.write(asks);
    await expect.poll(() => answers).toContain('CONTACT_UNKNOWN');
    const before = listeners();
    for (let more = 0; more < 5; more += 1) socket.write(asks);
    await expect.poll(() => answers.match(/HTTP\/1\.1 404/g)?.length).toBe(6);
    await expect.poll(listeners).toBe(before);
  });
});

/** Seconds pass only where a test says so; connections go on by themselves. */
describe('a reader of raw events that takes nothing', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });

  test.each([
    ['from the first byte on', 0],
    ['after it took some', 4_000_000],
  ])('%s is let go after half a minute, and gives its place back', async (_when, bytes) => {
    const { seen, store } = endless();
    server = await startTestServer({ store, limits: { eventReadingsMax: 1 } });
    const socket = dial();
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    if (bytes > 0) await take(socket, bytes);
    await standsStill(seen);
    vi.advanceTimersByTime(29_000);
    await pause(50);
    expect({ open: seen.open, status: await statusOf('/events') }).toEqual({ open: 1, status: 429 });
    vi.advanceTimersByTime(3000);
    await expect.poll(() => seen.open).toBe(0);
    expect(server.lines).toEqual([
      {
        level: 'warn',
        fields: { connections: 1, ip: '127.0.0.1', seconds: 30 },
        message: 'clients took nothing of their answers: their connections are closed',
      },
    ]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
    expect(await statusOf('/events')).toBe(200);
  });

  test('because it went before there was anything is read no further, and gives its place back', async () => {
    let goOn = () => {};
    const { seen, store } = endless(
      () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
        }),
    );
    server = await startTestServer({ store, limits: { eventReadingsMax: 1 } });
    const socket = dial();
    const connected = server.nextConnection();
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => seen.open).toBe(1);
    socket.destroy();
    const connection = await connected;
    await expect
      .poll(() => {
        // Whoever has gone refuses to be told that it is under way.
        vi.advanceTimersByTime(250);
        return connection.destroyed;
      })
      .toBe(true);
    await expect
      .poll(() => {
        goOn();
        return seen.open;
      })
      .toBe(0);
    const next = statusOf('/events');
    await expect
      .poll(() => {
        goOn();
        return seen.open;
      })
      .toBe(1);
    goOn();
    expect(await next).toBe(200);
  });

  test('but goes on before that is not let go', async () => {
    const { seen, store } = endless();
    server = await startTestServer({ store });
    const socket = dial();
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    for (let time = 0; time < 4; time += 1) {
      await standsStill(seen);
      vi.advanceTimersByTime(25_000);
      const { read } = seen;
      // What the system holds is some megabytes; beyond that the server is asked for more.
      for (; seen.read === read; ) await take(socket, 1_000_000);
    }
    expect({ open: seen.open, lines: server.lines }).toEqual({ open: 1, lines: [] });
  });

  test('because the store has nothing yet is not let go', async () => {
    let isSlow = false;
    const { seen, store } = endless(() => (isSlow ? new Promise(() => {}) : Promise.resolve()));
    server = await startTestServer({ store });
    const socket = dial();
    socket.resume();
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => seen.read).toBeGreaterThan(1000);
    isSlow = true;
    await standsStill(seen);
    vi.advanceTimersByTime(120_000);
    await pause(50);
    expect({ open: seen.open, destroyed: socket.destroyed, lines: server.lines }).toEqual({
      open: 1,
      destroyed: false,
      lines: [],
    });
  });
});

test('a client that takes no answer at all is let go after half a minute, also where it has ended its half', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  server = await startTestServer();
  const connected = server.nextConnection();
  const socket = dial();
  socket.end('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(400));
  const connection = await connected;
  await standsStill({
    get read() {
      return connection.bytesWritten;
    },
  });
  vi.advanceTimersByTime(29_000);
  expect(connection.destroyed).toBe(false);
  vi.advanceTimersByTime(3000);
  expect(connection.destroyed).toBe(true);
  expect(server.lines).toMatchObject([{ level: 'warn', fields: { connections: 1 } }]);
});

/** A connection that reads nothing unless it is told to. */
function dial(): Socket {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  sockets.push(socket);
  return socket;
}

/** Reads so many bytes, at least, and then nothing. */
async function take(socket: Socket, bytes: number): Promise<void> {
  let taken = 0;
  await new Promise<void>((resolve) => {
    const onData = (chunk: Buffer) => {
      taken += chunk.length;
      if (taken < bytes) return;
      socket.off('data', onData);
      socket.pause();
      resolve();
    };
    socket.on('data', onData);
    socket.resume();
  });
}

/** Waits until the store is not read any more. */
async function standsStill(seen: { readonly read: number }): Promise<void> {
  await expect.poll(() => seen.read).toBeGreaterThan(0);
  // Many short looks: where the machine stands still, a single long one would end before anybody had a turn.
  for (let [before, still] = [-1, 0]; still < 20; before = seen.read) {
    await pause(25);
    still = seen.read === before ? still + 1 : 0;
  }
}
