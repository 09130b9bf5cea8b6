import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { contactKey, PREFIX, pageKey, replayKey } from '../../../src/stores/journal/projection/keys.js';
import { ProjectionFault } from '../../../src/stores/journal/projection/projection-fault.js';
import { Database } from '../../../src/stores/journal/runs/database.js';
import { KeyHash } from '../../../src/stores/journal/runs/key-filter.js';
import { mergeRuns } from '../../../src/stores/journal/runs/merge.js';
import { Run } from '../../../src/stores/journal/runs/run.js';
import { RunWriter } from '../../../src/stores/journal/runs/run-writer.js';
import { dueRuns } from '../../../src/stores/journal/runs/tiers.js';
import { flip, freshDirectory, lines } from './support.js';

const JOURNAL = 7;
const FILTER_BYTES = 1 << 20;

function open(directory: string, filterBytesMax = FILTER_BYTES): Promise<Database> {
  return Database.open(
    directory,
    JOURNAL,
    { filterBytesMax },
    {
      log: lines(),
      hold: { assertHeld: () => {} },
      onFault: () => {},
    },
  );
}

function checkpointAt(sequence: number) {
  const position = { sequence, segment: 0, offset: 36, lineage: '', frame: null, chain: 0 };
  return { journal: JOURNAL, position, unmatched: 0 };
}

function uuid(n: number): string {
  // Many begin alike, as the uuids of a client may that makes them by time.
  return `${(n % 3).toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Writes a run of so many contacts, of which another with the next number has none of the same. */
async function runOf(directory: string, number: number, rows: number) {
  const path = join(directory, `${number}.run`);
  const writer = await RunWriter.create({ path, number, rowsMax: rows, hash: new KeyHash(JOURNAL) });
  for (let n = 0; n < rows; n += 1) writer.put(contactKey(uuid(n * 2 + number)), Buffer.alloc(40, number));
  return { path, info: await writer.finish() };
}

const keys = fc.oneof(
  fc.nat(200).map((n) => contactKey(uuid(n))),
  fc.nat(40).map((n) => pageKey('minutes', n - 20)),
  fc.nat(40).map((n) => pageKey('days', n - 20)),
  fc.tuple(fc.nat(20), fc.nat(5)).map(([n, id]) => replayKey(uuid(n), id)),
);
const batches = fc.array(fc.array(fc.tuple(keys, fc.nat(900)), { minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 30,
});

describe('runs', () => {
  it.each([FILTER_BYTES, 0])(
    'answer as a map does, through merges and openings (filters: %i bytes)',
    async (filters) => {
      await fc.assert(
        fc.asyncProperty(batches, fc.nat(10), async (written, reopenEvery) => {
          const directory = freshDirectory();
          const model = new Map<string, Buffer>();
          let database = await open(directory, filters);
          for (const [i, batch] of written.entries()) {
            const rows = new Map<string, Buffer>();
            for (const [key, bytes] of batch) rows.set(key.toString('hex'), Buffer.alloc(bytes, i));
            await database.write(checkpointAt(i + 1), rows.size, async (writer) => {
              for (const key of [...rows.keys()].sort()) writer.put(Buffer.from(key, 'hex'), rows.get(key)!);
            });
            for (const [key, value] of rows) model.set(key, value);
            if (i % 11 !== reopenEvery) continue;
            await database.close();
            database = await open(directory, filters);
            expect(database.checkpoint).toEqual(checkpointAt(i + 1));
          }
          const asked = [...model.keys(), ...[900, 901].map((n) => contactKey(uuid(n)).toString('hex'))];
          const wanted = asked.map((key) => model.get(key));
          expect(await database.getMany(asked.map((key) => Buffer.from(key, 'hex')))).toEqual(wanted);
          expect(asked.map((key) => database.get(Buffer.from(key, 'hex')))).toEqual(wanted);
          for (const prefix of Object.values(PREFIX)) {
            const found = [...(await database.entries(prefix))].map(([key, value]) => [
              key.toString('hex'),
              value,
            ]);
            const all = [...model].filter(([key]) => Number.parseInt(key.slice(0, 2), 16) === prefix);
            expect(new Map(found as [string, Buffer][])).toEqual(new Map(all));
          }
          await database.close();
          const files = await readdir(directory);
          expect(files.length).toBeLessThan(20);
        }),
        { numRuns: 8, endOnFailure: true },
      );
    },
  );

  it('are refused wherever a bit of them is another', async () => {
    const path = join(freshDirectory(), 'x.run');
    const writer = await RunWriter.create({ path, number: 1, rowsMax: 300, hash: new KeyHash(JOURNAL) });
    for (let n = 0; n < 300; n += 3) writer.put(contactKey(uuid(n)), Buffer.alloc(40, n));
    const info = await writer.finish();
    for (let byte = 0; byte < info.bytes; byte += 37) {
      await flip(path, byte, 1 << (byte % 8));
      const reading = Run.open(path, info, FILTER_BYTES).then(async (run) => {
        try {
          await run.blocks(0, Number.POSITIVE_INFINITY);
          for (let n = 0; n < 300; n += 3) run.findSync(contactKey(uuid(n)));
        } finally {
          await run.release();
        }
      });
      await expect(reading, `byte ${byte}`).rejects.toThrow(ProjectionFault);
      await flip(path, byte, 1 << (byte % 8));
    }
  });

  it('that are merged give way between two pieces, unless others wait for them', async () => {
    const directory = freshDirectory();
    const inputs = [await runOf(directory, 1, 1000), await runOf(directory, 2, 1000)];
    const asked = vi.fn(() => asked.mock.calls.length > 1);
    const merge = { inputs, path: join(directory, '9.run'), number: 9, salt: JOURNAL };
    const { rows } = await mergeRuns(merge, { isUrgent: asked });
    expect(rows).toBe(2000);
    expect(asked.mock.calls.length).toBeGreaterThan(2);
    const signal = AbortSignal.abort();
    await expect(mergeRuns(merge, { isUrgent: asked, signal })).rejects.toThrow('aborted');
  });

  it('that are merged with a damaged one are not made', async () => {
    const directory = freshDirectory();
    const inputs = [await runOf(directory, 1, 1), await runOf(directory, 2, 1), await runOf(directory, 3, 1)];
    await flip(inputs[1]!.path, 10);
    const merge = { inputs, path: join(directory, '9.run'), number: 9, salt: JOURNAL };
    await expect(mergeRuns(merge)).rejects.toThrow(ProjectionFault);
    expect(await readdir(directory)).toEqual(['1.run', '2.run', '3.run']);
  });
});

describe('runs to be merged', () => {
  const runs = (...sizes: number[]) =>
    sizes.map((bytes) => ({ info: { number: 0, rows: 1, bytes, checksum: 0 } }));
  const free = () => false;

  it('are none while there are fewer than eight of a size', () => {
    expect(dueRuns([], free)).toEqual([]);
    expect(dueRuns(runs(1, 1, 1, 1, 1, 1, 1), free)).toEqual([]);
    expect(dueRuns(runs(1, 1, 1, 1, 1, 1, 1, 1e9), free)).toEqual([]);
  });

  it('are the newest, up to the first that is much larger', () => {
    expect(dueRuns(runs(1, 2, 3, 4, 5, 6, 7, 8, 1e7, 1), free)).toHaveLength(8);
    expect(dueRuns(runs(1, 9e5, 1, ...Array(7).fill(9e5), 1e9), free)).toHaveLength(10);
  });

  it('are never more than some dozens, however many were written and of whatever size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 1e7 }), { minLength: 200, maxLength: 400 }),
        (sizes) => {
          let present: ReturnType<typeof runs> = [];
          for (const size of sizes) {
            present = [...runs(size), ...present];
            for (let due = dueRuns(present, free); due.length > 0; due = dueRuns(present, free)) {
              const bytes = due.reduce((sum, { info }) => sum + info.bytes, 0);
              present = [...runs(bytes), ...present.slice(due.length)];
            }
            expect(present.length).toBeLessThanOrEqual(40);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('leave out what is being merged, and all that is older', () => {
    const present = runs(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    expect(dueRuns(present, (run) => run === present[8])).toEqual(present.slice(0, 8));
    expect(dueRuns(present, (run) => run === present[7])).toEqual([]);
  });
});
