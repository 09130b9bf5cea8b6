import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Model } from '../../../src/contract/model.js';
import { DAY } from '../../../src/domain/time.js';
import { initials } from '../journal/support.js';
import { cutForASecond, startProxy } from '../shared/proxy.js';
import { nameOf, openStore } from '../shared/support.js';
import { underFault } from '../shared/trial.js';
import { REDIS_MISSING, RedisServer, serverOfFile } from './servers.js';
import { freshPrefix } from './support.js';

const server = await serverOfFile(['--appendonly', 'yes', '--appendfsync', 'always']);

const storeUrl = (port = server.port) => `redis://127.0.0.1:${port}?prefix=${freshPrefix()}`;

describe.skipIf(REDIS_MISSING !== null)(nameOf('faults of one server', REDIS_MISSING), () => {
  it('a connection that is cut before each answer: every batch is logged once, and answered as the first time', async () => {
    const proxy = await startProxy(server.port);
    const store = await openStore(storeUrl(proxy.port));
    const model = new Model();
    for (let n = 0; n < 40; n += 1) {
      // Contacts of the batch before come again, so a batch that was made twice would show as replays.
      const batch = initials(n * 50, n * 50 + 60).map((event) => ({ ...event, id: event.id + n * 1e6 }));
      const appended = store.append(batch);
      // Between the call and its answer, or in the middle of the answer.
      proxy.cutAfter(n % 2 === 0 ? 0 : n % 20);
      expect(await appended).toEqual(await model.append(batch));
    }
    const range = { lower: initials(0, 1)[0]!.at, upper: initials(0, 1)[0]!.at + DAY };
    expect(await store.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
    const events = [];
    for await (const event of store.events()) events.push(event);
    expect(events).toHaveLength(40 * 60);
    await store.close();
    await proxy.close();
  });

  it('connections that are cut under load lose nothing', async () => {
    const proxy = await startProxy(server.port);
    const { lost } = await underFault(`redis://127.0.0.1:${proxy.port}?prefix=${freshPrefix()}`, () =>
      cutForASecond(proxy),
    );
    expect(lost).toEqual([]);
    await proxy.close();
  });

  it('a server that forgets its scripts is told them again', async () => {
    const { lost } = await underFault(storeUrl(), async () => {
      for (let n = 0; n < 10; n += 1) {
        await server.ask('SCRIPT', 'FLUSH');
        await pause(50);
      }
    });
    expect(lost).toEqual([]);
  });

  it('a server that is killed and started again loses nothing where it syncs each write', async () => {
    const { lost } = await underFault(storeUrl(), async () => {
      await server.kill();
      await pause(300);
      await server.restart();
    });
    expect(lost).toEqual([]);
  });

  it('a full memory refuses whole batches, and answers go on', async () => {
    const small = await RedisServer.start(['--maxmemory', '4mb']);
    // What is sent again because it took too long may have been stored, and the refusal would say so.
    const store = await openStore(`redis://127.0.0.1:${small.port}?attempt-milliseconds=60000`);
    let stored = 0;
    let refusal: unknown;
    while (refusal === undefined && stored < 1_000_000) {
      await store.append(initials(stored, stored + 1000)).then(
        () => {
          stored += 1000;
        },
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('memory is full'),
    });
    expect((await store.tallyOfSymbol('e')).vowel.count).toBe(stored);
    await small.ask('CONFIG', 'SET', 'maxmemory', '64mb');
    await store.append(initials(stored, stored + 1000));
    expect((await store.tallyOfSymbol('e')).vowel.count).toBe(stored + 1000);
    await store.close();
    await small.remove();
  });

  it('data that vanish are told, and not begun anew', async () => {
    const other = await RedisServer.start();
    const url = `redis://127.0.0.1:${other.port}?partitions=4`;
    const store = await openStore(url);
    await store.append(initials(0, 100));
    for (const key of (await other.ask('KEYS', '*{0-*')) as string[]) await other.ask('DEL', key);
    // The other partitions have stored their part of the batch.
    await expect(store.append(initials(100, 200))).rejects.toMatchObject({
      code: 'STORE_UNCERTAIN',
      cause: expect.objectContaining({ code: 'STORE_DAMAGED' }),
    });
    expect(store.trouble!()).toContain('gone from Redis');
    await expect(store.tallyOfSymbol('e')).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await store.close();
    await expect(openStore(url)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('1 of 4 partitions'),
    });
    await other.remove();
  });
});
