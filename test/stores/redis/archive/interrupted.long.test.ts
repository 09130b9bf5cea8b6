import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { initial } from '../../journal/support.js';
import { nameOf } from '../../shared/support.js';
import { REDIS_MISSING, serverOfFile } from '../servers.js';
import { endsInTheMiddle, killedAgainAndAgain, unfinished } from './scenarios.js';
import {
  appendToBoth,
  collect,
  expectAgreement,
  expectAllOnce,
  filled,
  freshFolder,
  over,
  START,
  tallyboard,
} from './support.js';

const server = await serverOfFile();

describe.skipIf(REDIS_MISSING !== null)(nameOf('an archive that is interrupted', REDIS_MISSING), () => {
  it('moves each event once, at whichever step, and is read rightly meanwhile', () =>
    endsInTheMiddle(server.port, 6));

  it('is killed, while late events come, and loses and doubles nothing', () =>
    killedAgainAndAgain(server.port, 2, 5000));
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('two runs of archive', REDIS_MISSING), () => {
  it('in one directory: the second is refused at once, and the first moves everything', async () => {
    const { store, url, archive, model } = await filled(server.port);
    const directory = freshFolder();
    let second: Awaited<ReturnType<typeof tallyboard>> | undefined;
    const slow = over(archive, {
      async *events(part) {
        second ??= await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
        yield* archive.events(part);
      },
    });
    await archiveEvents(slow, directory, START + 8 * DAY);
    expect(second).toMatchObject({ code: 1 });
    expect(second?.text).toContain(`another run of archive, process ${process.pid}`);
    await expectAllOnce(store, directory, model);
    expect(unfinished(directory)).toEqual([]);
    await store.close();
  });

  it('that do not see each other: one is refused by the store, and nothing is lost or doubled', async () => {
    for (const step of ['written', 'read'] as const) {
      const { store, url, archive, model } = await filled(server.port, 'partitions=1');
      const directory = freshFolder();
      let other: Awaited<ReturnType<typeof tallyboard>> | undefined;
      const overtaken = async () => {
        if (other !== undefined) return;
        // A process of another machine, which shares the directory.
        writeFileSync(
          join(directory, 'archive.lock'),
          JSON.stringify({ pid: 1, host: 'elsewhere', began: null }),
        );
        await appendToBoth({ store, model }, [{ ...initial(6000), at: START + 1 }]);
        other = await tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');
      };
      const slow = over(archive, {
        async *events(part) {
          yield* archive.events(part);
          if (step === 'read') await overtaken();
        },
        async remove(part, reached) {
          if (step === 'written') await overtaken();
          await archive.remove(part, reached);
        },
      });
      await expect(archiveEvents(slow, directory, START + 8 * DAY)).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringContaining('another run of archive moved events of 2024-01-01_'),
      });
      expect(other).toMatchObject({ code: 0 });
      await expectAllOnce(store, directory, model);
      expect(unfinished(directory)).toEqual([]);
      await store.close();
    }
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('the lock of an archive', REDIS_MISSING), () => {
  it('of a process that is gone, of one that has only its number, or half written, holds nobody up', async () => {
    const { store, archive } = await filled(server.port);
    const directory = freshFolder();
    mkdirSync(directory);
    const lock = join(directory, 'archive.lock');
    const { host } = JSON.parse(await lockText(directory)) as { host: string };
    const gone = spawnSync('true').pid;
    for (const text of [
      JSON.stringify({ pid: gone, host, began: null }),
      JSON.stringify({ pid: process.pid, host, began: '1' }),
      '',
      '{"pid":',
    ]) {
      writeFileSync(lock, text);
      utimesSync(lock, 1, 1);
      await archiveEvents(archive, directory, START + 5 * DAY);
      expect(existsSync(lock)).toBe(false);
    }
    await store.close();

    async function lockText(where: string): Promise<string> {
      let text = '';
      const looking = over(archive, {
        async *events(part) {
          text = readFileSync(join(where, 'archive.lock'), 'utf8');
          yield* archive.events(part);
        },
      });
      await archiveEvents(looking, where, START + 2 * DAY);
      return text;
    }
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a part of an archive', REDIS_MISSING), () => {
  it('is removed only from the state in which it was listed, and harmlessly again', async () => {
    const { store, archive } = await filled(server.port, 'partitions=1');
    const [part] = await archive.parts();
    const total = (await collect(store.events())).length;
    const count = async () => (await collect(store.events())).length;
    await expect(archive.remove({ ...part!, since: '1-1' }, part!.last)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    });
    await expect(archive.remove({ ...part!, events: part!.events - 1 }, part!.last)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await count()).toBe(total);
    await archive.remove(part!, part!.last);
    expect(await count()).toBe(total - part!.events);
    await store.append([{ ...initial(6500), at: START + 1 }]);
    await archive.remove(part!, part!.last);
    expect(await count()).toBe(total - part!.events + 1);
    await store.close();
  });

  it('stays where fewer events were read than it has', async () => {
    const { store, archive, model } = await filled(server.port);
    const directory = freshFolder();
    const short = over(archive, {
      async *events(part) {
        const events = await collect(archive.events(part));
        yield* events.slice(1);
      },
    });
    await expect(archiveEvents(short, directory, START + 5 * DAY)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('were not removed'),
    });
    await archiveEvents(archive, directory, START + 5 * DAY);
    await expectAllOnce(store, directory, model);
    await expectAgreement(store, directory);
    await store.close();
  });
});
