import { randomUUID } from 'node:crypto';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { ContactFilter, tierContactsMax } from '../../../src/stores/journal/contact-filter.js';
import { writeUuid } from '../../../src/stores/journal/format.js';
import { countOf, freshDirectory, initials, openStore } from './support.js';

const ROOM = 1 << 28;

function hashesOf(filter: ContactFilter, uuid: string): Uint32Array {
  const bytes = Buffer.alloc(16);
  const hashes = new Uint32Array(2);
  writeUuid(bytes, 0, uuid);
  filter.hash(bytes, 0, hashes, 0);
  return hashes;
}

function add(filter: ContactFilter, uuid: string): void {
  filter.add(hashesOf(filter, uuid), 0);
}

function mayHave(filter: ContactFilter, uuid: string): boolean {
  return filter.mayHave(hashesOf(filter, uuid), 0);
}

describe('the filter of contacts', () => {
  it('never forgets a contact', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { maxLength: 500 }), fc.nat(), (uuids, salt) => {
        const filter = new ContactFilter(salt, ROOM);
        for (const uuid of uuids) {
          add(filter, uuid);
          expect(mayHave(filter, uuid)).toBe(true);
        }
        expect(uuids.every((uuid) => mayHave(filter, uuid))).toBe(true);
      }),
    );
  });

  it.each([
    ['random', () => randomUUID()],
    ['counted', (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`],
    [
      'counted from the left',
      (n: number) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    ],
  ])(
    'takes few %s uuids for known that are not, when its tiers are full',
    (_, uuidOf: (n: number) => string) => {
      const filter = new ContactFilter(12345, ROOM);
      const full = tierContactsMax(0) + tierContactsMax(1);
      for (let n = 0; n < full; n += 1) add(filter, uuidOf(n));
      expect(filter.tiers.length).toBe(2);
      let mistaken = 0;
      for (let n = full; n < full + 50_000; n += 1) if (mayHave(filter, uuidOf(n))) mistaken += 1;
      expect(mistaken / 50_000).toBeLessThan(0.03);
    },
  );

  it('knows nothing more when it has no more room', () => {
    const filter = new ContactFilter(1, 200_000);
    for (let n = 0; n < tierContactsMax(0) * 1.1; n += 1) add(filter, randomUUID());
    expect(mayHave(filter, randomUUID())).toBe(true);
  });
});

describe('a journal with a filter', () => {
  const EVENTS = 300_000;

  async function filled(): Promise<string> {
    const directory = freshDirectory();
    const store = await openStore(`journal:${directory}`);
    for (let from = 0; from < EVENTS; from += 4000) await store.append(initials(from, from + 4000));
    await store.close();
    return directory;
  }

  it('knows its contacts again, whatever became of the files of the filter', async () => {
    const directory = await filled();
    const files = join(directory, 'filter');
    expect(await readdir(files)).toEqual(['00.filter', '01.filter']);
    const spoils: (() => Promise<void>)[] = [
      async () => {},
      () => rm(join(files, '00.filter')),
      () => truncate(join(files, '01.filter'), 5000),
      () => writeFile(join(files, '01.filter'), Buffer.alloc(400_000)),
      () => rm(files, { recursive: true }),
      () => rm(join(directory, 'projection'), { recursive: true }),
    ];
    for (const spoil of spoils) {
      await spoil();
      const store = await openStore(`journal:${directory}`);
      for (const n of [0, 1, 65_535, 65_536, 65_537, 150_000, EVENTS - 1]) {
        const again: ContactEvent = { ...initials(n, n + 1)[0]!, id: 1_000_000 + n };
        expect((await store.append([again]))[0]!.status, `${spoils.indexOf(spoil)} ${n}`).toBe('replayed');
      }
      expect(await countOf(store)).toBe(EVENTS);
      await store.close();
    }
  });

  it('does without one where it may not have the memory', async () => {
    const store = await openStore(`journal:${freshDirectory()}?filter-bytes-max=0`);
    await store.append(initials(0, 100));
    expect((await store.append(initials(50, 150))).map(({ status }) => status)).toEqual(
      Array(100).fill('accepted'),
    );
    expect(await countOf(store)).toBe(150);
    await store.close();
  });
});
