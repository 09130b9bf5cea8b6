import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../../src/domain/time.js';
import { archiveEvents } from '../../../../src/transfer/archive/archive.js';
import { fillUp, mountSmallDisk, unmountSmallDisk } from '../../../faults/small-disk.js';
import { initials } from '../../journal/support.js';
import { nameOf } from '../../shared/support.js';
import { REDIS_MISSING, RedisServer } from '../servers.js';
import { makesRoom, unfinished } from './scenarios.js';
import {
  appendToBoth,
  collect,
  expectAllOnce,
  filled,
  freshFolder,
  over,
  rowsOf,
  type Said,
  START,
  tallyboard,
  together,
} from './support.js';

const disk = mkdtempSync(join(tmpdir(), 'tallyboard-archive-disk-'));
const noDisk = mountSmallDisk(disk, '1m');

let server: RedisServer;
beforeAll(async () => {
  if (REDIS_MISSING === null) server = await RedisServer.start();
});
afterAll(async () => {
  unmountSmallDisk(disk);
  rmSync(disk, { recursive: true, force: true });
  await server?.remove();
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a memory that is full', REDIS_MISSING), () => {
  it('is made room in by archive, and takes events again', () => makesRoom('one server', 5));
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a directory that is of no use', REDIS_MISSING), () => {
  /** One of ours, with what to do, and no trace of the program. */
  function expectAdvice({ code, text }: Said, advice: RegExp): void {
    expect(text).toMatch(advice);
    expect(text).toMatch(/\[(CONFIG|INPUT)_INVALID\]\n$/);
    expect(text).not.toMatch(/^\s+at /m);
    expect([1, 2]).toContain(code);
  }
  const archive = (url: string, directory: string) =>
    tallyboard('archive', '--store', url, '--to', directory, '--older-than', '1d');

  it('is a file, or lies in one', async () => {
    const { store, url } = await filled(server.port);
    await store.close();
    const file = freshFolder();
    writeFileSync(file, '');
    expectAdvice(await archive(url, file), /is not a directory: name one/);
    expectAdvice(await archive(url, join(file, 'below')), /is not a directory: name one/);
    expectAdvice(await tallyboard('export', '--store', url, '--archive', file), /is not a directory/);
    expectAdvice(
      await tallyboard('verify', '--store', url, '--archive', freshFolder()),
      /raw events|not the archive of this store/,
    );
  });

  it('does not name its archive any more, or holds other files', async () => {
    const { store, url } = await filled(server.port);
    await store.close();
    const directory = freshFolder();
    expect(await archive(url, directory)).toMatchObject({ code: 0 });
    const label = join(directory, 'archive.json');
    const text = readFileSync(label, 'utf8');
    for (const wrong of ['', 'no JSON', 'null', '{"archive":7}']) {
      writeFileSync(label, wrong);
      expectAdvice(await archive(url, directory), /does not name an archive any more: restore/);
      const verified = await tallyboard('verify', '--store', url, '--archive', directory);
      expectAdvice(verified, /does not name an archive any more: restore/);
    }
    rmSync(label);
    mkdirSync(label);
    expectAdvice(await archive(url, directory), /could not be read or written/);
    rmSync(label, { recursive: true });
    writeFileSync(label, text);
    writeFileSync(join(directory, 'notes.ndjson'), '');
    expectAdvice(await archive(url, directory), /notes\.ndjson' is no part of an archive/);
  });

  it.skipIf(noDisk !== undefined)(nameOf('may not be written', noDisk ?? null), async () => {
    const { store, url } = await filled(server.port);
    await store.close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expectAdvice(await archive(url, join(disk, 'new')), /read only: name another directory/);
    expectAdvice(await archive(url, disk), /read only: name another directory/);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
  });

  it.skipIf(noDisk !== undefined)(nameOf('has no room', noDisk ?? null), async () => {
    const { store, url, model, archive: events } = await filled(server.port, 'partitions=2');
    for (let from = 10_000; from < 20_000; from += 1000) {
      await appendToBoth(
        { store, model },
        initials(from, from + 1000).map((event) => ({ ...event, at: START + event.id * MINUTE * 0.5 })),
      );
    }
    const directory = join(disk, 'full');
    expectAdvice(await archive(url, directory), /has no room left: no event was removed .* Make room/);
    expect(unfinished(directory)).toEqual([]);
    await expectAllOnce(store, directory, model);
    // Not even a lock can be written.
    writeFileSync(join(disk, 'ballast'), '');
    fillUp(join(disk, 'ballast'), 4096);
    expectAdvice(await archive(url, directory), /has no room left/);
    execFileSync('mount', ['-o', 'remount,size=64m', disk]);
    await archiveEvents(events, directory, START + 100 * DAY);
    await expectAllOnce(store, directory, model);
    await store.close();
  });

  it('tells of a failure of the store as what it is', async () => {
    const { store, archive: events } = await filled(server.port);
    const failing = over(events, { parts: () => store.close().then(() => events.parts()) });
    await expect(archiveEvents(failing, freshFolder(), START)).rejects.toMatchObject({
      code: 'STORE_CLOSED',
    });
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a file of an archive', REDIS_MISSING), () => {
  it('that is missing, short or changed is named', async () => {
    const { store, archive, model } = await filled(server.port, 'partitions=1');
    const directory = freshFolder();
    for (const at of [START + 1, START + 2, START + 3]) {
      await archiveEvents(archive, directory, START + 2 * DAY);
      await appendToBoth({ store, model }, [{ ...initials(8000, 8001)[0]!, id: at, at }]);
    }
    const read = () => collect(together(store, directory).events());
    const files = readdirSync(directory).filter((name) => name.startsWith('2024-01-01_'));
    expect(files).toHaveLength(3);
    for (const file of files) {
      const path = join(directory, file);
      const text = readFileSync(path, 'utf8');
      rmSync(path);
      const [place, since] = [file.slice(0, 12), file.split('_')[2]];
      await expect(read()).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringContaining(`'${place}_${since}_`),
      });
      await expect(archiveEvents(archive, directory, START + 2 * DAY)).rejects.toMatchObject({
        message: expect.stringContaining(`'${place}_${since}_`),
      });
      writeFileSync(path, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
      await expect(read()).rejects.toMatchObject({
        message: expect.stringMatching(/events, and not the number of its name: restore/),
      });
      writeFileSync(path, text.replace('uuid', 'id'));
      await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(/line 1 .*restore/) });
      writeFileSync(path, text);
    }
    expect(rowsOf(await read())).toEqual(rowsOf(await collect(model.events())));
    await store.close();
  });
});
