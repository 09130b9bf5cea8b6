import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Model } from '../../../../src/contract/model.js';
import type { EventArchive } from '../../../../src/contract/store-archive.js';
import { DAY, HOUR } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { copyEvents } from '../../../../src/transfer/copy.js';
import { initial } from '../../journal/support.js';
import { nameOf, openStore } from '../../shared/support.js';
import { REDIS_MISSING, RedisServer } from '../servers.js';
import { freshPrefix } from '../support.js';
import {
  appendToBoth,
  collect,
  EVENTS,
  expectAgreement,
  expectAllOnce,
  type Filled,
  filled,
  freshFolder,
  rowsOf,
  START,
  tallyboard,
  together,
} from './support.js';

const SYNCED = ['--appendonly', 'yes', '--appendfsync', 'always'];
const servers: RedisServer[] = [];
let server: RedisServer;

async function startServer(...settings: string[]): Promise<RedisServer> {
  const started = await RedisServer.start(settings);
  servers.push(started);
  return started;
}

beforeEach(async () => {
  if (REDIS_MISSING === null) server = await startServer(...SYNCED);
});
afterEach(async () => {
  for (const started of servers.splice(0)) await started.remove();
});

function fileOf({ directory }: RedisServer): string {
  const folder = join(directory, 'appendonlydir');
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof'))!);
}

/** As a cut of power leaves a server whose disk had not all of what it had told its clients. */
async function cutTo(bytes: number): Promise<void> {
  await server.kill();
  truncateSync(fileOf(server), bytes);
  await server.restart();
}

async function opened({ url, model }: Filled): Promise<Filled> {
  const store = await openStore(url);
  return { url, model, store, archive: store.archive! };
}

describe.skipIf(REDIS_MISSING !== null)(
  nameOf('a store that was set back behind its archive', REDIS_MISSING),
  () => {
    it('by a file that ends anywhere in the removals: says so, and is mended by archive', async () => {
      let now = await filled(server.port);
      const { model } = now;
      const directory = freshFolder();
      for (let round = 0; round < 8; round += 1) {
        const before = statSync(fileOf(server)).size;
        await archiveEvents(now.archive, directory, START + (2 + round) * DAY);
        const after = statSync(fileOf(server)).size;
        await now.store.close();
        await cutTo(before + Math.floor(((after - before) * round) / 8));
        now = await opened(now);
        // Before the first removal the store may know no archive at all.
        await expect(collect(together(now.store, directory).events())).rejects.toMatchObject({
          code: 'INPUT_INVALID',
          message: expect.stringContaining('run tallyboard archive again'),
        });
        if (round % 2 === 0)
          await appendToBoth(now, [{ ...initial(5000 + round), at: START + round * HOUR }]);
        // The same row as one that is in a file already, and another event.
        await appendToBoth(now, [{ ...EVENTS[0]!, id: 4e6 + round }]);
        await archiveEvents(now.archive, directory, START + DAY);
        await expectAllOnce(now.store, directory, model);
        await appendToBoth(now, [{ ...initial(5100 + round), at: START + round * HOUR + 1 }]);
      }
      await archiveEvents(now.archive, directory, START + 20 * DAY);
      await expectAllOnce(now.store, directory, model);
      await now.store.close();
      expect((await tallyboard('verify', '--store', now.url, '--archive', directory)).text).toContain(
        'Every answer agrees with the raw events.',
      );
    });

    it('so that it lost events too: they stay in the files, and a copy has them', async () => {
      const first = await filled(server.port);
      const before = statSync(fileOf(server)).size;
      // The events of one day twice, as rows that cannot be told apart, and others; all are moved, then lost.
      const lost = Array.from({ length: 50 }, (_, i) => ({ ...initial(6000 + i), at: START + 3 * HOUR + i }));
      await appendToBoth(first, lost);
      const retry = { ...lost[0]!, id: 1, replay: true };
      await appendToBoth(first, [
        { ...retry, id: 2 },
        { ...retry, id: 3 },
        { ...retry, id: 4 },
      ]);
      const directory = freshFolder();
      await archiveEvents(first.archive, directory, START + 2 * DAY);
      await first.store.close();
      await cutTo(before);
      const now = await opened(first);
      // One of those that were lost comes again, from a client.
      await now.store.append([{ ...lost[7]!, id: 9 }]);
      await archiveEvents(now.archive, directory, START + 2 * DAY);
      const all = await collect(together(now.store, directory).events());
      expect(rowsOf(all)).toEqual(rowsOf(await collect(now.model.events())));
      const target = new Model();
      await copyEvents(together(now.store, directory), target);
      expect(await target.tallyOfSymbol('e')).toEqual(await now.model.tallyOfSymbol('e'));
      expect(rowsOf(await collect(target.events()))).toEqual(rowsOf(all));
      await now.store.close();
    });

    it('to before a day came at all: the store learns what the files have', async () => {
      const first = await filled(server.port, 'partitions=1');
      const before = statSync(fileOf(server)).size;
      await appendToBoth(first, [{ ...initial(6100), at: START - 40 * DAY }]);
      const directory = freshFolder();
      await archiveEvents(first.archive, directory, START - 39 * DAY);
      const reached = await first.archive.reached();
      await first.store.close();
      await cutTo(before);
      const now = await opened(first);
      expect(await archiveEvents(now.archive, directory, START - 39 * DAY)).toMatchObject({
        files: 0,
        events: 0,
      });
      expect(await now.archive.reached()).toEqual(reached);
      expect(rowsOf(await collect(together(now.store, directory).events()))).toEqual(
        rowsOf(await collect(first.model.events())),
      );
      await now.store.close();
    });

    it('between the listing and the removal: nothing is removed, and the next run mends it', async () => {
      const first = await filled(server.port, 'partitions=1');
      const before = statSync(fileOf(server)).size;
      await appendToBoth(first, [{ ...initial(6200), at: START + 1 }]);
      const [part] = await first.archive.parts();
      await first.store.close();
      await cutTo(before);
      const now = await opened(first);
      await now.store.append([{ ...initial(6201), at: START + 2 }]);
      await expect(now.archive.remove(part!, part!.last)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('set back'),
      });
      await expectAgreement(now.store, await emptyArchive(now));
      await now.store.close();
    });
  },
);

/** The directory of an archive to which nothing was moved yet. */
async function emptyArchive({ archive }: Filled): Promise<string> {
  const directory = freshFolder();
  await archiveEvents(archive, directory, START - DAY);
  return directory;
}

describe.skipIf(REDIS_MISSING !== null)(
  nameOf('an archive of a server with a replica', REDIS_MISSING),
  () => {
    async function startReplica(): Promise<RedisServer> {
      const replica = await startServer('--replicaof', '127.0.0.1', String(server.port));
      await server.followed();
      return replica;
    }

    it('that takes over without the removal is mended', async () => {
      const first = await filled(server.port);
      const replica = await startReplica();
      await replica.ask('REPLICAOF', 'NO', 'ONE');
      const directory = freshFolder();
      await archiveEvents(first.archive, directory, START + 6 * DAY);
      await first.store.close();
      await server.kill();
      const url = first.url.replace(String(server.port), String(replica.port));
      const now = await opened({ ...first, url });
      await appendToBoth(now, [{ ...initial(5500), at: START + HOUR }]);
      expect(await tallyboard('verify', '--store', url, '--archive', directory)).toMatchObject({
        code: 1,
        text: expect.stringContaining('run tallyboard archive again'),
      });
      const said = await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
      expect(said.text).toMatch(/further events? already in its files/);
      await expectAllOnce(now.store, directory, now.model);
      await now.store.close();
    });

    it('waits for the replica before it reads a part, and before a part counts as removed', async () => {
      const replica = await startReplica();
      const waiting = 'wait=1&attempt-milliseconds=8000&retry-milliseconds=8000';
      const url = `redis://127.0.0.1:${server.port}?partitions=2&prefix=${freshPrefix()}&${waiting}`;
      const store = await openStore(url);
      const model = new Model();
      await appendToBoth({ store, model }, [initial(1), initial(2), initial(3)]);
      const directory = freshFolder();
      await archiveEvents(store.archive!, directory, START);
      // Its own connection, so that what it waits for is what it wrote itself.
      const another = await openStore(url);
      const parts = await store.archive!.parts();
      replica.signal('SIGSTOP');
      const refused = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('Redis did not do') };
      await expect(another.archive!.parts()).rejects.toMatchObject(refused);
      await expect(archiveEvents(store.archive!, directory, START + DAY)).rejects.toMatchObject(refused);
      expect(readdirSync(directory)).toEqual(['archive.json']);
      await expect(store.archive!.remove(parts[0]!, parts[0]!.last)).rejects.toMatchObject(refused);
      // Now it is removed, and still not confirmed; nor is the name, which was given long ago.
      expect(await store.archive!.reached()).toEqual(new Map([[parts[0]!.place, parts[0]!.last]]));
      for (const again of [
        (archive: EventArchive) => archive.remove(parts[0]!, parts[0]!.last),
        (archive: EventArchive) => archive.claim('another'),
      ]) {
        replica.signal('SIGCONT');
        const fresh = await openStore(url);
        await fresh.append([initial(4)]);
        replica.signal('SIGSTOP');
        await expect(again(fresh.archive!)).rejects.toMatchObject(refused);
        await fresh.close();
      }
      replica.signal('SIGCONT');
      await another.close();
      await store.archive!.remove(parts[0]!, parts[0]!.last);
      await store.close();
    });
  },
);
