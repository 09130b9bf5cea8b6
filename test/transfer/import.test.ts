import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { describeBadRows } from '../../src/transfer/import.js';
import { openSource } from '../../src/transfer/sources/open.js';
import { FORMATS } from '../../src/transfer/sources/source.js';
import { answersOf, modelOf, over, rowsOf, streams, temporaryFolder, uuidOf } from './support.js';
import { exportTo, importFrom, originalDatabase, runSql, textFile } from './support-files.js';

const folder = await temporaryFolder();
const DATE = '2017-06-28 19:34:14.486693';
const HEADER = 'uuid,symbol,is_vowel,url,date';

describe.each(FORMATS)('an export as %s', (format) => {
  it('is imported with the same rows and answers; a second time changes nothing', async () => {
    const path = join(folder, `round-trip.${format}`);
    await fc.assert(
      fc.asyncProperty(streams, async (events) => {
        const original = await modelOf(events);
        await exportTo(original, format, path);
        const copy = new Model();
        const first = await importFrom(path, copy);
        // Nothing in an empty ndjson file says what it is, but its format is taken to be that.
        expect(first).toMatchObject({ format, result: 'taken', badRows: 0 });
        const rows = await rowsOf(original);
        expect(first.rows).toBe(rows.length);
        expect(await rowsOf(copy)).toEqual(rows);
        expect(await answersOf(copy)).toEqual(await answersOf(original));

        const second = await importFrom(path, copy, { skipBad: true });
        expect(second.counts).toEqual(first.counts);
        expect(second.gained).toEqual({ contacts: 0, followups: 0 });
        expect(await rowsOf(copy)).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  it('is completed by a second run after an interruption', async () => {
    const path = join(folder, `interrupted.${format}`);
    await fc.assert(
      fc.asyncProperty(streams, fc.integer({ min: 1, max: 20 }), async (events, batches) => {
        const original = await modelOf(events);
        await exportTo(original, format, path);
        const model = new Model();
        const interruption = new AbortController();
        let left = batches;
        const store = over(model, {
          limits: { batchEventsMax: 2, batchesInFlightMax: 2 },
          append(batch) {
            left -= 1;
            if (left === 0) interruption.abort();
            return model.append(batch);
          },
        });
        const summary = await importFrom(path, store, { interrupted: interruption.signal });
        const stored = await rowsOf(model);
        expect(stored.length).toBe(summary.counts.accepted + summary.counts.replays);
        const rest = await importFrom(path, model);
        expect(rest.result).toBe('taken');
        expect(await rowsOf(model)).toEqual(await rowsOf(original));
        expect(await answersOf(model)).toEqual(await answersOf(original));
      }),
      { numRuns: 40 },
    );
  });
});

it('an interruption ends an import early, before the store has everything', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${uuidOf(i)},e,True,initial,${DATE}`);
  const path = await textFile(folder, 'long.csv', [HEADER, ...lines]);
  const model = new Model();
  const interruption = new AbortController();
  const store = over(model, {
    limits: { batchEventsMax: 100, batchesInFlightMax: 1 },
    append(batch) {
      interruption.abort();
      return model.append(batch);
    },
  });
  expect((await importFrom(path, store, { interrupted: interruption.signal })).result).toBe('interrupted');
  const stored = (await rowsOf(model)).length;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(1000);
});

describe('bad rows', () => {
  const good = (uuid: number) => `${uuidOf(uuid)},e,True,initial,${DATE}`;
  const goodJson = (uuid: number) =>
    `{"uuid":"${uuidOf(uuid)}","symbol":"e","is_vowel":true,"url":"initial","date":"${DATE}"}`;
  const goodSql = (uuid: number) => `'${uuidOf(uuid)}','e','True','initial','${DATE}'`;

  async function refused(path: string, place: number, reason: string, taken: number): Promise<void> {
    const model = new Model();
    const summary = await importFrom(path, model);
    expect(summary).toMatchObject({ result: 'refused', badRows: 1 });
    expect(summary.bad).toHaveLength(1);
    expect(describeBadRows('line', summary.bad[0]!)).toMatch(`line ${place}`);
    expect(describeBadRows('line', summary.bad[0]!)).toContain(reason);
    expect(await rowsOf(model)).toEqual([]);

    const skipping = await importFrom(path, model, { skipBad: true });
    expect(skipping).toMatchObject({ result: 'taken', badRows: 1, bad: summary.bad });
    expect(await rowsOf(model)).toHaveLength(taken);
  }

  it.each<[string, string, string]>([
    ['no uuid', `,e,True,initial,${DATE}`, 'the uuid is missing'],
    ['a uuid that is none', `x,e,True,initial,${DATE}`, "('x'): the uuid is not a UUID"],
    ['no symbol', `${uuidOf(9)},,True,initial,${DATE}`, 'the symbol is missing'],
    ['an unknown url', `${uuidOf(9)},e,True,x,${DATE}`, "('x'): the url"],
    ['a date that is none', `${uuidOf(9)},e,True,initial,yesterday`, "('yesterday'): the date"],
    ['a followup with a symbol', `${uuidOf(9)},e,,followup,${DATE}`, 'a followup has no symbol'],
    ['too few fields', `${uuidOf(9)},e,True`, '(fields: 3): the line has not the 5'],
    ['too many fields', `${good(9)},True`, '(fields: 6): the line has not the 5'],
    ['a quote that does not end', `"${good(9)}`, 'the line is not CSV'],
    ['a line too long', `${good(9)}${' '.repeat(70_000)}`, 'the line is longer than 65536 bytes'],
  ])('in csv: %s', async (_, line, reason) => {
    await refused(await textFile(folder, 'bad.csv', [HEADER, good(1), line, '', good(2)]), 3, reason, 2);
  });

  it.each<[string, string, string]>([
    ['no JSON', '{"uuid":', 'the line is not JSON'],
    ['no object', '[1]', 'the line is not a JSON object'],
    ['null', 'null', 'the line is not a JSON object'],
    ['an unknown field', goodJson(9).replace('{', '{"x":1,'), "('x'): a field is not known"],
    ['no is_vowel', goodJson(9).replace('"is_vowel":true,', ''), 'is_vowel is missing'],
    ['a symbol of two letters', goodJson(9).replace('"e"', '"ee"'), "('ee'): the symbol is not one letter"],
    ['an object for a uuid', goodJson(9).replace(/"0000[^,]*/, '{"a":1}'), 'is not a UUID'],
    ['a line too long', goodJson(9) + ' '.repeat(300_000), 'the line is longer than 65536 bytes'],
  ])('in ndjson: %s', async (_, line, reason) => {
    await refused(await textFile(folder, 'bad.ndjson', [goodJson(1), '', line, goodJson(2)]), 3, reason, 2);
  });

  it.each<[string, string, string]>([
    ['NULL for a uuid', `NULL,'e','True','initial','${DATE}'`, 'the uuid is missing'],
    ['a blob for a uuid', `x'ff00','e','True','initial','${DATE}'`, 'is not a UUID'],
    ['NULL for a symbol', `'${uuidOf(9)}',NULL,'True','initial','${DATE}'`, 'the symbol is missing'],
    ['a text that is not UTF-8', `'${uuidOf(9)}',CAST(x'ff' AS text),1,'initial','${DATE}'`, 'the symbol'],
    ['a number for a date', `'${uuidOf(9)}','e',1,'initial',20170628`, "('20170628'): the date"],
    ['is_vowel 7', `'${uuidOf(9)}','e',7,'initial','${DATE}'`, "('7'): is_vowel"],
    ['is_vowel infinite', `'${uuidOf(9)}','e',9e999,'initial','${DATE}'`, 'is_vowel'],
    ['a long text', `printf('%.*c', 3000000, 'x'),'e',1,'initial','${DATE}'`, 'is not a UUID'],
  ])('in sqlite: %s', async (name, row, reason) => {
    const path = originalDatabase(folder, `${name}.db`, [goodSql(1), row, goodSql(2)]);
    await refused(path, 2, reason, 2);
  });

  it('are told by their reasons, with the first of each, and counted', async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `${uuidOf(i)},${i % 2 ? 'É' : 'E'},1,initial,${DATE}`,
    );
    const path = await textFile(folder, 'many.csv', [
      HEADER,
      ...lines,
      'x',
      good(1),
      `,e,1,initial,${DATE}`,
      'y',
    ]);
    const summary = await importFrom(path, new Model());
    expect(summary).toMatchObject({ rows: 3004, badRows: 3003 });
    expect(summary.bad.map((rows) => describeBadRows('line', rows))).toEqual([
      "lines 2 ('E'), 3 ('É'), 4 ('E'), 5 ('É'), 6 ('E') and 2,995 more: the symbol is not one letter a to z",
      'lines 3002 (fields: 1) and 3005 (fields: 1): the line has not the 5 fields that line 1 names',
      'line 3004: the uuid is missing',
    ]);
  });

  it('that conflict in the file are refused by the store, and named; the others are taken', async () => {
    const conflicting = `${uuidOf(1)},a,True,initial,${DATE}`;
    const path = await textFile(folder, 'conflict.csv', [HEADER, good(1), conflicting, good(2)]);
    const model = new Model();
    const summary = await importFrom(path, model);
    expect(summary).toMatchObject({ result: 'taken', counts: { accepted: 2, replays: 0, conflicts: 1 } });
    expect(summary.refusals).toMatchObject([{ place: 3, symbol: 'e' }]);
    expect(await rowsOf(model)).toHaveLength(2);
  });
});

describe('a file', () => {
  it('of csv may have its columns in any order, quotes, carriage returns and a byte-order mark', async () => {
    const path = await textFile(folder, 'order.csv', [
      '\uFEFF"date",url,uuid,replay,symbol,is_vowel\r',
      `${DATE},initial,"${uuidOf(1)}",False,e,TRUE\r`,
      `"${DATE}",followup,${uuidOf(1)},,,\r`,
    ]);
    const model = new Model();
    expect(await importFrom(path, model)).toMatchObject({ format: 'csv', result: 'taken', rows: 2 });
    expect(await model.tallyOfSymbol('e')).toMatchObject({ vowel: { count: 1, followups: 1 } });
  });

  it.each<[string, string[], string]>([
    ['with a missing column', ['uuid,symbol,url,date'], 'line 1'],
    ['with an unknown column', [`${HEADER},colour`], 'line 1'],
    ['with a column twice', [`${HEADER},uuid`], 'line 1'],
    ['of something else', ['Dear Watson,', 'come at once'], 'is neither'],
  ])('%s is refused', async (_, lines, says) => {
    const path = await textFile(folder, 'wrong.csv', lines);
    await expect(openSource(path)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(says),
    });
  });

  it.each([
    ['that is missing', () => join(folder, 'nowhere')],
    ['that is a folder', () => folder],
    ['that is a database without the table', () => databaseWithout('other')],
    ['that is a damaged database', damagedDatabase],
  ])('%s is refused', async (_, path) => {
    await expect(importFrom(await path(), new Model())).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('that is empty has no rows', async () => {
    const path = await textFile(folder, 'empty', []);
    expect(await importFrom(path, new Model())).toMatchObject({ result: 'taken', rows: 0 });
    const csv = importFrom(path, new Model(), { format: 'csv' });
    await expect(csv).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('that grows while it is read is taken as it was when it was opened', async () => {
    const row = `'${uuidOf(1)}','e','True','initial','${DATE}'`;
    const path = originalDatabase(folder, 'growing.db', [row]);
    const source = await openSource(path);
    runSql(path, `INSERT INTO api_events VALUES ('${uuidOf(2)}','e','True','initial','${DATE}')`);
    let rows = 0;
    for await (const chunk of source.chunks()) rows += chunk.events.length;
    await source.close();
    expect(rows).toBe(1);
  });
});

function databaseWithout(name: string): string {
  const path = join(folder, `${name}.db`);
  runSql(path, 'CREATE TABLE other (uuid text)');
  return path;
}

async function damagedDatabase(): Promise<string> {
  const rows = Array.from({ length: 300 }, (_, i) => `'${uuidOf(i)}','e','True','initial','${DATE}'`);
  const path = originalDatabase(folder, 'damaged.db', rows);
  await truncate(path, 9000);
  return path;
}
