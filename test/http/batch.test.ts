import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followups, NDJSON, sendBatch, uuidsOf } from './batch-client.js';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

const ARRAY = { 'content-type': 'application/json' };

describe('a batch', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ limits: { batchEventsMax: 50, batchBytesMax: 599_999 } });
  });
  afterAll(() => server.stop());
  /** Sends a batch; `events` are those that it adds. */
  async function send(...[body, headers]: [string | Buffer, Record<string, string>?]) {
    const before = (await server.stored()).length;
    const reply = await sendBatch(server, body, headers);
    return { ...reply, events: (await server.stored()).slice(before) };
  }

  test('is taken as the single calls one after the other, and so is what comes again', async () => {
    const lines = [
      { uuid: uuid(1).toUpperCase(), symbol: 'e' },
      { uuid: uuid(1) },
      { uuid: uuid(1), symbol: 'e', type: 'initial' },
      { uuid: uuid(1), symbol: 'f' },
      { uuid: uuid(2), type: 'followup' },
    ];
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    const first = await send(body);
    expect(first).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(first.body).toEqual({
      accepted: 3,
      replayed: 1,
      refused: 1,
      results: [
        { uuid: uuid(1), symbol: 'e', isVowel: true, replayed: false },
        { uuid: uuid(1), replayed: false },
        { uuid: uuid(1), symbol: 'e', isVowel: true, replayed: true },
        { status: 409, code: 'SYMBOL_CONFLICT', detail: expect.stringMatching(/has the symbol 'e' already/) },
        { uuid: uuid(2), replayed: false },
      ],
    });
    const stored = first.events;
    expect(stored).toMatchObject([
      { kind: 'initial', uuid: uuid(1), symbol: 'e', isVowel: true, replay: false },
      { kind: 'followup', uuid: uuid(1), replay: false },
      { kind: 'initial', uuid: uuid(1), replay: true },
      { kind: 'followup', uuid: uuid(2), replay: false },
    ]);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(4);
    expect(stored.map(({ at }) => at)).toEqual(stored.map(({ at }) => at).sort((one, other) => one - other));
    const again = await send(body);
    expect(again.body).toMatchObject({ accepted: 0, replayed: 4, refused: 1 });
    expect(again.events.map(({ replay }) => replay)).toEqual([true, true, true, true]);
  });

  test.each([
    ['lines that end with CR, and empty ones', NDJSON, `\r\n${followups(2).replace('\n', '\r\n\n')}\r\n\n`],
    ['its type with a charset', { 'content-type': 'Application/X-NDJSON; charset=utf-8' }, followups(2)],
    ['the other name of the type', { 'content-type': 'application/ndjson' }, followups(2)],
    ['an array', { 'content-type': 'application/json' }, ` [ ${followups(2).replace('\n', ' ,\n')} ]\n`],
    ['gzip', { ...NDJSON, 'content-encoding': 'gzip' }, gzipSync(followups(2))],
    [
      'gzip, by another spelling',
      { ...NDJSON, 'content-encoding': 'GZIP, identity' },
      gzipSync(followups(2)),
    ],
    [
      'an array as gzip',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      gzipSync(`[${followups(2).replace('\n', ',')}]`),
    ],
  ])('may have %s', async (_name, headers, body) => {
    const { status, body: answer, events } = await send(body, headers);
    expect({ status, answer }).toMatchObject({ status: 200, answer: { refused: 0, results: [{}, {}] } });
    expect(uuidsOf(events)).toEqual([uuid(1), uuid(2)]);
  });

  test.each([
    ['{"uuid":"x","symbol":"e"}', 400, 'UUID_INVALID', /'x' is not a UUID/],
    ['{"symbol":"e"}', 400, 'UUID_MISSING', /add "uuid"/],
    [`{"uuid":"${uuid(1)}","symbol":"E"}`, 400, 'SYMBOL_INVALID', /'E' is not a symbol/],
    [`{"uuid":"${uuid(1)}","symbol":"]}\\"{"}`, 400, 'SYMBOL_INVALID', /is not a symbol/],
    [`{"uuid":"${uuid(1)}","symbol":null}`, 400, 'FIELD_INVALID', /'symbol' in the body is not text/],
    [`{"uuid":"${uuid(1)}","simbol":"e"}`, 400, 'FIELD_UNKNOWN', /'simbol' is no field/],
    [`{"uuid":"${uuid(1)}","__proto__":{"symbol":"e"}}`, 400, 'FIELD_UNKNOWN', /'__proto__' is no field/],
    [`{"uuid":"${uuid(1)}","uuid":"${uuid(4)}"}`, 400, 'FIELD_REPEATED', /stands twice in the item/],
    [`{"uuid":[],"symbol":"e","uuid":"${uuid(4)}"}`, 400, 'FIELD_REPEATED', /stands twice in the item/],
    [`{"uuid":"${uuid(1)}","type":"initial"}`, 400, 'SYMBOL_MISSING', /add "symbol"/],
    [`{"uuid":"${uuid(1)}","symbol":"e","type":"followup"}`, 400, 'TYPE_INVALID', /does not agree/],
    [`{"uuid":"${uuid(1)}","type":"Initial","symbol":"e"}`, 400, 'TYPE_INVALID', /does not agree/],
  ])('is stored without %s', async (item, status, code, detail) => {
    const lines = [`{"uuid":"${uuid(2)}"}`, item, `{"uuid":"${uuid(3)}"}`];
    for (const [text, headers] of [
      [lines.join('\n'), NDJSON],
      [`[${lines.join(',')}]`, { 'content-type': 'application/json' }],
    ] as const) {
      const { body, events } = await send(text, headers);
      expect(body).toMatchObject({
        refused: 1,
        results: [{}, { status, code, detail: expect.stringMatching(detail) }, {}],
      });
      expect(uuidsOf(events)).toEqual([uuid(2), uuid(3)]);
    }
  });

  test.each([
    [
      NDJSON,
      `${followups(2)}\n\n{"uuid"\n${followups(1)}`,
      400,
      'BODY_INVALID',
      /^line 4 of the batch is not JSON/,
    ],
    [NDJSON, `${followups(1)}\nnull`, 400, 'BODY_INVALID', /^line 2 of the batch is JSON, but not an object/],
    [NDJSON, `[${followups(1)}]`, 400, 'BODY_INVALID', /^line 1 of the batch is JSON, but not an object/],
    [
      NDJSON,
      `${followups(1)}\n{"uuid":"${'x'.repeat(5000)}"}`,
      400,
      'BODY_INVALID',
      /^line 2 of the batch is longer than 4096/,
    ],
    [
      NDJSON,
      `${followups(1)}\n{"uuid":"${'é'.repeat(2100)}"}\n`,
      400,
      'BODY_INVALID',
      /^line 2 of the batch is longer than 4096/,
    ],
    [
      NDJSON,
      `${followups(1)}\n{"uuid":"${'x'.repeat(500_000)}`,
      400,
      'BODY_INVALID',
      /^line 2 of the batch is longer/,
    ],
    [ARRAY, followups(2), 400, 'BODY_INVALID', /not a JSON array/],
    [ARRAY, `[${followups(1)},]`, 400, 'BODY_INVALID', /^item 2 of the batch is not an object/],
    [ARRAY, `[${followups(1)},[]]`, 400, 'BODY_INVALID', /^item 2 of the batch is not an object/],
    [ARRAY, `[${followups(1)},{"uuid":]]`, 400, 'BODY_INVALID', /^item 2 of the batch is not JSON/],
    [
      ARRAY,
      `[${followups(2).replace('\n', ' ')}]`,
      400,
      'BODY_INVALID',
      /^item 1 of the batch is not followed by/,
    ],
    [
      ARRAY,
      `[${followups(1)},{"uuid":"${'x'.repeat(500_000)}`,
      400,
      'BODY_INVALID',
      /^item 2 of the batch is longer/,
    ],
    [ARRAY, `[${followups(1)}`, 400, 'BODY_INVALID', /does not end/],
    [ARRAY, `[${followups(1)}] ]`, 400, 'BODY_INVALID', /something follows/],
    [NDJSON, '', 400, 'BODY_INVALID', /no body came/],
    [{}, '', 400, 'BODY_INVALID', /no body came/],
    [{}, followups(1), 415, 'MEDIA_TYPE_UNSUPPORTED', /application\/x-ndjson/],
    [{ 'content-type': 'text/plain' }, followups(1), 415, 'MEDIA_TYPE_UNSUPPORTED', /application\/x-ndjson/],
    [
      { ...NDJSON, 'content-encoding': 'br' },
      followups(1),
      415,
      'ENCODING_UNSUPPORTED',
      /or packed once with gzip/,
    ],
    [
      { ...NDJSON, 'content-encoding': 'gzip, gzip' },
      followups(1),
      415,
      'ENCODING_UNSUPPORTED',
      /gzip, gzip/,
    ],
    [{ ...NDJSON, 'content-encoding': 'gzip' }, followups(1), 400, 'BODY_INVALID', /not gzip/],
    [
      { ...NDJSON, 'content-encoding': 'gzip' },
      gzipSync(followups(9)).subarray(0, 40),
      400,
      'BODY_INVALID',
      /not all of it/,
    ],
    [NDJSON, followups(51), 413, 'EVENTS_TOO_MANY', /more than 50 events \(--batch-events-max of/],
    [NDJSON, '\n'.repeat(600_000), 413, 'BODY_TOO_LARGE', /larger than 599999/],
    [
      { ...NDJSON, 'content-encoding': 'gzip' },
      gzipSync('\n'.repeat(9_000_000)),
      413,
      'BODY_TOO_LARGE',
      /larger than 599999/,
    ],
  ])('is refused as a whole, with nothing stored: %j %#', async (headers, body, status, code, detail) => {
    const reply = await send(body, headers as Record<string, string>);
    expect(reply).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: { status, code, detail: expect.stringMatching(detail) },
    });
    expect(reply.events).toEqual([]);
    expect(server.lines).toEqual([]);
    // Nothing of it is left where others want to go on.
    expect(await send(followups(50))).toMatchObject({ status: 200, body: { refused: 0 } });
  });

  test('may be an array of nothing', async () => {
    expect((await send(' [ ] ', ARRAY)).body).toEqual({ accepted: 0, replayed: 0, refused: 0, results: [] });
  });

  test('is cut right wherever its bytes are divided', async () => {
    const lines = `{"uuid":"${uuid(1)}","symbol":"e"}\n{"uuid":"é\\"}]","symbol":"\\\\"}\n{"uuid":"${uuid(2)}"}`;
    for (const [text, headers] of [
      [lines, NDJSON],
      [`[${lines.replaceAll('\n', ',')}]`, ARRAY],
    ] as const) {
      const bytes = Buffer.from(text);
      const inBytes = (async function* () {
        for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
      })();
      const reply = await sendBatch(server, inBytes, headers);
      expect(reply.body).toMatchObject({
        refused: 1,
        results: [{ uuid: uuid(1) }, { code: 'UUID_INVALID', detail: expect.stringContaining('é') }, {}],
      });
    }
  });
});
