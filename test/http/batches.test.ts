import { once } from 'node:events';
import { request as clientRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { breath } from '../../src/contract/breath.js';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { neighbour, PIECES_SEEN_MAX } from '../neighbour.js';
import { followups, NDJSON, sendBatch, uuidsOf } from './batch-client.js';
import { connectLive } from './live-client.js';
import {
  HeldStore,
  sendRaw,
  startTestServer,
  statusesOf,
  type TestServer,
  type TestServerOptions,
} from './support.js';
import { uuid } from './table.js';
import { bearer, DASHBOARD, INGEST, TOKENS } from './token-client.js';

let server: TestServer;
afterEach(() => server.stop());

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options);
}

const HEAD = 'POST /batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n';

/** Waits until the headers of a request have come. */
function nextRequest(): Promise<unknown> {
  return once(server.app.server, 'request');
}

async function readMetrics(): Promise<string> {
  return (await request(`${server.url}/metrics`)).body.text();
}

describe('batches', () => {
  test('need the ingest token where it is set', async () => {
    await start({ tokens: TOKENS });
    expect((await sendBatch(server, followups(1))).body).toMatchObject({ code: 'TOKEN_MISSING' });
    expect((await sendBatch(server, followups(1), { ...NDJSON, ...bearer(DASHBOARD) })).body).toMatchObject({
      code: 'TOKEN_WRONG',
    });
    expect(await sendBatch(server, followups(1), { ...NDJSON, ...bearer(INGEST) })).toMatchObject({
      status: 200,
    });
  });

  test('that find no room are answered 503, and nothing of them is stored', async () => {
    const store = new HeldStore();
    await start({ store, limits: { batchQueueEventsMax: 100 } });
    // The first may be larger than the room, or it could never be taken.
    const first = sendBatch(server, followups(120));
    await expect.poll(() => store.isAsked).toBe(true);
    const refused = await sendBatch(server, followups(1, 900));
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'STORE_BUSY' },
    });
    store.letGo();
    expect((await first).body).toMatchObject({ accepted: 120 });
    expect(await sendBatch(server, followups(1, 901))).toMatchObject({ status: 200 });
    expect(uuidsOf(await server.stored())).not.toContain(uuid(900));
  });

  test('that stall give way, after a second, to others that need their room', async () => {
    await start({ limits: { batchQueueEventsMax: 100 } });
    const stalled = connect(server.port, '127.0.0.1');
    let answer = '';
    stalled.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    stalled.write(`${HEAD}Content-Length: 10000\r\n\r\n${followups(90)}\n`);
    await expect.poll(readMetrics).toContain('\ntallyboard_batch_queue_events 90\n');
    expect((await sendBatch(server, followups(20, 200))).body).toMatchObject({ code: 'STORE_BUSY' });
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 1000);
    expect((await sendBatch(server, followups(20, 300))).body).toMatchObject({ accepted: 20 });
    clock.mockRestore();
    await expect
      .poll(() => answer)
      .toMatch(/^HTTP\/1.1 503 [\s\S]*STORE_BUSY[\s\S]*came more slowly than others/);
    stalled.destroy();
    expect(uuidsOf(await server.stored())).toEqual(
      followups(20, 300)
        .split('\n')
        .map((line) => JSON.parse(line).uuid),
    );
  });

  // A buffer of the system holds far more of them than Node has parsed when it hands on the first.
  test.each([1, 2, 30, 300, 3000])(
    'may come in one burst behind the headers, %i lines a chunk',
    async (size) => {
      await start();
      const lines = followups(3000).split('\n');
      const chunks = Array.from({ length: lines.length / size }, (_, n) => {
        const text = `${lines.slice(n * size, (n + 1) * size).join('\n')}\n`;
        return `${text.length.toString(16)}\r\n${text}\r\n`;
      });
      const head = `${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
      const body = `${chunks.join('')}0\r\n\r\n`;
      const { text } = await sendRaw(server.port, [head, nextRequest, body]);
      expect(text).toMatch(/^HTTP\/1.1 200 /);
      expect(await server.stored()).toHaveLength(3000);
      expect((await sendRaw(server.port, [head + body])).text).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  test("may come with a line in each write of Node's own client", async () => {
    await start();
    const sending = clientRequest(`${server.url}/batch`, { method: 'POST', headers: NDJSON });
    sending.flushHeaders();
    await nextRequest();
    for (const line of followups(3000).split('\n')) sending.write(`${line}\n`);
    const [answer] = await once(sending.end(), 'response');
    expect(answer.resume().statusCode).toBe(200);
  });

  test('that are refused half-way are read to their end, also while others are read', async () => {
    await start();
    server.app.server.on('request', (_request, response) => {
      response.prependOnceListener('prefinish', () => {
        while (breath() === undefined);
      });
    });
    const text = `x${'y'.repeat(4000)}\n`;
    const chunk = `${text.length.toString(16)}\r\n${text}\r\n`;
    const { text: answers } = await sendRaw(server.port, [
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(500)}0\r\n\r\n`,
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ]);
    expect(statusesOf(answers)).toEqual([400, 200]);
  });

  test.each([
    ['POST /batch', '400', 'CHUNKS_TOO_SMALL'],
    // Nobody reads these.
    ['POST /initial', '413', 'BODY_TOO_LARGE'],
    ['GET /healthz', '200', 'alive'],
  ])('%s in crumbs is answered, and read no further', async (line, status, word) => {
    await start();
    const connection = server.nextConnection();
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    const isClosed = new Promise((resolve) => socket.once('close', resolve));
    const type = line === 'POST /batch' ? 'x-ndjson' : 'json';
    const head = `${line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(head + '1\r\n\n\r\n'.repeat(200_000));
    await isClosed;
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*${word}`));
    expect((await connection).bytesRead).toBeLessThan(600_000);
  });

  test('are refused while the store opens, and where the server stops before all of it has come', async () => {
    await start({ unopened: true });
    expect((await sendBatch(server, followups(1))).body).toMatchObject({ code: 'STORE_OPENING' });
    await server.data.open();
    server.lifecycle.phase = 'open';
    const half = (async function* () {
      yield Buffer.from(`${followups(1)}\n`);
      await expect.poll(readMetrics).toContain('\ntallyboard_batch_queue_events 1\n');
      server.lifecycle.phase = 'stopping';
      yield Buffer.from('\n');
    })();
    expect((await sendBatch(server, half)).body).toMatchObject({ code: 'SERVER_STOPPING' });
    expect(await server.stored()).toEqual([]);
  });

  test.each([
    ['as it is', '', Buffer.from(`${followups(1)}\n`)],
    ['packed', 'Content-Encoding: gzip\r\n', gzipSync(`${followups(1)}\n`)],
  ])('that break off are forgotten, %s', async (_how, header, part) => {
    await start();
    const socket = connect(server.port, '127.0.0.1');
    const head = `${HEAD}${header}Content-Length: 1000\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), part]));
    await expect.poll(readMetrics).toContain('\ntallyboard_batch_queue_events 1\n');
    socket.destroy();
    await expect.poll(readMetrics).toContain('\ntallyboard_batch_queue_events 0\n');
    expect(await server.stored()).toEqual([]);
    expect(server.lines).toEqual([]);
  });

  test('that the store takes in part are uncertain, and may be sent again', async () => {
    let appends = 0;
    const store = new (class extends Model {
      override readonly limits = { batchEventsMax: 4, batchesInFlightMax: 2 };
      override async append(batch: readonly ContactEvent[]) {
        appends += 1;
        if (appends === 1 || appends === 4)
          throw new TallyboardError('STORE_UNAVAILABLE', 'the disk of srv7');
        return super.append(batch);
      }
    })();
    await start({ store });
    const failed = { status: 503, headers: { 'retry-after': '5' } };
    expect(await sendBatch(server, followups(10))).toMatchObject({
      ...failed,
      body: { code: 'STORE_UNAVAILABLE', detail: expect.stringMatching(/nothing was stored/) },
    });
    expect(await sendBatch(server, followups(10))).toMatchObject({
      ...failed,
      body: {
        code: 'STORE_UNCERTAIN',
        detail: expect.stringMatching(/^(?!.*srv7).*send the whole batch again/),
      },
    });
    expect((await sendBatch(server, followups(10))).body).toMatchObject({ accepted: 2, replayed: 8 });
  });

  test.each(['read', 'taken'])(
    'keep nobody waiting for more than a few pieces of work when they are %s',
    async (what) => {
      const bodies = [0, 1, 2, 3].map((n) => followups(10_000, n * 10_000));
      const { seen, work, end } = neighbour();
      let items = 0;
      const count = () => {
        items += 1;
        if (items % 500 === 0) work();
      };
      let at = 0;
      const now = () => {
        if (what === 'taken') count();
        at += 1;
        return at;
      };
      await start({ now });
      const parse = JSON.parse;
      const spy = vi.spyOn(JSON, 'parse').mockImplementation((text: string) => {
        if (what === 'read') count();
        return parse(text);
      });
      const replies = await Promise.all(
        bodies.map((body) => request(`${server.url}/batch`, { method: 'POST', headers: NDJSON, body })),
      );
      for (const { statusCode, body } of replies) {
        expect(statusCode).toBe(200);
        await body.dump();
      }
      spy.mockRestore();
      await end();
      expect(seen.pieces).toBe(80);
      expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
    },
  );

  test('are in the live feed and in the metrics', async () => {
    await start();
    const live = await connectLive(server.url);
    await live.waitFor(1);
    await sendBatch(server, `${followups(3)}\n${followups(1)}\n{"uuid":"x"}`);
    await live.waitFor(2);
    expect(live.received[1]!.message).toMatchObject({
      totals: { unmatched: 3, replays: 1 },
      events: [{}, {}, {}, {}],
    });
    live.close();
    const text = await readMetrics();
    for (const line of [
      'tallyboard_batch_items_total{result="accepted"} 3',
      'tallyboard_batch_items_total{result="replayed"} 1',
      'tallyboard_batch_items_total{result="refused"} 1',
      'tallyboard_replays_total{kind="followup"} 1',
      'tallyboard_batch_queue_events 0',
      'tallyboard_http_requests_total{method="POST",route="/batch",status="200"} 1',
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
  });
});
