import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../src/domain/contact.js';
import { eventNdjson } from '../../src/domain/event-text.js';
import { MINUTE, parseInstant } from '../../src/domain/time.js';
import { chunked, mergeRuns } from '../../src/transfer/archive/merge.js';
import { openArchive } from '../../src/transfer/archive/reader.js';
import { followup, initial, temporaryFolder } from './support.js';

const folder = await temporaryFolder();
const DAY = parseInstant('2017-06-28 00:00:00')!;
let directories = 0;

/** The directory of an archive with files of these names. */
async function archiveOf(files: Readonly<Record<string, readonly ContactEvent[]>>): Promise<string> {
  directories += 1;
  const directory = join(folder, String(directories));
  await mkdir(directory);
  await writeFile(join(directory, 'archive.json'), '{"archive":"a","store":"s"}');
  for (const [name, events] of Object.entries(files)) {
    await writeFile(join(directory, name), events.map(eventNdjson).join(''));
  }
  return directory;
}

async function read(directory: string): Promise<ContactEvent[]> {
  const source = await openArchive(directory);
  const events: ContactEvent[] = [];
  for await (const chunk of source.chunks()) {
    events.push(...chunk.events);
    expect(chunk.places.at(-1)).toBe(events.length);
    expect(chunk.position).toBe(events.length);
  }
  expect(source.size).toBe(events.length);
  await source.close();
  return events;
}

describe('the files of an archive', () => {
  it('are read in time order, however many a day has', async () => {
    const parts = Array.from({ length: 600 }, (_, i) => {
      // Long and short ones, which are read in different ways.
      const events = Array.from({ length: i % 7 === 0 ? 40 : 2 }, (_, k) => initial(i, DAY + k * MINUTE + i));
      return [`2017-06-28_${i}_0-0_5-${i}_${events.length}.ndjson`, events] as const;
    });
    const directory = await archiveOf(Object.fromEntries(parts));
    const rows = (events: readonly ContactEvent[]) => events.map(({ uuid, at }) => `${at} ${uuid}`);
    const all = parts.flatMap(([, events]) => events).sort((a, b) => a.at - b.at);
    expect(rows(await read(directory))).toEqual(rows(all));
  });

  it('have ids of their own for rows that are the same, also in several files', async () => {
    const same = followup(1, DAY + 1, { replay: true });
    const directory = await archiveOf({
      '2017-06-28_0_0-0_5-0_3.ndjson': [same, same, followup(2, DAY + 1)],
      '2017-06-28_0_5-0_6-0_1.ndjson': [same],
    });
    const ids = (await read(directory)).map(({ uuid, id }) => `${uuid} ${id}`);
    expect(new Set(ids).size).toBe(4);
    expect((await read(directory)).map(({ uuid, id }) => `${uuid} ${id}`)).toEqual(ids);
  });

  it('count where a run was interrupted, and where two moved the same part', async () => {
    const directory = await archiveOf({
      '2017-06-28_0_0-0_5-0_1.ndjson': [initial(1, DAY)],
      '2017-06-28_0_0-0_5-0_1.moving.ndjson': [initial(1, DAY)],
      '2017-06-28_0_5-0_6-0_1.moving.ndjson': [initial(2, DAY + 1)],
      '2017-06-28_0_0-0_7-0_1.moving.ndjson': [initial(1, DAY)],
    });
    expect((await read(directory)).map(({ at }) => at)).toEqual([DAY, DAY + 1]);
  });

  it.each([
    [['2017-06-28_0_5-0_6-0_0'], "'2017-06-28_0_0-0_5-0_*.ndjson'"],
    [['2017-06-28_0_0-0_5-0_0', '2017-06-28_0_6-0_7-0_0'], "'2017-06-28_0_5-0_6-0_*.ndjson'"],
    [['2017-06-28_0_0-0_5-0_0', '2017-06-28_0_0-0_6-0_0'], 'begin from the same state'],
    [['2017-06-28_0_0-0_5-0'], 'no part of an archive'],
    [['2017-06-31_0_0-0_5-0_0'], 'no part of an archive'],
    [['2017-06-28_0_0-0_5-0_7'], 'has 0 events, and not the number of its name'],
  ])('%j are refused', async (names, reason) => {
    const directory = await archiveOf(Object.fromEntries(names.map((name) => [`${name}.ndjson`, []])));
    await expect(read(directory)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(reason),
    });
  });
});

describe('a merge of runs', () => {
  it('is in time order, of the same instant in the order of the runs', async () => {
    const run = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 1200 });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 6 }), async (runs) => {
        const sorted = runs.map((instants, rank) =>
          instants.toSorted((a, b) => a - b).map((at, i) => initial(rank, at, { id: i })),
        );
        const merged: ContactEvent[] = [];
        for await (const event of mergeRuns(sorted.map((events) => chunked(each(events)))))
          merged.push(event);
        expect(merged).toEqual(sorted.flat().sort((a, b) => a.at - b.at));
      }),
      { numRuns: 50 },
    );
  });

  it('lets go of its runs where its reader stops, and where one fails', async () => {
    let open = 0;
    async function* endless(fails = false): AsyncGenerator<readonly ContactEvent[]> {
      open += 1;
      try {
        for (let at = 0; ; at += 1) {
          if (fails && at === 5) throw new Error('cannot be read');
          yield [initial(1, at)];
        }
      } finally {
        open -= 1;
      }
    }
    for await (const event of mergeRuns([endless(), endless()])) if (event.at === 3) break;
    expect(open).toBe(0);
    const failing = async () => {
      for await (const _ of mergeRuns([endless(), endless(true)]));
    };
    await expect(failing()).rejects.toThrow('cannot be read');
    expect(open).toBe(0);
  });
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
