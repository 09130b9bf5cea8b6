import { cp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FRAME_HEADER_BYTES, HEADER_BYTES, RECORD_BYTES } from '../../../src/stores/journal/log/format.js';
import { lengthBeforeZeros } from '../../../src/stores/journal/log/segments.js';
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

const FRAME_EVENTS = 10;
const FRAME_BYTES = FRAME_HEADER_BYTES + FRAME_EVENTS * RECORD_BYTES;

/** A closed store of `frames` frames of ten events in one segment. */
async function written(frames: number): Promise<string> {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  for (let i = 0; i < frames; i += 1) await store.append(initials(i * FRAME_EVENTS, (i + 1) * FRAME_EVENTS));
  await store.close();
  return directory;
}

/** As after a crash before the first checkpoint: the projection is not there. */
async function withoutProjection(directory: string): Promise<void> {
  await rm(join(directory, 'projection'), { recursive: true });
}

it('cuts a half-written end back to the last whole frame, wherever it is torn', async () => {
  const whole = await written(3);
  await withoutProjection(whole);
  const [name] = await segmentFiles(whole);
  const size = (await stat(name!)).size;
  expect(size).toBe(HEADER_BYTES + 3 * FRAME_BYTES);
  for (const cut of [1, 2, 13, 14, 15, 31, 46, 47, 200, FRAME_BYTES - 1]) {
    const directory = freshDirectory();
    await cp(whole, directory, { recursive: true });
    const [path] = await segmentFiles(directory);
    await truncate(path!, size - cut);
    const torn = (await readFile(path!)).subarray(HEADER_BYTES + 2 * FRAME_BYTES);
    const log = lines();
    const store = await openStore(`journal:${directory}`, log);
    expect(await countOf(store)).toBe(20);
    const said = log.lines.find((line) => line.message.includes('cut off'))!;
    expect(said.fields).toMatchObject({
      offset: HEADER_BYTES + 2 * FRAME_BYTES,
      bytes: lengthBeforeZeros(torn),
    });
    // It goes on where it was cut.
    await store.append(initials(20, 25));
    await store.close();
    const again = await openStore(`journal:${directory}`);
    expect(await eventsOf(again)).toEqual(initials(0, 25));
    await again.close();
  }
});

it('cuts off an end of zeros, as a power cut leaves it where the size was durable before the data', async () => {
  const directory = await written(2);
  await withoutProjection(directory);
  const [path] = await segmentFiles(directory);
  await truncate(path!, HEADER_BYTES + 2 * FRAME_BYTES + 5000);
  const store = await openStore(`journal:${directory}`);
  expect(await countOf(store)).toBe(20);
  await store.close();
  expect((await stat(path!)).size).toBe(HEADER_BYTES + 2 * FRAME_BYTES);
});

it('does not start over a damaged frame that others follow; it says where, and --salvage keeps the rest', async () => {
  const whole = await written(5);
  await withoutProjection(whole);
  const damagedAt = HEADER_BYTES + 2 * FRAME_BYTES;
  for (const offset of [0, 3, 4, 6, 8, 13, 14, 100, FRAME_BYTES - 1]) {
    const directory = freshDirectory();
    await cp(whole, directory, { recursive: true });
    const [path] = await segmentFiles(directory);
    await flip(path!, damagedAt + offset, 0x10);
    await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining(`${path} is damaged at byte ${damagedAt}`),
    });
    const log = lines();
    const salvaged = await openStore(`journal:${directory}`, log, true);
    const kept = [...initials(0, 20), ...initials(30, 50)];
    expect(await eventsOf(salvaged)).toEqual(kept);
    expect(await countOf(salvaged)).toBe(40);
    expect(log.lines.find((line) => line.message.includes('salvaged'))?.fields).toMatchObject({
      kept: 40,
      lost: 10,
    });
    expect((await readFile(join(directory, 'damaged', path!.split('/').at(-1)!))).length).toBe(
      HEADER_BYTES + 5 * FRAME_BYTES,
    );
    await salvaged.append(initials(50, 60));
    await salvaged.close();
    const after = await openStore(`journal:${directory}`);
    expect(await eventsOf(after)).toEqual([...kept, ...initials(50, 60)]);
    await after.close();
  }
});

it('reports damage in a segment that is not the last, and a damaged header, and salvages both', async () => {
  for (const [segment, offset, lost] of [
    [1, HEADER_BYTES + 20, 1],
    [1, 9, 0],
    [1, 18, 0],
  ] as const) {
    const directory = freshDirectory();
    const url = `journal:${directory}?segment-bytes=300000`;
    const store = await openStore(url);
    for (let i = 0; i < 25; i += 1) await store.append(initials(i * 1000, (i + 1) * 1000));
    await store.close();
    await withoutProjection(directory);
    const files = await segmentFiles(directory);
    expect(files.length).toBeGreaterThan(2);
    await flip(files[segment]!, offset, 0x10);
    await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    const salvaged = await openStore(url, lines(), true);
    expect(await countOf(salvaged)).toBe(25_000 - lost * 1000);
    expect((await eventsOf(salvaged)).length).toBe(25_000 - lost * 1000);
    await salvaged.close();
    const after = await openStore(url, lines(), true);
    expect(await countOf(after)).toBe(25_000 - lost * 1000);
    await after.close();
  }
});

it('refuses to start when acknowledged events are gone from the end, the middle or the beginning', async () => {
  const end = await written(3);
  const [path] = await segmentFiles(end);
  await truncate(path!, HEADER_BYTES + 2 * FRAME_BYTES);
  await expect(openStore(`journal:${end}`)).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    message: /before event 30/,
  });
  const salvaged = await openStore(`journal:${end}`, lines(), true);
  expect(await countOf(salvaged)).toBe(20);
  await salvaged.close();

  const all = await written(3);
  await rm((await segmentFiles(all))[0]!);
  await expect(openStore(`journal:${all}`)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });

  for (const gone of [0, 1]) {
    const directory = freshDirectory();
    const url = `journal:${directory}?segment-bytes=300000`;
    const store = await openStore(url);
    for (let i = 0; i < 25; i += 1) await store.append(initials(i * 1000, (i + 1) * 1000));
    await store.close();
    await withoutProjection(directory);
    await rm((await segmentFiles(directory))[gone]!);
    await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  }
});

it('refuses a format version that it does not know', async () => {
  const directory = await written(1);
  const [path] = await segmentFiles(directory);
  const bytes = await readFile(path!);
  const { crc32 } = await import('node:zlib');
  bytes.writeUInt16LE(2, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  await writeFile(path!, bytes);
  await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({ code: 'STORE_FORMAT' });
});

it('rebuilds a projection that is missing, cannot be opened, has another format or another journal', async () => {
  const other = await written(1);
  const spoil: ((directory: string) => Promise<void>)[] = [
    withoutProjection,
    (directory) => writeFile(join(directory, 'projection', 'manifest'), 'nonsense\n'),
    async (directory) => {
      await withoutProjection(directory);
      await cp(join(other, 'projection'), join(directory, 'projection'), { recursive: true });
    },
    (directory) => rm(join(directory, 'projection', 'manifest')),
    (directory) => truncate(join(directory, 'projection', 'manifest'), 0),
  ];
  for (const how of spoil) {
    const directory = await written(20);
    await how(directory);
    const log = lines();
    const store = await openStore(`journal:${directory}`, log);
    expect(
      log.lines.map((line) => line.fields.events),
      JSON.stringify(log.lines),
    ).toContain(200);
    expect(await countOf(store)).toBe(200);
    expect(await countByMinutes(store, 200)).toBe(200);
    // It knows its contacts again.
    expect(await store.append([{ ...initials(7, 8)[0]!, id: 999 }])).toEqual([
      { status: 'replayed', isVowel: true },
    ]);
    await store.close();
  }
});

it('leaves nothing running behind a start that was refused in the middle of a replay', async () => {
  const directory = freshDirectory();
  const url = `journal:${directory}?segment-bytes=300000&checkpoint-milliseconds=1`;
  const store = await openStore(url);
  for (let i = 0; i < 25; i += 1) await store.append(initials(i * 1000, (i + 1) * 1000));
  await store.close();
  await withoutProjection(directory);
  await flip((await segmentFiles(directory))[1]!, HEADER_BYTES + 40_000, 0x10);
  const log = lines();
  await expect(openStore(url, log)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  // The directory is free again.
  await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
});

it('says how many acknowledged events a salvage could not find, and keeps the file as it was', async () => {
  const directory = await written(3);
  const [path] = await segmentFiles(directory);
  await truncate(path!, HEADER_BYTES + 2 * FRAME_BYTES - 7);
  const log = lines();
  const store = await openStore(`journal:${directory}`, log, true);
  expect(await countOf(store)).toBe(10);
  await store.close();
  expect(log.lines.find(({ fields }) => fields.lost !== undefined)?.fields).toEqual({ lost: 20 });
  const kept = await stat(join(directory, 'damaged', path!.split('/').at(-1)!));
  expect(kept.size).toBe(HEADER_BYTES + 2 * FRAME_BYTES - 7);
});
