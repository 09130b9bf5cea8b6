import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { connectLive, type LiveClient } from './live-client.js';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

let servers: TestServer[] = [];
let clients: LiveClient[] = [];

afterEach(async () => {
  for (const client of clients) client.close();
  for (const server of servers) await server.stop();
  [servers, clients] = [[], []];
});

/** A store that several servers share. */
class SharedStore extends Model {
  override readonly promises = { ...new Model().promises, writers: 'many' as const };

  override async close(): Promise<void> {
    // The other server goes on.
  }
}

async function start(count: number): Promise<Store> {
  const store = new SharedStore();
  for (let i = 0; i < count; i += 1) servers.push(await startTestServer({ store }));
  return store;
}

async function post(server: number, number: number): Promise<void> {
  const url = `${servers[server]!.url}/initial?uuid=${uuid(number)}&symbol=e`;
  expect((await fetch(url, { method: 'POST' })).status).toBe(200);
}

async function connect(server: number): Promise<LiveClient> {
  const client = await connectLive(servers[server]!.url, {});
  clients.push(client);
  await client.waitFor(1);
  return client;
}

/** What a page would list after all that it was told: the numbers of the contacts, in order. */
function listed({ received }: LiveClient): string[] {
  return received.flatMap(({ message }) => message.events.map((event) => event.uuid));
}

function told({ received }: LiveClient): number {
  return received.reduce((sum, { message }) => sum + message.events.length + (message.missed ?? 0), 0);
}

describe('live messages of servers that share a store', () => {
  test('list the events of all of them, each once, in the order of their arrival', async () => {
    await start(2);
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    await post(1, 100);
    const [first, second] = [await connect(0), await connect(1)];
    for (const number of numbers) await post(number % 2, number);
    const expected = [100, ...numbers].map((number) => uuid(number));
    for (const client of [first, second]) {
      await expect.poll(() => listed(client).length).toBe(31);
      expect(listed(client).toSorted()).toEqual(expected.toSorted());
      expect(client.received.at(-1)!.message.totals.contacts).toBe(31);
      expect(client.received.slice(1).every(({ message }) => message.missed === 0)).toBe(true);
    }
    // What one server alone took comes in its order.
    const ofFirst = expected.slice(1).filter((_, i) => i % 2 === 0);
    expect(listed(second).filter((each) => ofFirst.includes(each))).toEqual(ofFirst);
  });

  test('count those of the others that are too many to be listed', async () => {
    const store = await start(1);
    const client = await connect(0);
    for (let n = 0; n < 5; n += 1) await post(0, n);
    await expect.poll(() => told(client)).toBe(5);
    const others = Array.from({ length: 400 }, (_, i): ContactEvent => {
      const number = 1000 + (i % 300);
      return {
        kind: 'initial',
        id: i,
        uuid: uuid(number),
        symbol: 'o',
        isVowel: true,
        at: 1000 + i,
        replay: false,
      };
    });
    await store.append(others);
    await expect.poll(() => told(client)).toBe(405);
    await post(0, 6);
    await expect.poll(() => told(client)).toBe(406);
    expect(listed(client).length).toBe(56);
    expect(new Set(listed(client)).size).toBe(56);

    // A client that comes back is told as much of what came meanwhile.
    const { id } = client.received.at(-1)!;
    client.close();
    await store.append(
      others.map((event) => ({ ...event, id: event.id + 1000, uuid: uuid(5000 + event.id) })),
    );
    const again = await connectLive(servers[0]!.url, { 'last-event-id': id });
    clients.push(again);
    await expect.poll(() => told(again)).toBe(400);
  });
});
