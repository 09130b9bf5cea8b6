import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { verify } from '../../faults/check.js';
import { startServerProcess } from '../../faults/server-process.js';
import { countOf, initial, initials, lines } from '../journal/support.js';
import { startProxy } from '../shared/proxy.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';
import { another, describeRedis } from './others.js';
import { type RedisServer, serverOfFile } from './servers.js';
import { freshPrefix } from './support.js';

const server = await serverOfFile();

function urlOf({ address }: RedisServer, options = ''): string {
  return `redis://${address}?prefix=${freshPrefix()}${options}`;
}

async function post(url: string, n: number): Promise<{ status: number; body: string; replayed: boolean }> {
  const reply = await fetch(`${url}/initial?uuid=${initial(n).uuid}&symbol=e`, { method: 'POST' });
  const replayed = reply.headers.get('idempotent-replayed') === 'true';
  return { status: reply.status, body: await reply.text(), replayed };
}

describeRedis('a Redis that is away', () => {
  it('is told to clients, to /readyz and to the metrics; what was not confirmed is said to be unknown', async () => {
    const own = await another('--appendonly', 'yes');
    // A machine that stands still for a moment is not to be taken for a server that is away.
    const url = urlOf(own, '&attempt-milliseconds=10000&retry-milliseconds=10000');
    const serving = await startServerProcess(url);
    expect((await post(serving.url, 1)).status).toBe(200);
    own.signal('SIGSTOP');
    const unknown = await post(serving.url, 2);
    expect(unknown.status).toBe(503);
    expect(JSON.parse(unknown.body)).toMatchObject({
      code: 'STORE_UNCERTAIN',
      detail: expect.stringContaining('may be stored or not'),
    });
    const ready = await fetch(`${serving.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      detail: expect.stringContaining('no answer within 10000 ms'),
    });
    expect(await (await fetch(`${serving.url}/metrics`)).text()).toContain('tallyboard_store_reachable 0');
    const read = await fetch(`${serving.url}/dashboard/symbol/e`);
    expect(await read.json()).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      detail: expect.not.stringContaining('stored'),
    });
    own.signal('SIGCONT');
    await until(async () => (await post(serving.url, 3)).status === 200, 'events to be taken again');
    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
    // It was stored after all, or is now: once, in either case.
    expect((await post(serving.url, 2)).status).toBe(200);
    expect(await serving.end('SIGTERM')).toBe(0);
    expect(await verify(url)).toBeUndefined();
    const messages = serving.log.map(({ msg }) => String(msg));
    expect(messages.filter((text) => text.includes('cannot be used'))).toHaveLength(1);
    expect(messages.filter((text) => text.includes('can be used again'))).toHaveLength(1);
  });

  it('as a replica: what it has not confirmed is not acknowledged, however often it is sent', async () => {
    const replica = await another('--replicaof', '127.0.0.1', String(server.port));
    await server.followed();
    const options = 'wait=1&attempt-milliseconds=8000&retry-milliseconds=8000';
    const proxy = await startProxy(server.port);
    const store = await openStore(`redis://127.0.0.1:${proxy.port}?prefix=${freshPrefix()}&${options}`);
    await store.append(initials(0, 10));
    replica.signal('SIGSTOP');
    for (let again = 0; again < 3; again += 1) {
      // Sent again it writes nothing, and on a connection that has written nothing either.
      await expect(store.append(initials(10, 13))).rejects.toMatchObject({ code: 'STORE_UNCERTAIN' });
      proxy.cutAfter(0);
      await pause(100);
    }
    replica.signal('SIGCONT');
    expect(await store.append(initials(10, 13))).toHaveLength(3);
    expect(await countOf(store)).toBe(13);
    await store.close();
    await proxy.close();
  });

  it('does not keep a server from stopping', async () => {
    const own = await another();
    const serving = await startServerProcess(
      urlOf(own, '&attempt-milliseconds=3000&retry-milliseconds=100000'),
      [],
      ['--stop-seconds-max', '1'],
    );
    expect((await post(serving.url, 1)).status).toBe(200);
    own.signal('SIGSTOP');
    const posts = Array.from({ length: 3000 }, (_, n) => post(serving.url, n + 10).catch(() => undefined));
    const isAway = async () => (await fetch(`${serving.url}/readyz`)).status === 503;
    await until(isAway, 'an attempt to be in vain');
    const started = performance.now();
    expect(await serving.end('SIGTERM')).toBe(0);
    // Far less than the store would go on trying, and far more than a busy machine takes.
    expect(performance.now() - started).toBeLessThan(60_000);
    await Promise.all(posts);
    own.signal('SIGCONT');
  });

  it('and is replaced by another behind the same address is found there', async () => {
    const replica = await another('--replicaof', '127.0.0.1', String(server.port));
    const proxy = await startProxy(server.port);
    const store = await openStore(`redis://127.0.0.1:${proxy.port}?prefix=${freshPrefix()}`);
    await store.append(initials(0, 10));
    await server.followed();
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await server.ask('REPLICAOF', '127.0.0.1', replica.port);
    proxy.pointTo(replica.port);
    await store.append(initials(10, 20));
    expect(await countOf(store)).toBe(20);
    await server.ask('REPLICAOF', 'NO', 'ONE');
    await store.close();
    await proxy.close();
  });
});

describeRedis('the warnings of a store', () => {
  it('follow the settings of the server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const own = await another();
      const log = lines();
      const url = `redis://${own.address}?retry-milliseconds=100`;
      await expect(openStore(`${url}&wait=1`)).rejects.toMatchObject({
        message: expect.stringContaining('add replicas, or ask for a smaller wait'),
      });
      await (await openStore(url)).close();
      const store = await openStore(`${url}&wait=1`, log);
      expect(store.warnings!()).toEqual([
        expect.stringContaining('appendonly is no'),
        expect.stringContaining('it has 0 replicas, and the URL waits for 1'),
      ]);
      await own.ask('CONFIG', 'SET', 'appendonly', 'yes');
      await own.ask('CONFIG', 'SET', 'appendfsync', 'always');
      await own.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      vi.advanceTimersByTime(61_000);
      await until(() => store.warnings!().some((each) => each.includes('allkeys-lru')), 'the next look');
      expect(store.warnings!()).toHaveLength(2);
      expect(store.promises.survives).toBe('power');
      expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(3);
      await store.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
