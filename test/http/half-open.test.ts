import { afterEach, describe, expect, test } from 'vitest';
import type { EventSpan } from '../../src/contract/store.js';
import type { Range } from '../../src/domain/time.js';
import { HALF_CLOSE, HeldStore, sendRaw, startTestServer, statusesOf, type TestServer } from './support.js';
import { uuid } from './table.js';

const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const post = (number: number) => `POST /followup?uuid=${uuid(number)} ${HEAD}\r\n`;
const get = (path: string) => `GET ${path} ${HEAD}\r\n`;

let server: TestServer;
afterEach(() => server.stop());

/** A store that answers nothing until it is let go. */
class ClosedStore extends HeldStore {
  override async talliesOfRange(range: Range) {
    await this.gate;
    return super.talliesOfRange(range);
  }

  override async eventsOfContact(...asked: Parameters<HeldStore['eventsOfContact']>) {
    await this.gate;
    return super.eventsOfContact(...asked);
  }

  override async *events(span?: EventSpan) {
    await this.gate;
    yield* super.events(span);
  }
}

/** Each is sent as a whole, and the client's half of the connection ended before it can be answered. */
describe('a client that ends its half of the connection', () => {
  test.each([
    ['a POST', post(1), [200], 1],
    ['an initial', `POST /initial?uuid=${uuid(1)}&symbol=e ${HEAD}\r\n`, [200], 1],
    ['a POST in HTTP/1.0', `POST /followup?uuid=${uuid(1)} HTTP/1.0\r\n\r\n`, [200], 1],
    [
      'a form in chunks',
      `POST /followup ${HEAD}Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n29\r\nuuid=${uuid(1)}\r\n0\r\n\r\n`,
      [200],
      1,
    ],
    ['several POSTs', post(1) + post(2) + post(3), [200, 200, 200], 3],
    ['a POST and a GET', post(1) + get('/dashboard/range/2017-06-28/2017-06-30'), [200, 200], 1],
    ['a range', get('/dashboard/range/2017-06-28/2017-06-30'), [200], 0],
    ['raw events', get('/events'), [200], 0],
    ['a story', get(`/events/${uuid(1)}`), [404], 0],
    ['what is refused', post(1).replace(uuid(1), 'x'), [400], 0],
    ['half of a body', `POST /followup ${HEAD}${JSON_TYPE}Content-Length: 9\r\n\r\n{}`, [400], 0],
    ['half of the headers', `POST /followup?uuid=${uuid(1)} ${HEAD}`, [400], 0],
    ['nothing', '', [], 0],
  ])('is answered, and then its connection is closed: %s', async (_name, bytes, statuses, stored) => {
    const store = new ClosedStore();
    server = await startTestServer({ store });
    const connected = server.nextConnection();
    const { text, isEnded } = await sendRaw(server.port, [
      bytes,
      HALF_CLOSE,
      async () => {
        const connection = await connected;
        await expect.poll(() => connection.readableEnded || connection.destroyed).toBe(true);
        store.letGo();
      },
    ]);
    store.letGo();
    // On a busy machine it may be told that the answer is under way.
    const finals = statusesOf(text).filter((status) => status !== 102);
    expect({ finals, isEnded }, text).toEqual({ finals: statuses, isEnded: true });
    expect(await server.stored()).toHaveLength(stored);
  });

  test('is answered where the store takes long, and told meanwhile that it will be', async () => {
    const store = new HeldStore();
    server = await startTestServer({ store });
    const connected = server.nextConnection();
    const { text } = await sendRaw(server.port, [
      post(1),
      HALF_CLOSE,
      async () => {
        const connection = await connected;
        const before = connection.bytesWritten;
        await expect.poll(() => connection.bytesWritten).toBeGreaterThan(before);
        store.letGo();
      },
    ]);
    expect(text).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 OK\r\n/);
    expect(text.endsWith('\r\n\r\nhooray')).toBe(true);
    expect(await server.stored()).toHaveLength(1);
  });
});
