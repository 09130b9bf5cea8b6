import { existsSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeConformance } from '../../../src/contract/conformance.js';
import { Model } from '../../../src/contract/model.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.js';
import { createReader, createStore } from '../../../src/stores/index.js';
import { CAN_FAIL_WRITES, failWrites } from './failing-writes.js';
import {
  countOf,
  eventsOf,
  freshDirectory,
  initial,
  initials,
  lines,
  openStore,
  segmentFiles,
} from './support.js';

for (const [name, options] of [
  ['the journal', ''],
  [
    'the journal with segments and checkpoints of the smallest',
    '?segment-bytes=300000&checkpoint-contacts=1&checkpoint-milliseconds=1',
  ],
] as const) {
  describeConformance({ describe, it }, name, {
    async create() {
      const url = `journal:${freshDirectory()}${options}`;
      const make = () => createStore(url, { log: lines() });
      const interrupt = CAN_FAIL_WRITES ? { interrupt: failWrites } : {};
      return { store: await make(), another: make, dispose: () => undefined, ...interrupt };
    },
  });
}

it('is refused to a second process, by the name of the holder, and free again afterwards', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`${directory} is in use by process ${process.pid} on `),
  });
  // The refusal did not release the lock.
  await expect(openStore(`journal:${directory}`)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await store.close();
  expect(existsSync(join(directory, 'holder.json'))).toBe(false);
  await (await openStore(`journal:${directory}`)).close();
});

it('is read without the lock, beside a store that writes', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 100));
  const reader = await createReader(`journal:${directory}`, { log: lines() });
  await reader.open();
  const reading = reader.events()[Symbol.asyncIterator]();
  expect((await reading.next()).value).toEqual(initials(0, 1)[0]);
  await store.append(initials(100, 200));
  let read = 1;
  while (!(await reading.next()).done) read += 1;
  expect(read).toBe(100);
  expect((await eventsOf(reader)).length).toBe(200);
  await reader.close();
  await store.close();
});

it('answers from pages that come and go as from memory', async () => {
  const at = fc
    .integer({ min: 0, max: 40 * 24 * 3600 })
    .map((second) => Date.UTC(2023, 5, 1) * 1000 + second * 1_000_000);
  const contacts = fc.array(fc.record({ at, followed: fc.boolean() }), { minLength: 50, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(contacts, async (drawn) => {
      const store = await openStore(
        `journal:${freshDirectory()}?page-bytes-max=1048576&checkpoint-contacts=20`,
      );
      const model = new Model();
      const events = drawn.flatMap(({ at, followed }, i): ContactEvent[] => {
        const [first] = initials(i, i + 1);
        const followup = {
          kind: 'followup',
          id: 10_000 + i,
          uuid: first!.uuid,
          at: at + 5,
          replay: false,
        } as const;
        return followed ? [{ ...first!, at }, followup] : [{ ...first!, at }];
      });
      for (let from = 0; from < events.length; from += 30) {
        expect(await store.append(events.slice(from, from + 30))).toEqual(
          await model.append(events.slice(from, from + 30)),
        );
      }
      for (const length of [MINUTE, HOUR, DAY, 7 * HOUR + 3 * MINUTE, 9 * DAY + 61 * MINUTE]) {
        for (const { at: instant } of drawn.slice(0, 40)) {
          const lower = Math.floor(instant / MINUTE) * MINUTE;
          const range = { lower, upper: lower + length };
          expect(await store.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
        }
      }
      await store.close();
    }),
    { numRuns: 8, seed: 4 },
  );
});

it('keeps segments to their size, and a contact to less than 60 bytes of journal even when each comes alone', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?segment-bytes=300000`);
  for (let i = 0; i < 2000; i += 1) {
    await store.append(initials(i, i + 1));
    if (i % 7 === 0) {
      const { uuid, at } = initials(i, i + 1)[0]!;
      await store.append([{ kind: 'followup', id: 50_000 + i, uuid, at, replay: false }]);
    }
  }
  for (let i = 1; i < 8; i += 1) await store.append(initials(i * 4000, (i + 1) * 4000));
  await store.close();
  const sizes = await Promise.all(
    (await segmentFiles(directory)).map(async (path) => (await stat(path)).size),
  );
  expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000);
  const alone = 2000 * 46 + Math.ceil(2000 / 7) * 46;
  expect(alone / 2000).toBeLessThan(60);
  const batched = 28_000 * 32 + 7 * 14;
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(alone + batched + sizes.length * 36);
});

it('reads the events in time order however they came, in memory that does not depend on their number', async () => {
  const store = await openStore(`journal:${freshDirectory()}`);
  const shuffled = initials(0, 5000).sort(
    (first, second) => ((first.id * 7919) % 5003) - ((second.id * 7919) % 5003),
  );
  for (let from = 0; from < 5000; from += 500) await store.append(shuffled.slice(from, from + 500));
  expect(await eventsOf(store)).toEqual(initials(0, 5000));
  const [from, to] = [initials(1000, 1001)[0]!.at, initials(2000, 2001)[0]!.at];
  const some: ContactEvent[] = [];
  for await (const event of store.events({ lower: from, upper: to })) some.push(event);
  expect(some).toEqual(initials(1000, 2000));
  await store.close();
});

it('holds a slice of the events at a time, whatever a slow reader has still to take', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  const count = 250_000;
  const shuffled = Array.from({ length: count }, (_, i) => initial((i * 7919) % count));
  for (let from = 0; from < count; from += 4000) await store.append(shuffled.slice(from, from + 4000));

  let seen = 0;
  for await (const { id } of store.events()) {
    if (id !== seen) expect(id).toBe(seen);
    seen += 1;
  }
  expect(seen).toBe(count);

  const reading = store.events()[Symbol.asyncIterator]();
  await reading.next();
  const [path] = await segmentFiles(directory);
  await rename(path!, `${path}.away`);
  let held = 1;
  await expect(async () => {
    for (; (await reading.next()).done !== true; ) held += 1;
  }).rejects.toMatchObject({ code: 'ENOENT' });
  expect(held).toBeGreaterThan(50_000);
  expect(held).toBeLessThan(150_000);
  await rename(`${path}.away`, path!);
  await store.close();
});

it('says what is wrong with a URL', async () => {
  for (const [url, says] of [
    ['journal:', /names no directory/],
    ['journal:./x?segment-size=1', /option 'segment-size'.*knows segment-bytes/],
    ['journal:./x?segment-bytes=12', /whole number of at least/],
    ['jurnal:./x', /no store is called 'jurnal:' \(did you mean journal:\?\)/],
    ['parchment:./x', /no store is called 'parchment:': write one of/],
    ['./data', /is not a store URL/],
  ] as const) {
    await expect(createStore(url, { log: lines() })).rejects.toMatchObject({
      code: 'STORE_URL_INVALID',
      message: says,
    });
  }
});

it('leaves a note of who holds the directory', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  expect(JSON.parse(await readFile(join(directory, 'holder.json'), 'utf8'))).toMatchObject({
    pid: process.pid,
  });
  expect(await countOf(store)).toBe(0);
  await store.close();
});

it('says why a directory cannot be made, and does not try for ever', async () => {
  const url = process.platform === 'linux' ? 'journal:/proc/tallyboard/data' : 'journal:/dev/null/data';
  await expect(openStore(url)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: /cannot be made/,
  });
  await expect(openStore('journal:/dev/null/data')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
