import { cpSync, existsSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/contract/store.js';
import { DirectoryLock } from '../../../src/stores/journal/lock.js';
import { encodeSegmentHeader, HEADER_BYTES } from '../../../src/stores/journal/log/format.js';
import { segmentPath } from '../../../src/stores/journal/log/segments.js';
import {
  aliasOf,
  countOf,
  freshDirectory,
  initials,
  lines,
  logOf,
  openStore,
  removeFrom,
} from './support.js';

// A writer looks at its segment from time to time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What becomes of the directory, where its events are then, and what the server says. */
const TAKINGS: [string, (directory: string) => string, RegExp][] = [
  ['lock/ is deleted', (own) => removeFrom(own, 'lock'), /LOCK is gone/],
  ['the lock file is deleted', (own) => removeFrom(own, 'lock/LOCK'), /LOCK is gone/],
  ['all but the journal is deleted', (own) => removeFrom(own, 'lock', 'holder.json'), /LOCK is gone/],
  ['an older lock/ takes its place', (own) => replaceByCopy(join(own, 'lock'), own), /LOCK is another file/],
  ['the whole directory is renamed', rename, /LOCK is gone/],
  ['a copy takes its place', (own) => replaceByCopy(own, own), /LOCK is another file/],
  [
    'a copy of the journal takes its place',
    (own) => replaceByCopy(join(own, 'journal'), own),
    /0\.journal is another file/,
  ],
  ['another one has gone on where it stands', goOn, /0000000000000010\.journal was begun by another/],
];

it.each(TAKINGS)('takes no event any more where %s, and what it took is there', async (_, take, says) => {
  const directory = freshDirectory();
  const log = lines();
  const store = await openStore(`journal:${directory}`, log);
  await store.append(initials(0, 10));
  const place = take(directory);
  await expectRefusals(store, says);
  expect(await countOf(store)).toBe(10);
  await store.close();
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({ message: expect.stringContaining('was taken away') }),
  ]);
  expect(await logOf(place)).toEqual(initials(0, 10));
});

it.each<[string, (directory: string) => unknown, RegExp]>([
  ['journal/ is deleted', (own) => removeFrom(own, 'journal'), /0\.journal is gone/],
  ['its segment is cut short', (own) => truncateSync(segmentOf(own), HEADER_BYTES + 50), /was cut short/],
])('takes no event any more where %s', async (_, take, says) => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 10));
  take(directory);
  await expectRefusals(store, says);
  await store.close();
});

it('hears of it when it is asked how it is, and stays so when the path is back', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  expect(store.trouble?.()).toBeUndefined();
  const away = rename(directory);
  expect(store.trouble?.()).toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringMatching(/LOCK is gone/),
  });
  renameSync(away, directory);
  await expectRefusals(store, /LOCK is gone/);
  await store.close();
});

it('goes on where its directory was away, and nobody had it meanwhile', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 10));
  renameSync(rename(directory), directory);
  await store.append(initials(10, 20));
  await store.close();
  expect(await logOf(directory)).toEqual(initials(0, 20));
});

it('leaves the note of who has the directory next', async () => {
  const directory = freshDirectory();
  const first = await DirectoryLock.take(directory, lines());
  removeFrom(directory, 'lock');
  const second = await DirectoryLock.take(aliasOf(directory), lines());
  await first.release();
  expect(JSON.parse(await readFile(join(directory, 'holder.json'), 'utf8')).pid).toBe(process.pid);
  second.assertHeld();
  await second.release();
  expect(existsSync(join(directory, 'holder.json'))).toBe(false);
});

it('is taken once only, where several of one process try at the same time', async () => {
  const directory = freshDirectory();
  const tries = await Promise.allSettled(
    Array.from({ length: 5 }, () => DirectoryLock.take(directory, lines())),
  );
  const taken = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(taken.length).toBe(1);
  for (const path of [directory, aliasOf(directory)]) {
    await expect(DirectoryLock.take(path, lines())).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  }
  taken[0]!.assertHeld();
  await taken[0]!.release();
  await (await DirectoryLock.take(directory, lines())).release();
});

async function expectRefusals(store: Store, says: RegExp): Promise<void> {
  vi.advanceTimersByTime(100);
  for (const batch of [initials(50, 60), initials(50, 60)]) {
    await expect(store.append(batch)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringMatching(says),
    });
  }
  expect(store.trouble?.()).toMatchObject({ code: 'STORE_LOCKED', message: expect.stringMatching(says) });
}

function segmentOf(directory: string): string {
  return segmentPath(join(directory, 'journal'), 0);
}

function rename(directory: string): string {
  renameSync(directory, `${directory}.away`);
  return `${directory}.away`;
}

/** Puts a copy in the place of a directory. */
function replaceByCopy(path: string, directory: string): string {
  cpSync(path, `${path}.copy`, { recursive: true });
  rmSync(path, { recursive: true });
  renameSync(`${path}.copy`, path);
  return directory;
}

/** The next segment is there, as if another process had the lock for a while. */
function goOn(directory: string): string {
  const previousEnd = HEADER_BYTES + 14 + 10 * 32;
  const salt = 0;
  const header = encodeSegmentHeader({ firstSequence: 10, previousEnd, salt, salvaged: false, mark: 0 });
  writeFileSync(segmentPath(join(directory, 'journal'), 10), header);
  return directory;
}
