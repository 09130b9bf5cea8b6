import fc from 'fast-check';
import { Client } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendBatch } from './batch-client.js';
import { startTestServer, type TestServer } from './support.js';
import { JSON_REPLY, uuid } from './table.js';

const RUNS = 100;

/** Few contacts and symbols, so that many come again; and some that are wrong. */
const item = fc.record(
  {
    uuid: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 40 }).map(uuid) },
      { weight: 1, arbitrary: fc.string() },
    ),
    symbol: fc.constantFrom('e', 'f', 'y', 'E'),
  },
  { requiredKeys: ['uuid'] },
);

let batched: TestServer;
let single: TestServer;
let client: Client;
beforeAll(async () => {
  [batched, single] = await Promise.all([startTestServer(), startTestServer()]);
  client = new Client(single.url);
});
afterAll(async () => {
  await client.close();
  await Promise.all([batched.stop(), single.stop()]);
});

async function sendSingle({ uuid, symbol }: { uuid: string; symbol?: string }): Promise<object> {
  const query = new URLSearchParams(symbol === undefined ? { uuid } : { uuid, symbol });
  const path = `${symbol === undefined ? '/followup' : '/initial'}?${query}`;
  const reply = await client.request({ method: 'POST', path, headers: JSON_REPLY });
  const body = (await reply.body.json()) as Record<string, unknown>;
  if (reply.statusCode === 200) return body;
  return { status: body.status, code: body.code, detail: body.detail };
}

test('any items in a batch are answered, and stored, as by single calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 30 }), async (items) => {
      const { body } = await sendBatch(batched, JSON.stringify(items), {
        'content-type': 'application/json',
      });
      const answers: object[] = [];
      for (const each of items) answers.push(await sendSingle(each));
      expect((body as { results: object[] }).results).toEqual(answers);
    }),
    { numRuns: RUNS },
  );
  const eventsOf = async (server: TestServer) =>
    (await server.stored()).map((event) => ({ ...event, id: undefined, at: undefined }));
  const stored = await eventsOf(batched);
  expect(stored).toEqual(await eventsOf(single));
  expect(stored.some(({ replay }) => replay)).toBe(true);
});
