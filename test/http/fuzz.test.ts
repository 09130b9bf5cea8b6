import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, statusesOf, type TestServer } from './support.js';

const RUNS = 1500;
const BATCH_RUNS = 500;

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'PATCH', 'PROPFIND', 'QUERY'];

/** What may stand in a request line without ending it. */
const garbage = fc
  .stringMatching(/^[!-~\x80-\xff]*$/)
  .chain((text) => fc.constantFrom(text, encodeURIComponent(text), text.replaceAll('a', '%')));
const hostile = fc.constantFrom(
  '%zz',
  '%00',
  '%c0%af',
  '%',
  '%2',
  '..',
  '%2e%2e',
  '//',
  '__proto__',
  'constructor',
  '[]',
  '{}',
  'null',
  '%F0%9F%98%80',
  '+',
  ';',
  '&',
  '=',
  '#',
);
const piece = fc.oneof(
  garbage,
  hostile,
  fc.uuid(),
  fc.constantFrom('e', 'E', '2017-06-28', '2017-06-28T10:30+05:30'),
);

const path = fc.oneof(
  fc.constantFrom('/initial', '/followup', '/batch', '/healthz', '/openapi.json', '*', 'http://x/initial'),
  piece.map((text) => `/dashboard/symbol/${text}`),
  fc.tuple(piece, piece).map(([lower, upper]) => `/dashboard/range/${lower}/${upper}`),
  fc.array(piece, { maxLength: 4 }).map((pieces) => `/${pieces.join('/')}`),
);
const query = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('uuid', 'symbol', 'tz'), piece), piece), { maxLength: 5 })
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

/** Requests that are nearly right, or right. */
const likely = fc
  .tuple(fc.constantFrom('/initial', '/followup'), fc.uuid(), fc.constantFrom('e', 'k', 'E'))
  .map(([endpoint, uuid, symbol]) => `${endpoint}?symbol=${symbol}&uuid=${uuid}`);
const target = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(path, query).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: likely },
);

const json = fc.oneof(
  fc.json(),
  fc
    .record(
      { uuid: fc.oneof(fc.uuid(), fc.jsonValue()), symbol: fc.oneof(fc.constant('e'), fc.jsonValue()) },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.string(),
);
const body = fc.oneof(
  fc.constant({ type: undefined, text: '' }),
  json.map((text) => ({ type: 'application/json', text })),
  query.map((text) => ({ type: 'application/x-www-form-urlencoded', text: text.slice(1) })),
  fc.tuple(garbage, fc.string()).map(([type, text]) => ({ type, text })),
);
const item = fc.oneof(
  { weight: 6, arbitrary: fc.uuid().map((uuid) => `{"uuid":"${uuid}"}`) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.uuid(), fc.constantFrom('e', 'k', 'E', ''))
      .map(([uuid, symbol]) => JSON.stringify({ uuid, symbol })),
  },
  { weight: 1, arbitrary: json.map((text) => text.replaceAll('\n', ' ')) },
);
const batch = fc
  .tuple(fc.array(item, { maxLength: 20 }), fc.constantFrom('\n', '\r\n', ','), fc.boolean())
  .map(([items, between, encloses]) => (encloses ? `[${items.join(between)}]` : items.join(between)));
const batchType = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('application/x-ndjson', 'application/json') },
  { weight: 1, arbitrary: garbage },
);
const accept = fc.option(fc.oneof(garbage, fc.constantFrom('application/json', '*/*;q=x', 'a/b;c')), {
  nil: undefined,
});

describe('any request', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  function exchange(bytes: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => socket.end());
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    });
  }

  test('is answered, never with a 500, and stores nothing unless it is taken', async () => {
    const seen = new Map<number, number>();
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constant('POST'), fc.constantFrom(...METHODS)),
        target,
        body,
        accept,
        fc.boolean(),
        async (method, targetText, { type, text }, acceptText, chunked) => {
          const content = Buffer.from(text);
          const headers = [
            `${method} ${targetText} HTTP/1.1`,
            'Host: x',
            'Connection: close',
            ...(type === undefined ? [] : [`Content-Type: ${type}`]),
            ...(acceptText === undefined ? [] : [`Accept: ${acceptText}`]),
            chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${content.length}`,
          ];
          const framed = chunked
            ? Buffer.concat([
                ...(content.length === 0
                  ? []
                  : [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]),
                Buffer.from('0\r\n\r\n'),
              ])
            : content;
          const reply = await exchange(
            Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`, 'latin1'), framed]),
          );
          const [status, ...more] = statusesOf(reply.slice(0, reply.indexOf('\r\n') + 2));
          expect(more).toEqual([]);
          expect(status, reply).toBeGreaterThanOrEqual(200);
          expect(status, reply).toBeLessThan(500);
          if (status! >= 400) {
            expect(reply).toContain('content-type: application/problem+json\r\n');
            if (method !== 'HEAD')
              expect(JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)).status).toBe(status);
          }
          const events = (await server.stored()).length;
          // A batch says how many were stored: it may have none.
          const [, accepted = 1, replayed = 0] = /^\{"accepted":(\d+),"replayed":(\d+),/m.exec(reply) ?? [];
          const taken = Number(accepted) + Number(replayed);
          expect(events - stored).toBe(status === 200 && method === 'POST' ? taken : 0);
          stored = events;
          seen.set(status!, (seen.get(status!) ?? 0) + 1);
        },
      ),
      { numRuns: RUNS },
    );
    expect(server.lines).toEqual([]);
    // A fuzz that is always refused at the door would prove nothing.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 405, 415]));
    expect(stored).toBeGreaterThan(0);
  });

  test('of a batch is answered, never with a 500, and stores what it says it did', async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(batch, batchType, fc.boolean(), fc.boolean(), async (text, type, packs, breaks) => {
        const packed = packs ? gzipSync(text) : Buffer.from(text);
        const content = breaks ? packed.subarray(0, packed.length - 3) : packed;
        const headers = [
          'POST /batch HTTP/1.1',
          'Host: x',
          'Connection: close',
          `Content-Type: ${type}`,
          ...(packs ? ['Content-Encoding: gzip'] : []),
          `Content-Length: ${content.length}`,
        ];
        const before = await server.stored();
        const reply = await exchange(
          Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), content]),
        );
        const [status] = statusesOf(reply.slice(0, reply.indexOf('\r\n') + 2));
        const answer = JSON.parse(
          Buffer.from(reply.slice(reply.indexOf('\r\n\r\n') + 4), 'latin1').toString(),
        );
        const added = (await server.stored()).slice(before.length);
        expect([200, 400, 415], reply).toContain(status);
        if (status === 200) {
          const results = answer.results as { uuid?: string; replayed?: boolean }[];
          const stored = results.filter(({ uuid }) => uuid !== undefined);
          expect(added.map(({ uuid, replay }) => ({ uuid, replay }))).toEqual(
            stored.map(({ uuid, replayed }) => ({ uuid, replay: replayed })),
          );
          expect(answer.accepted + answer.replayed).toBe(stored.length);
          expect(answer.refused).toBe(results.length - stored.length);
        } else {
          expect(answer.status).toBe(status);
          expect(added).toEqual([]);
        }
        seen.set(status!, (seen.get(status!) ?? 0) + 1);
      }),
      { numRuns: BATCH_RUNS },
    );
    expect(server.lines).toEqual([]);
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 400]));
  });
});
