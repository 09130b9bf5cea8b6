import { cp, open, readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createReader } from '../../../src/stores/index.js';
import { HEADER_BYTES } from '../../../src/stores/journal/log/format.js';
import { countOf, eventsOf, freshDirectory, initials, lines, openStore, segmentFiles } from './support.js';

/** A copy of a store that is open: what a crash leaves. */
async function crashed(directory: string): Promise<string> {
  const copy = freshDirectory();
  await cp(directory, copy, { recursive: true });
  return copy;
}

it('keeps zeros behind the last frame of an open store, and none behind that of a closed one', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?ahead-bytes=100000`);
  await store.append(initials(0, 10));
  const [path] = await segmentFiles(directory);
  const written = (await readFile(path!)).subarray(0, HEADER_BYTES + 14 + 10 * 32);
  expect((await stat(path!)).size).toBe(HEADER_BYTES + 100_000);
  expect((await readFile(path!)).subarray(written.length).every((byte) => byte === 0)).toBe(true);
  await store.close();
  expect(await readFile(path!)).toEqual(written);
});

it('keeps more of them as they are used up, to the end of the segment and not beyond', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?ahead-bytes=10000&segment-bytes=300000`);
  const sizes = new Set<number>();
  // Five at a time: each batch waits for the disk, and a slow one takes long over six thousand.
  for (let n = 0; n < 6000; n += 5) {
    await store.append(initials(n, n + 5));
    if (n % 50 === 0) sizes.add((await stat((await segmentFiles(directory))[0]!)).size);
  }
  expect(sizes.size).toBeGreaterThan(10);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000);
  const kept = await crashed(directory);
  await store.close();
  const log = lines();
  const again = await openStore(`journal:${kept}`, log);
  expect(await countOf(again)).toBe(6000);
  await again.close();
});

it('never writes them over a frame, whatever the sizes of batches', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?ahead-bytes=4000&segment-bytes=400000`);
  let logged = 0;
  for (let i = 0; i < 400; i += 1) {
    const size = [1, 30, 7, 120, 2, 1000, 60][i % 7]!;
    await store.append(initials(logged, logged + size));
    logged += size;
  }
  await store.close();
  const again = await openStore(`journal:${directory}`);
  expect(await eventsOf(again)).toEqual(initials(0, logged));
  await again.close();
});

it('takes them for the end of the journal, without a word: at a start, a salvage, and for a reader', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 10));
  const reader = await createReader(`journal:${directory}`, { log: lines() });
  await reader.open();
  expect(await eventsOf(reader)).toEqual(initials(0, 10));
  for (const salvage of [false, true]) {
    const log = lines();
    const again = await openStore(`journal:${await crashed(directory)}`, log, salvage);
    expect(await eventsOf(again)).toEqual(initials(0, 10));
    await again.close();
    expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  }
  await store.close();
});

it('cuts off a frame that was half-written over them, and says how much of it was there', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  for (let i = 0; i < 2; i += 1) await store.append(initials(i * 10, i * 10 + 10));
  const kept = await crashed(directory);
  await store.close();
  const [path] = await segmentFiles(kept);
  const frame = 14 + 10 * 32;
  const handle = await open(path!, 'r+');
  // The last frame's end did not reach the disk; the last byte that did is the magic's, so none is zero.
  await handle.write(Buffer.alloc(frame - 6), 0, frame - 6, HEADER_BYTES + frame + 6);
  await handle.close();
  const log = lines();
  const again = await openStore(`journal:${kept}`, log);
  expect(await eventsOf(again)).toEqual(initials(0, 10));
  expect(log.lines.find(({ message }) => message.includes('cut off'))!.fields).toMatchObject({
    offset: HEADER_BYTES + frame,
    bytes: 6,
  });
  await again.close();
});

it('writes none where it is told not to', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?ahead-bytes=0`);
  await store.append(initials(0, 10));
  const [path] = await segmentFiles(directory);
  expect((await stat(path!)).size).toBe(HEADER_BYTES + 14 + 10 * 32);
  await store.close();
});
