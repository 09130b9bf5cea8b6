import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backupCommand, restoreCommand } from '../../src/cli/store/backup.js';
import type { Store } from '../../src/contract/store.js';
import {
  eventsOf,
  flip,
  freshDirectory,
  initials,
  logOf,
  openStore,
  segmentFiles,
} from '../stores/journal/support.js';
import { until } from '../stores/shared/until.js';
import { run } from './running.js';

const AGREES = 'Every answer agrees with the raw events.';

/** More than a segment has. */
async function fill(store: Store, from = 0, to = 10_000): Promise<void> {
  for (let n = from; n < to; n += 2000) await store.append(initials(n, Math.min(to, n + 2000)));
}

const urlOf = (directory: string) => `journal:${directory}?segment-bytes=270000`;
const freshPlace = () => join(freshDirectory(), 'place');
const backUp = (directory: string, to: string) => run(backupCommand, { store: urlOf(directory), to });
const restore = (from: string, directory: string) => run(restoreCommand, { from, store: urlOf(directory) });
const refusal = (message: string) => ({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });

interface BackedUp {
  readonly directory: string;
  readonly backup: string;
}

let made: Promise<BackedUp> | undefined;

/** A closed journal and its backup, to be changed: those of another test are others. */
async function backedUp(): Promise<BackedUp> {
  made ??= makeBackup();
  const first = await made;
  const own = { directory: freshDirectory(), backup: freshPlace() };
  await cp(first.directory, own.directory, { recursive: true });
  await cp(first.backup, own.backup, { recursive: true });
  return own;
}

it('takes notes and shared links along', async () => {
  const [directory, backup, restored] = [freshDirectory(), freshPlace(), freshPlace()];
  const store = await openStore(urlOf(directory));
  await store.append(initials(0, 10));
  await store.keepDocument!('note', 'a', 'Grüße');
  await store.keepDocument!('share', 'b', '{}');
  await store.close();
  expect((await backUp(directory, backup)).code).toBe(0);
  expect((await restore(backup, restored)).code).toBe(0);
  const again = await openStore(urlOf(restored));
  expect([...(await again.documents!('note'))]).toEqual([['a', 'Grüße']]);
  expect([...(await again.documents!('share'))]).toEqual([['b', '{}']]);
  await again.close();
  // The damage of one stands in nobody else's way.
  await flip(join(restored, 'documents.json'), 40);
  const damaged = await openStore(urlOf(restored));
  await expect(damaged.documents!('note')).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  expect(await eventsOf(damaged)).toHaveLength(10);
  await damaged.close();
});

async function makeBackup(): Promise<BackedUp> {
  const [directory, backup] = [freshDirectory(), freshPlace()];
  const store = await openStore(urlOf(directory));
  await fill(store);
  await store.close();
  expect((await backUp(directory, backup)).code).toBe(0);
  return { directory, backup };
}

it('a drill: backed up under load, again, restored, and what was acknowledged is there, once', async () => {
  const [directory, backup, older] = [freshDirectory(), freshPlace(), freshPlace()];
  const store = await openStore(urlOf(directory));
  await fill(store, 0, 10_000);
  await until(() => existsSync(join(directory, 'projection', 'manifest')), 'a checkpoint');
  const [first] = await Promise.all([backUp(directory, backup), fill(store, 10_000, 16_000)]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(AGREES) });
  await cp(backup, older, { recursive: true });
  await fill(store, 16_000, 30_000);
  const second = await backUp(directory, backup);
  expect(second.stdout).toMatch(/^30,000 events in 4 files, 1.0 MB \([23] copied now, /);
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining(AGREES) });
  await store.close();

  const restored = freshPlace();
  const told = await restore(backup, restored);
  expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining(AGREES) });
  expect(told.stdout).toMatch(/^30,000 events in 4 files, 1.0 MB \(4 copied now/);
  expect(await logOf(restored)).toEqual(await logOf(directory));
  const again = await openStore(urlOf(restored));
  expect(await again.verification!()).toMatchObject({ events: 30_000, differences: 0 });
  const replays = await again.append(initials(0, 100).map((event) => ({ ...event, id: event.id + 1e6 })));
  expect(replays.every(({ status }) => status === 'replayed')).toBe(true);
  await again.close();

  // The older state, beside what the younger one left.
  await rename(join(restored, 'journal'), join(freshDirectory(), 'away'));
  const before = await readdir(restored);
  await expect(restore(older, restored)).rejects.toMatchObject(refusal('projection'));
  expect(await readdir(restored)).toEqual(before);
  const past = freshPlace();
  expect((await restore(older, past)).code).toBe(0);
  expect((await logOf(past)).length).toBeGreaterThanOrEqual(10_000);

  // It goes on, and is another history now: the younger backup has what it lacks, and stays as it is.
  const another = await openStore(urlOf(past));
  await another.append(initials(70_000, 70_100));
  await expect(backUp(past, backup)).rejects.toMatchObject(refusal('has events that'));
  await another.close();
  const safe = freshPlace();
  expect((await restore(backup, safe)).code).toBe(0);
  expect(await logOf(safe)).toHaveLength(30_000);
});

describe('a backup', () => {
  it('that has all copies nothing', async () => {
    const { directory, backup } = await backedUp();
    const again = await backUp(directory, backup);
    expect(again.stdout).toMatch(/^10,000 events in 2 files, 0.3 MB \(0 copied now, 0.0 MB\)/);
  });

  it('that is damaged is not restored, leaves nothing, and is mended by the next one', async () => {
    const { directory, backup } = await backedUp();
    const place = freshPlace();
    await flip((await segmentFiles(backup))[0]!, 1000);
    await expect(restore(backup, place)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('its checksum is another'),
    });
    expect(existsSync(place)).toBe(false);
    expect((await backUp(directory, backup)).stdout).toContain('(1 copied now, 0.3 MB)');
    expect((await restore(backup, place)).code).toBe(0);
    expect(await logOf(place)).toEqual(await logOf(directory));
  });

  it('that was interrupted when its files had grown is what it was', async () => {
    const { directory, backup } = await backedUp();
    const last = (await segmentFiles(backup)).at(-1)!;
    await appendFile(last, Buffer.alloc(1000, 1));
    const place = freshPlace();
    await mkdir(join(place, 'restoring'), { recursive: true });
    await cp(last, join(place, 'restoring', 'x.journal'));
    expect((await restore(backup, place)).code).toBe(0);
    expect(await logOf(place)).toEqual(await logOf(directory));
  });

  it('is made, and said not to be proved, where the projection cannot be read', async () => {
    const { directory } = await backedUp();
    const [backup, place] = [freshPlace(), freshPlace()];
    await rm(join(directory, 'projection'), { recursive: true });
    await expect(backUp(directory, backup)).rejects.toMatchObject({
      message: 'the backup is there, with the checksums of its files, and was not proved',
      cause: { message: expect.stringContaining('has no checkpoint yet') },
    });
    expect((await restore(backup, place)).code).toBe(0);
  });

  it('fails its proof where the journal was damaged before', async () => {
    const { directory } = await backedUp();
    await flip((await segmentFiles(directory))[0]!, 1000);
    await expect(backUp(directory, freshPlace())).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it('can be read as a store, and is refused as a backup once a server was started on it', async () => {
    const { directory, backup } = await backedUp();
    expect(await logOf(backup)).toEqual(await logOf(directory));
    const store = await openStore(urlOf(backup));
    expect(await eventsOf(store)).toHaveLength(10_000);
    await store.append(initials(90_000, 90_001));
    await store.close();
    await expect(backUp(directory, backup)).rejects.toMatchObject(refusal('a server was started on it'));
  });
});

describe('is refused:', () => {
  it('a backup of another journal, one in a directory with something else, and of other stores', async () => {
    const one = await backedUp();
    const other = freshDirectory();
    const store = await openStore(urlOf(other));
    await store.append(initials(0, 10));
    await store.close();
    await expect(backUp(other, one.backup)).rejects.toMatchObject(refusal('another journal'));
    await expect(backUp(one.directory, other)).rejects.toMatchObject(refusal('something else'));
    for (const to of ['.', '..', 'backup']) {
      await expect(backUp(one.directory, join(one.directory, to))).rejects.toMatchObject(
        refusal('lies in the other'),
      );
    }
    await expect(run(backupCommand, { store: 'sqlite:og.db', to: freshPlace() })).rejects.toMatchObject(
      refusal('tallyboard export'),
    );
    await expect(backUp(freshDirectory(), freshPlace())).rejects.toMatchObject({ code: 'STORE_MISSING' });
  });

  it('a restore of what is no backup, to a place with anything, in use, or of other stores', async () => {
    const { directory, backup } = await backedUp();
    await expect(restore(directory, freshPlace())).rejects.toMatchObject(refusal('is no backup'));
    await expect(restore(freshPlace(), freshPlace())).rejects.toMatchObject(refusal('check --from'));
    const file = join(backup, 'backup.json');
    await expect(restore(file, freshPlace())).rejects.toMatchObject(refusal('is a file'));
    await cp(file, join(directory, 'file'));
    await expect(restore(backup, join(directory, 'file'))).rejects.toMatchObject(refusal('is a file'));
    await expect(restore(backup, join(backup, 'new'))).rejects.toMatchObject(refusal('lies in the other'));
    await expect(restore(backup, directory)).rejects.toMatchObject(refusal('Nothing was changed'));
    const store = await openStore(urlOf(directory));
    await expect(restore(backup, directory)).rejects.toMatchObject(refusal('Nothing was changed'));
    await store.close();
    await expect(run(restoreCommand, { from: backup, store: 'null:' })).rejects.toMatchObject(
      refusal('tallyboard copy'),
    );
  });
});
