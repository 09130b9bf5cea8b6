import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { initial } from '../journal/support.js';
import { openStore } from '../shared/support.js';
import { describeRedis } from './others.js';
import { RedisServer } from './servers.js';
import { freshPrefix } from './support.js';

// In later versions than 7.0, WAIT is for what its own connection has written: what writes nothing, because it
// was written before on another connection, would be confirmed by replicas that have not got it.
describeRedis('what replicas must have', () => {
  const servers: RedisServer[] = [];
  let store: Store;
  beforeAll(async () => {
    const server = await RedisServer.start();
    servers.push(server);
    servers.push(await RedisServer.start(['--replicaof', '127.0.0.1', String(server.port)]));
    await server.followed();
    store = await openStore(`redis://${server.address}?partitions=2&wait=1&prefix=${freshPrefix()}`);
    await store.append([initial(1), initial(2)]);
    await store.archive!.claim('one');
  });
  afterAll(async () => {
    await store.close();
    for (const server of servers) await server.remove();
  });

  async function changes(): Promise<number> {
    const info = String(await servers[0]!.ask('INFO', 'persistence'));
    return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)![1]);
  }

  it.each<[string, () => Promise<unknown>]>([
    ['an event that is sent again', () => store.append([initial(1)])],
    [
      'an event that is refused',
      () => store.append([{ ...initial(1), id: 77, symbol: 'q' } as ContactEvent]),
    ],
    ['the name of an archive that has it', () => store.archive!.claim('one')],
    ['a list of what is there to be moved out', () => store.archive!.parts()],
  ])('is written again with %s', async (_name, ask) => {
    const before = await changes();
    await ask();
    expect(await changes()).toBeGreaterThan(before);
  });

  it('is written again with a removal that was made before', async () => {
    const [part] = await store.archive!.parts();
    await store.archive!.remove(part!, part!.last);
    const before = await changes();
    await store.archive!.remove(part!, part!.last);
    expect(await changes()).toBeGreaterThan(before);
  });
});
