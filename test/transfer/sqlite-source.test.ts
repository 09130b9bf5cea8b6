import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { createReader } from '../../src/stores/index.js';
import { openSqlite } from '../../src/transfer/sources/sqlite.js';
import { temporaryFolder, uuidOf } from './support.js';
import { importFrom, runSql } from './support-files.js';

const folder = await temporaryFolder();
const TABLE = 'CREATE TABLE api_events (uuid text, symbol text, is_vowel int, url text, date text';
const INSERT = 'INSERT INTO api_events (uuid, symbol, is_vowel, url, date) VALUES';
const LEAST = '-9223372036854775808';
const GREATEST = '9223372036854775807';

let files = 0;
function database(...statements: readonly string[]): string {
  files += 1;
  const path = join(folder, `${files}.db`);
  runSql(path, ...statements);
  return path;
}

/** An initial of a contact, so many seconds after midnight. */
function row(uuid: number, second: number): string {
  return `('${uuidOf(uuid)}', 'e', 'True', 'initial', '2017-06-28 00:00:${String(second).padStart(2, '0')}')`;
}

/** The contacts of a file, in the order in which they are read. */
async function contactsOf(path: string): Promise<number[]> {
  const source = openSqlite(path);
  const events: ContactEvent[] = [];
  try {
    for await (const chunk of source.chunks()) {
      expect(chunk.bad).toEqual([]);
      events.push(...chunk.events);
    }
  } finally {
    await source.close();
  }
  return events.map(({ uuid }) => Number.parseInt(uuid.slice(-12), 16));
}

describe('every row is read, in the order of the rowids', () => {
  it.each<[string, () => string]>([
    ['a column rowid', () => database(`${TABLE}, rowid text)`, `${INSERT} ${row(2, 9)}, ${row(1, 8)}`)],
    [
      'columns ROWID and oid',
      () => database(`${TABLE}, ROWID int, oid int)`, `${INSERT} ${row(2, 9)}, ${row(1, 8)}`),
    ],
    [
      'a generated column _rowid_',
      () => database(`${TABLE}, rowid, _rowid_ AS (symbol))`, `${INSERT} ${row(2, 9)}, ${row(1, 8)}`),
    ],
    [
      'columns in capitals',
      () =>
        database(TABLE.replace('uuid text', 'UUID text').concat(')'), `${INSERT} ${row(2, 9)}, ${row(1, 8)}`),
    ],
    [
      'the least and the greatest rowid',
      () =>
        database(
          `${TABLE})`,
          `INSERT INTO api_events (rowid, uuid, symbol, is_vowel, url, date) VALUES ${[
            [GREATEST, row(1, 8)],
            [LEAST, row(2, 9)],
          ]
            .map(([id, values]) => values!.replace('(', `(${id}, `))
            .join()}`,
        ),
    ],
  ])('with %s', async (_, make) => {
    expect(await contactsOf(make())).toEqual([2, 1]);
  });
});

describe('every row is read, in the order of the dates', () => {
  it.each<[string, () => string]>([
    [
      'all names of the rowid taken',
      () => database(`${TABLE}, rowid text, _rowid_ text, oid text)`, `${INSERT} ${row(2, 9)}, ${row(1, 8)}`),
    ],
    [
      'a table without rowids',
      () =>
        database(
          `${TABLE}, PRIMARY KEY (uuid, url, date)) WITHOUT ROWID`,
          `${INSERT} ${row(0, 9)}, ${row(1, 8)}`,
        ),
    ],
    [
      'a view',
      () =>
        database(
          TABLE.replace('api_events', 'others').concat(')'),
          'CREATE VIEW api_events AS SELECT * FROM others',
          `${INSERT.replace('api_events', 'others')} ${row(2, 9)}, ${row(1, 8)}`,
        ),
    ],
  ])('of %s', async (_, make) => {
    const path = make();
    const contacts = await contactsOf(path);
    expect(contacts[0]).toBe(1);
    expect(contacts).toHaveLength(2);
    expect(await importFrom(path, new Model())).toMatchObject({ result: 'taken', rows: 2 });
  });
});

describe('marks of replays', () => {
  it('stay with their rows where rowids are too large for a number', async () => {
    const [first, second] = ['9007199254740993', '9007199254740992'];
    const path = database(
      `${TABLE})`,
      'CREATE TABLE api_replays (event integer PRIMARY KEY)',
      ...[first, second].map(
        (id, i) =>
          `INSERT INTO api_events (rowid, uuid, symbol, is_vowel, url, date) VALUES ${row(i, i).replace('(', `(${id}, `)}`,
      ),
      `INSERT INTO api_replays VALUES (${first})`,
    );
    const source = openSqlite(path);
    const marks: [string, boolean][] = [];
    for await (const { events } of source.chunks()) {
      for (const { uuid, replay } of events) marks.push([uuid, replay]);
    }
    await source.close();
    expect(marks).toEqual([
      [uuidOf(1), false],
      [uuidOf(0), true],
    ]);
  });

  it('of rows that have no rowid are refused', () => {
    const path = database(
      `${TABLE}, PRIMARY KEY (uuid, url, date)) WITHOUT ROWID`,
      'CREATE TABLE api_replays (event integer PRIMARY KEY)',
    );
    expect(() => openSqlite(path)).toThrow(/marks replays .* drop api_replays/);
  });
});

it('rows that go while they are read are told, and nothing is taken', async () => {
  const path = database(`${TABLE})`, `${INSERT} ${Array.from({ length: 1500 }, (_, i) => row(i, 1)).join()}`);
  const source = openSqlite(path);
  const read = async () => {
    for await (const _ of source.chunks()) runSql(path, 'DELETE FROM api_events WHERE rowid = 1400');
  };
  await expect(read()).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringContaining(`1499 rows of '${path}' could be read, and it has 1500`),
  });
  await source.close();
});

describe('names that are not UTF-8', () => {
  /** Puts other bytes in the place of a name. */
  async function renamed(path: string): Promise<string> {
    const bytes = await readFile(path, 'latin1');
    expect(bytes).toContain('zzzz');
    await writeFile(path, bytes.replaceAll('zzzz', 'z\xff\xfez'), 'latin1');
    return path;
  }

  it.each<[string, () => string]>([
    ['a table', () => database(`${TABLE})`, 'CREATE TABLE zzzz (a)', `${INSERT} ${row(1, 1)}`)],
    ['a column', () => database(`${TABLE}, zzzz text)`, `${INSERT} ${row(1, 1)}`)],
    [
      'a column of another table',
      () => database(`${TABLE})`, 'CREATE TABLE other (zzzz)', `${INSERT} ${row(1, 1)}`),
    ],
  ])('of %s are no matter', async (_, make) => {
    expect(await contactsOf(await renamed(make()))).toEqual([1]);
  });

  it('are told where a store asks for the columns of the original', async () => {
    const path = await renamed(database(`${TABLE}, zzzz text)`));
    const reader = await createReader(`sqlite:${path}`, { log: { info() {}, warn() {}, error() {} } });
    await expect(reader.open()).rejects.toMatchObject({ code: 'STORE_FORMAT' });
  });

  it('that a view asks for are told', async () => {
    const path = await renamed(
      database(
        'CREATE TABLE others (uuid, symbol, is_vowel, url, date, zzzz)',
        'CREATE VIEW api_events AS SELECT uuid, symbol, is_vowel, url, date, "zzzz" FROM others',
      ),
    );
    expect(await contactsOf(path)).toEqual([]);
  });
});

describe('a database in WAL mode in a directory that cannot be written', () => {
  it.each(['', '-wal'])('is refused with what to do (beside it: %s)', async (beside) => {
    const own = join(folder, `unwritable${beside}`);
    await mkdir(own);
    const path = join(own, 'og.db');
    const writing = new Database(path);
    writing.exec(`PRAGMA journal_mode = WAL; ${TABLE}); ${INSERT} ${row(1, 1)}`);
    if (beside !== '') {
      const kept = join(folder, 'kept.db');
      for (const end of ['', beside]) await copyFile(path + end, kept + end);
      writing.close();
      for (const end of ['', beside]) await copyFile(kept + end, path + end);
    } else writing.close();
    for (const directory of [folder, own]) await chmod(directory, 0o755);
    const says = (code: string) => ({
      code,
      message: expect.stringMatching(/copy og\.db, with og\.db-wal .*, to a directory that can be written/),
    });
    await chmod(own, 0o555);
    const reader = await createReader(`sqlite:${path}`, { log: { info() {}, warn() {}, error() {} } });
    await expect(async () => asNobody(() => openSqlite(path))).rejects.toMatchObject(says('INPUT_INVALID'));
    await expect(asNobody(() => reader.open())).rejects.toMatchObject(says('STORE_UNAVAILABLE'));
    await chmod(own, 0o755);
    // Where it can be written it is read.
    expect(await contactsOf(path)).toEqual([1]);
  });
});

const NOBODY = 65_534;

/** Root may write everywhere. */
function asNobody<T>(run: () => T): T {
  if (process.getuid?.() !== 0) return run();
  process.seteuid!(NOBODY);
  try {
    return run();
  } finally {
    process.seteuid!(0);
  }
}
