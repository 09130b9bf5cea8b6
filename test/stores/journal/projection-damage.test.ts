import { cp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contactKey, PREFIX } from '../../../src/stores/journal/projection/keys.js';
import { readSealed, writeSealed } from '../../../src/stores/journal/sealed-file.js';
import { verifyStore } from '../../../src/transfer/verify/verify.js';
import { changeProjection, type Rows, runFiles } from './projection-files.js';
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

async function expectWhole(directory: string): Promise<void> {
  const store = await openStore(`journal:${directory}`);
  expect(await countOf(store)).toBe(EVENTS);
  expect(await countByMinutes(store, EVENTS)).toBe(EVENTS);
  expect((await store.append([{ ...initials(70, 71)[0]!, id: 90_000 }]))[0]!.status).toBe('replayed');
  await store.close();
}

it.each<[string, (rows: Rows) => unknown]>([
  ['a day', (rows) => rows.cut(PREFIX.days)],
  ['a page of hours', (rows) => rows.cut(PREFIX.hours)],
  ['a page of minutes', (rows) => rows.cut(PREFIX.minutes)],
])('is made again where %s is not one, though its checksum is right', async (_, how) => {
  const directory = await written();
  await changeProjection(directory, how);
  const store = await openStore(`journal:${directory}`);
  await untilAnswered(() => countByMinutes(store, EVENTS));
  expect(await countByMinutes(store, EVENTS)).toBe(EVENTS);
  await store.close();
  await expectWhole(directory);
});

it.each<[string, (manifest: Record<string, unknown>) => object]>([
  ['has another format', (manifest) => ({ ...manifest, format: 9 })],
  ['has no format', ({ format: _, ...manifest }) => manifest],
  ['follows from another journal', (manifest) => ({ ...manifest, journal: 1 })],
  ['stands within a frame', (manifest) => moved(manifest, 20)],
  [
    'names a run that is not there',
    (manifest) => ({ ...manifest, runs: [{ number: 9, rows: 1, bytes: 99 }] }),
  ],
])('is made again where its manifest %s', async (_, how) => {
  const directory = await written();
  const path = join(directory, 'projection', 'manifest');
  await writeSealed(
    path,
    'projection',
    how((await readSealed(path, 'projection')) as Record<string, unknown>),
  );
  await expectWhole(directory);
});

it('is made again while the store is open: until then nothing is answered wrong, and nothing is lost', async () => {
  const directory = await written();
  const log = lines();
  const store = await openStore(`journal:${directory}`, log);
  for (const path of await runFiles(directory)) await flip(path, 100);
  const refused = await store.append([{ ...initials(70, 71)[0]!, id: 90_000 }]).catch((error) => error);
  expect(refused).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('made again'),
  });
  await untilAnswered(() => store.contacts!([initials(70, 71)[0]!.uuid]));
  expect(await store.append([{ ...initials(70, 71)[0]!, id: 90_000 }])).toMatchObject([
    { status: 'replayed' },
  ]);
  expect(await countByMinutes(store, EVENTS)).toBe(EVENTS);
  expect(log.lines.map(({ message }) => message)).toContain('the projection was made again');
  await store.close();
  await expectWhole(directory);
});

it('is made again by whoever opens the store next, where it was closed once the damage was met', async () => {
  const directory = await written();
  const store = await openStore(`journal:${directory}`);
  for (const path of await runFiles(directory)) await flip(path, 100);
  const refused = store.append([{ ...initials(70, 71)[0]!, id: 90_000 }]);
  await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await store.close();
  await expectWhole(directory);
});

it('is made again beside a journal that was restored and went on, though it stands at a place that is there', async () => {
  const directory = freshDirectory();
  const backup = freshDirectory();
  let store = await openStore(`journal:${directory}?checkpoint-contacts=1`);
  await store.append(initials(0, 20));
  await store.close();
  await cp(join(directory, 'journal'), backup, { recursive: true });
  store = await openStore(`journal:${directory}?checkpoint-contacts=1`);
  await store.append(initials(20, 40));
  await store.close();
  const younger = freshDirectory();
  await cp(join(directory, 'projection'), younger, { recursive: true });
  await rm(directory, { recursive: true });
  await cp(backup, join(directory, 'journal'), { recursive: true });
  store = await openStore(`journal:${directory}?checkpoint-contacts=1`);
  await store.append(initials(40, 60));
  await store.close();
  await rm(join(directory, 'projection'), { recursive: true });
  await cp(younger, join(directory, 'projection'), { recursive: true });
  const log = lines();
  store = await openStore(`journal:${directory}`, log);
  expect(log.lines.map(({ fields }) => fields.reason)).toContain(
    'it follows from another history of the journal, as before a restore',
  );
  expect(await store.append(initials(20, 60).map((event) => ({ ...event, id: event.id + 1000 })))).toEqual([
    ...Array.from({ length: 20 }, () => ({ status: 'accepted', isVowel: true })),
    ...Array.from({ length: 20 }, () => ({ status: 'replayed', isVowel: true })),
  ]);
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
  const first = contactKey(initials(0, 1)[0]!.uuid);
  // Bit 5 is the guess, bit 6 the followup; 8 and more are the instant.
  for (const [byte, bit] of [
    [0, 0x20],
    [0, 0x01],
    [9, 0x01],
  ] as const) {
    const directory = await written();
    await changeProjection(directory, (rows) => {
      rows.get(first)[byte]! ^= bit;
    });
    expect(await verified(directory)).toEqual([`the contact ${initials(0, 1)[0]!.uuid}`]);
  }
  const directory = await written();
  await changeProjection(directory, (rows) => rows.delete(first));
  expect(await verified(directory)).toEqual([`the contact ${initials(0, 1)[0]!.uuid}`]);
});

it('is made again whatever the directory is called', async () => {
  const directory = join(freshDirectory(), 'clock-LOCK-block');
  await written(directory);
  await rm(join(directory, 'projection', 'manifest'));
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

function moved(manifest: Record<string, unknown>, by: number): object {
  const position = manifest.position as { offset: number };
  return { ...manifest, position: { ...position, offset: position.offset - by } };
}

/** Asks until it is answered; whatever it is refused with meanwhile says that it is for a while. */
async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  await expect.poll(() => ask().then(() => 'answered', codeOf)).toBe('answered');
}

function codeOf(error: { code: string }): string {
  expect(error.code).toBe('STORE_UNAVAILABLE');
  return error.code;
}
