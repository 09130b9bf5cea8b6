import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spill, type SpillOptions } from '../../src/transfer/verify/spill.js';
import { temporaryFolder } from './support.js';

const folder = await temporaryFolder();

async function sortedBy(records: readonly number[][], options: Omit<SpillOptions, 'recordWords'>) {
  const spill = new Spill({ ...options, recordWords: records[0]?.length ?? 1, folder });
  try {
    for (const record of records) {
      const room = spill.add(Uint32Array.from(record));
      if (room !== undefined) await room;
    }
    expect(spill.size).toBe(records.length);
    const sorted: number[][] = [];
    for await (const words of spill.sorted()) {
      for (let i = 0; i < words.length; i += spill.recordWords) {
        sorted.push([...words.subarray(i, i + spill.recordWords)]);
      }
    }
    return { sorted, isSpilled: spill.isSpilled };
  } finally {
    await spill.close();
  }
}

const words = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffffffff }));

describe('a spill', () => {
  it('sorts by the first word and keeps the order of equal ones, in memory or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 4 })
          .chain((length) =>
            fc.array(fc.array(words, { minLength: length, maxLength: length }), { maxLength: 120 }),
          ),
        fc.integer({ min: 1, max: 130 }),
        fc.constantFrom(1, 4096),
        async (records, recordsMax, mergeBytesMax) => {
          const expected = [...records].sort((a, b) => a[0]! - b[0]!);
          const { sorted, isSpilled } = await sortedBy(records, { recordsMax, mergeBytesMax });
          expect(sorted).toEqual(expected);
          expect(isSpilled).toBe(records.length >= recordsMax);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('sorts 300,000 records of one contact and of many in 30 runs', async () => {
    const records = Array.from({ length: 300_000 }, (_, i) => [
      i % 3 === 0 ? 7 : Math.imul(i, 2654435761) >>> 0,
      i,
    ]);
    const { sorted, isSpilled } = await sortedBy(records, { recordsMax: 10_000, mergeBytesMax: 65_536 });
    expect(isSpilled).toBe(true);
    expect(sorted.length).toBe(records.length);
    for (let i = 1; i < sorted.length; i += 1) {
      const [before, after] = [sorted[i - 1]!, sorted[i]!];
      if (before[0]! > after[0]! || (before[0] === after[0] && before[1]! >= after[1]!)) {
        expect.fail(`records ${i - 1} and ${i} are out of order: ${before} and ${after}`);
      }
    }
    expect(new Set(sorted.map((record) => record[1])).size).toBe(records.length);
  });

  it('leaves no temporary file behind, whenever its process ends, and may be closed twice', async () => {
    const own = join(folder, 'left');
    await mkdir(own);
    const spill = new Spill({ recordWords: 1, recordsMax: 2, folder: own });
    for (let i = 0; i < 10; i += 1) await spill.add(Uint32Array.of(i));
    expect(spill.isSpilled).toBe(true);
    if (process.platform !== 'win32') expect(await readdir(own)).toEqual([]);
    for await (const _ of spill.sorted()) break;
    await spill.close();
    await spill.close();
    expect(await readdir(own)).toEqual([]);
  });

  it('says where its temporary files find no place', async () => {
    const nowhere = join(folder, 'nowhere');
    const spill = new Spill({ recordWords: 1, recordsMax: 1, folder: nowhere });
    await expect(spill.add(Uint32Array.of(1))).rejects.toMatchObject({
      code: 'OUTPUT_LOST',
      message: expect.stringMatching(`'${nowhere}': .* TMPDIR`),
      cause: { code: 'ENOENT' },
    });
    await spill.close();
  });
});
