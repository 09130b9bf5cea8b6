import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Model } from '../../../src/contract/model.js';
import { DAY } from '../../../src/domain/time.js';
import { verify } from '../../faults/check.js';
import { startServerProcess } from '../../faults/server-process.js';
import { countOf, eventsOf, initial, initials } from '../journal/support.js';
import { openStore } from '../shared/support.js';
import { another, describeRedis } from './others.js';
import { serverOfFile } from './servers.js';
import { freshPrefix } from './support.js';

const server = await serverOfFile();

const mutes: Server[] = [];
afterEach(() => {
  for (const mute of mutes.splice(0)) mute.close();
});

/** Takes connections, and never says a word. */
async function muteServer(): Promise<number> {
  const mute = createServer((socket) => socket.on('error', () => {}));
  mutes.push(mute);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  return (mute.address() as { port: number }).port;
}

describeRedis('what is not the Redis that was meant', () => {
  it('a database that there is not is refused, and nothing is written to another', async () => {
    const own = await another();
    await expect(openStore(`redis://${own.address}/99`)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('cannot be opened'),
      cause: expect.objectContaining({ message: expect.stringContaining('database 99 cannot be used') }),
    });
    await own.ask('ACL', 'SETUSER', 'half', 'on', '>pw', '~*', '+@all', '-select');
    await expect(openStore(`redis://half:pw@${own.address}/3`)).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('allow the user SELECT') }),
    });
    expect(await own.ask('DBSIZE')).toBe(0);
    const store = await openStore(`redis://${own.address}/3`);
    await store.append(initials(0, 5));
    await store.close();
    expect(await own.ask('DBSIZE')).toBe(0);
    expect(String(await own.ask('INFO', 'keyspace'))).toMatch(/db3:keys=\d/);
  });

  it('a server that takes connections and says nothing is given up in time', async () => {
    const port = await muteServer();
    const started = performance.now();
    await expect(
      openStore(`redis://127.0.0.1:${port}?attempt-milliseconds=1000&retry-milliseconds=2000`),
    ).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('no answer within 1000 ms') }),
    });
    await expect(
      openStore(`redis+cluster://127.0.0.1:${port}?attempt-milliseconds=1000`),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  it('a server of a Cluster, a replica, and a port that speaks another language say what they are', async () => {
    const node = await another('--cluster-enabled', 'yes');
    await expect(openStore(`redis://${node.address}`)).rejects.toMatchObject({
      code: 'STORE_URL_INVALID',
      message: expect.stringContaining('write redis+cluster://'),
    });
    const replica = await another('--replicaof', '127.0.0.1', String(server.port));
    await expect(openStore(`redis://${replica.address}`)).rejects.toMatchObject({
      message: expect.stringContaining(`name its master, 127.0.0.1:${server.port}`),
    });
    const web = await startServerProcess('null:');
    const error = await openStore(`redis://${new URL(web.url).host}?attempt-milliseconds=20000`).catch(
      (reason: Error) => reason,
    );
    expect(String((error as Error).cause)).toMatch(/does not speak the protocol of Redis/);
    await web.end('SIGTERM');
  });

  it('a port where nobody listens, and a wrong password, are told from each other', async () => {
    const own = await another();
    await own.ask('CONFIG', 'SET', 'requirepass', 'hush');
    for (const [credentials, words] of [
      ['', 'asks for a password'],
      [':wrong@', 'look at user and password'],
    ]) {
      await expect(openStore(`redis://${credentials}${own.address}`)).rejects.toMatchObject({
        cause: expect.objectContaining({ message: expect.stringContaining(words!) }),
      });
    }
    await own.kill();
    await expect(openStore(`redis://:hush@${own.address}`)).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('look whether the server runs') }),
    });
  });

  it('a store that was lost and made anew by another server is not gone on with', async () => {
    const own = await another();
    const url = `redis://${own.address}`;
    const store = await openStore(url);
    await store.append(initials(0, 10));
    expect(store.trouble!()).toBeUndefined();
    await own.ask('FLUSHALL');
    const other = await openStore(url);
    await other.append(initials(0, 3));
    for (const ask of [
      () => store.append(initials(3, 6)),
      () => store.tallyOfSymbol('e'),
      () => eventsOf(store),
      () => store.contacts!([initial(1).uuid]),
      () => store.lastEvents!(5),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
    expect(store.trouble!()).toContain('gone from Redis');
    expect(await countOf(other)).toBe(3);
    await store.close();
    await other.close();
    expect(await verify(url)).toBeUndefined();
  });
});

describeRedis('a user with an access list', () => {
  it('as the documents have it may do all, and is refused nothing', async () => {
    const operations = readFileSync(new URL('../../../docs/stores/redis.md', import.meta.url), 'utf8');
    const rule = /^ACL SETUSER tallyboard (.*)$/m.exec(operations)![1]!;
    const own = await another();
    await own.ask('ACL', 'SETUSER', 'tallyboard', ...rule.replace('PASSWORD', 'pw').split(' '));
    const store = await openStore(`redis://tallyboard:pw@${own.address}/2?partitions=3`);
    const model = new Model();
    const batch = [...initials(0, 50), { ...initial(1), id: 900 }];
    expect(await store.append(batch)).toEqual(await model.append(batch));
    const range = { lower: initial(0).at, upper: initial(0).at + DAY };
    expect(await store.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
    expect(await eventsOf(store)).toHaveLength(51);
    expect(await store.unmatched()).toBe(0);
    expect(await store.lastEvents!(3)).toHaveLength(3);
    expect((await store.eventsOfContact!(initial(1).uuid, 9)).events).toHaveLength(2);
    await store.recordVerification!({ at: 0, events: 51, contacts: 50, differences: 0 });
    const { archive } = store;
    await archive!.claim('x');
    const parts = await archive!.parts();
    expect(parts).toHaveLength(3);
    for (const part of parts) await archive!.remove(part, part.last);
    expect(store.warnings!()).not.toContain(expect.stringContaining('cannot be read'));
    await store.close();
    expect(await own.ask('ACL', 'LOG')).toEqual([]);
  });

  it('that may not write all that an append writes is refused before the first event', async () => {
    for (const missing of ['xadd', 'hset', 'hincrby']) {
      const own = await another();
      await own.ask('ACL', 'SETUSER', 'half', 'on', '>pw', '~*', '+@all', `-${missing}`);
      await expect(openStore(`redis://half:pw@${own.address}`)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('refuses the user'),
      });
    }
  });
});

describeRedis('an append that is refused in the middle', () => {
  it.each(['e', 'x', 'days', 'c'])('by a key of another type (%s) has changed nothing', async (name) => {
    const prefix = freshPrefix();
    const store = await openStore(`redis://${server.address}?prefix=${prefix}&contacts-expected=1`);
    const day = Math.floor(initial(0).at / DAY) + 100_000;
    const key = { e: `e:${day}`, x: 'x', days: 'days', c: 'c:0' }[name]!;
    await server.ask('SET', `${prefix}{0-0}:${key}`, 'x');
    await expect(store.append(initials(0, 20))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const keys = (await server.ask('KEYS', `${prefix}*`)) as string[];
    expect(keys.map((each) => each.slice(prefix.length)).sort()).toEqual(
      ['{0-0}:meta', `{0-0}:${key}`, '{settings}'].sort(),
    );
    await server.ask('DEL', `${prefix}{0-0}:${key}`);
    await store.append(initials(0, 20));
    expect(await countOf(store)).toBe(20);
    await store.close();
  });
});
