import { cp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { expect, it } from 'vitest';
import { verifyStore } from '../../../src/transfer/verify.js';
import {
  countByMinutes,
  countOf,
  eventsOf,
  flip,
  freshDirectory,
  initials,
  lines,
  openStore,
  segmentFiles,
} from './support.js';

const EVENTS = 2000;

/** A closed store with many checkpoints. */
async function written(directory = freshDirectory()): Promise<string> {
  const store = await openStore(`journal:${directory}?checkpoint-contacts=1`);
  for (let from = 0; from < EVENTS; from += 20) await store.append(initials(from, from + 20));
  await store.close();
  return directory;
}

async function change(
  directory: string,
  how: (level: ClassicLevel<Buffer, Buffer>) => Promise<unknown>,
): Promise<void> {
  const level = new ClassicLevel<Buffer, Buffer>(join(directory, 'projection'), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  });
  await how(level);
  await level.close();
}

async function expectWhole(directory: string): Promise<void> {
  const store = await openStore(`journal:${directory}`);
  expect(await countOf(store)).toBe(EVENTS);
  expect(await countByMinutes(store, EVENTS)).toBe(EVENTS);
  expect((await store.append([{ ...initials(70, 71)[0]!, id: 90_000 }]))[0]!.status).toBe('replayed');
  await store.close();
}

it('is made again where LevelDB has lost a part of its log, wherever that is', async () => {
  const directory = await written();
  const projection = join(directory, 'projection');
  const log = (await readdir(projection)).find((name) => name.endsWith('.log'))!;
  const whole = await readFile(join(projection, log));
  expect(whole.length).toBeGreaterThan(50_000);
  for (let offset = 3; offset < whole.length; offset += Math.floor(whole.length / 12)) {
    await writeFile(join(projection, log), whole);
    await flip(join(projection, log), offset);
    const copy = freshDirectory();
    await rm(copy, { recursive: true });
    await cp(directory, copy, { recursive: true });
    await expectWhole(copy);
  }
});

it.each<[string, (level: ClassicLevel<Buffer, Buffer>) => Promise<unknown>]>([
  ['a day is cut short', (level) => cutValue(level, 0x64)],
  ['its checkpoint is gone', (level) => level.del(Buffer.from('p'))],
  ['its checkpoint is no JSON', (level) => level.put(Buffer.from('p'), Buffer.from('{"format":1'))],
  ['its checkpoint has no position', (level) => edit(level, ({ position: _, ...rest }) => rest)],
  ['its checkpoint stands within a frame', (level) => edit(level, (checkpoint) => moved(checkpoint, 20))],
  ['it has another format', (level) => edit(level, (checkpoint) => ({ ...checkpoint, format: 9 }))],
])('is made again where %s', async (_, how) => {
  const directory = await written();
  await change(directory, how);
  await expectWhole(directory);
});

it('does not hang or lie where a page of minutes is cut short: it says that it cannot be read', async () => {
  const directory = await written();
  await change(directory, (level) => cutValue(level, 0x6d));
  const store = await openStore(`journal:${directory}`);
  await expect(countByMinutes(store, EVENTS)).rejects.toThrow(/page/);
  expect(await countOf(store)).toBe(EVENTS);
  await store.close();
});

it('is found wrong by verify where a contact was changed, and right where nothing was', async () => {
  const options = { ranges: 10, random: () => 0.5 };
  const verified = async (directory: string) => {
    const store = await openStore(`journal:${directory}`);
    const { differences, compared } = await verifyStore(store, options);
    await store.close();
    expect(compared.contact).toBe(EVENTS);
    return differences.map(({ what }) => what);
  };
  expect(await verified(await written())).toEqual([]);
  // Bit 5 is the guess, bit 6 the followup; 8 and more are the instant.
  for (const [byte, bit] of [
    [0, 0x20],
    [0, 0x01],
    [9, 0x01],
  ] as const) {
    const directory = await written();
    await change(directory, async (level) => {
      const [entry] = await level
        .iterator({ gte: Buffer.from([0x63]), lt: Buffer.from([0x64]), limit: 1 })
        .all();
      entry![1][byte]! ^= bit;
      await level.put(entry![0], entry![1]);
    });
    expect(await verified(directory)).toEqual([`the contact ${initials(0, 1)[0]!.uuid}`]);
  }
  const directory = await written();
  await change(directory, (level) =>
    level.clear({ gte: Buffer.from([0x63]), lt: Buffer.from([0x64]), limit: 1 }),
  );
  expect(await verified(directory)).toEqual([`the contact ${initials(0, 1)[0]!.uuid}`]);
});

it('is made again whatever the directory is called', async () => {
  const directory = join(freshDirectory(), 'clock-LOCK-block');
  await written(directory);
  await rm(join(directory, 'projection', 'CURRENT'));
  await expectWhole(directory);
});

it('does not take a damaged last frame for one that was never acknowledged', async () => {
  const directory = await written();
  const [path] = await segmentFiles(directory);
  await flip(path!, (await stat(path!)).size - 5);
  await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
});

it('salvages the only segment though its header is damaged, and one that was salvaged before', async () => {
  for (const offset of [0, 9, 12, 13, 15, 20, 33]) {
    const directory = await written();
    const [path] = await segmentFiles(directory);
    await flip(path!, offset);
    const salvaged = await openStore(`journal:${directory}`, lines(), true);
    expect(await countOf(salvaged)).toBe(EVENTS);
    await salvaged.close();
    // Once more, in the middle of what the first salvage wrote.
    const [again] = await segmentFiles(directory);
    await flip(again!, 36 + 5 * (14 + 20 * 32) + 100);
    await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    const twice = await openStore(`journal:${directory}`, lines(), true);
    expect((await eventsOf(twice)).length).toBe(EVENTS - 20);
    await twice.close();
    expect((await readdir(join(directory, 'damaged'))).length).toBe(2);
  }
});

it('leaves alone what it cannot salvage, and says so', async () => {
  const directory = await written();
  const [path] = await segmentFiles(directory);
  await writeFile(path!, Buffer.alloc(5000, 7));
  await expect(openStore(`journal:${directory}`, lines(), true)).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
  });
  expect((await readFile(path!)).equals(Buffer.alloc(5000, 7))).toBe(true);
});

it('notices at once that an old segment is gone or cut short', async () => {
  for (const spoil of [
    rm,
    (path: string) => truncate(path, 100_000),
    (path: string) => rename(path, `${path}.gone`),
  ]) {
    for (const which of [0, 1]) {
      const directory = freshDirectory();
      const url = `journal:${directory}?segment-bytes=262200`;
      const store = await openStore(url);
      for (let from = 0; from < 40_000; from += 4000) await store.append(initials(from, from + 4000));
      await store.close();
      await spoil((await segmentFiles(directory))[which]!);
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
  }
});

async function cutValue(level: ClassicLevel<Buffer, Buffer>, prefix: number): Promise<void> {
  const [entry] = await level
    .iterator({ gte: Buffer.from([prefix]), lt: Buffer.from([prefix + 1]), limit: 1 })
    .all();
  await level.put(entry![0], entry![1].subarray(0, -1));
}

type Stored = { position: { offset: number } } & Record<string, unknown>;

async function edit(level: ClassicLevel<Buffer, Buffer>, how: (checkpoint: Stored) => object): Promise<void> {
  const key = Buffer.from('p');
  await level.put(key, Buffer.from(JSON.stringify(how(JSON.parse(String(await level.get(key))) as Stored))));
}

function moved(checkpoint: Stored, by: number): object {
  const { position } = checkpoint;
  return { ...checkpoint, position: { ...position, offset: position.offset - by } };
}
