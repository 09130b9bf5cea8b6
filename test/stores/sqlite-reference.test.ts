import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../src/contract/conformance/answers.js';
import { describeConformance } from '../../src/contract/conformance.js';
import { dashboardQuestions } from '../../src/contract/dashboard-questions.js';
import type { Store } from '../../src/contract/store.js';
import { type ContactSymbol, SYMBOLS } from '../../src/domain/contact.js';
import { type SplitTally, whole } from '../../src/domain/tally.js';
import { formatInstant, type Instant, MINUTE, parseInstant } from '../../src/domain/time.js';
import { readRange } from '../../src/domain/zone.js';
import { createReader, createStore } from '../../src/stores/index.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';

const context = { log: { info() {}, warn() {}, error() {} } };
const UUID = '9cdd7298-caf2-47fd-8b39-0df84387c768';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyboard-sqlite-'));
});
afterAll(() => rm(folder, { recursive: true }));

function freshFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

describeConformance({ describe, it }, 'sqlite:', {
  create: async () => {
    const file = freshFile();
    const url = `sqlite:${file}`;
    return {
      store: await createStore(url, context),
      another: () => createStore(url, context),
      // Nothing is under way between two calls, so what is broken is the next that comes.
      async interrupt() {
        const database = new Database(file);
        database.exec(
          "CREATE TRIGGER broken BEFORE INSERT ON api_events BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END",
        );
        return async () => {
          database.exec('DROP TRIGGER broken');
          database.close();
        };
      },
      dispose: () => undefined,
    };
  },
  contacts: 30,
});

interface RecordedTally {
  readonly symbol: ContactSymbol | null;
  readonly count: number;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly followups: number;
}

interface Recorded {
  readonly symbol: Record<ContactSymbol, RecordedTally>;
  readonly range: Record<string, RecordedTally[]>;
}

const answersName = SHARED_MISSING === null ? 'the recorded answers' : `skipped, since ${SHARED_MISSING}`;
describe.skipIf(SHARED_MISSING !== null)(answersName, () => {
  describe.each(['original-run', 'forty-days'])('of %s.db', (name) => {
    let store: Store;
    let recorded: Recorded;
    beforeAll(async () => {
      const file = freshFile();
      await copyFile(sharedFile(`${name}.db`), file);
      recorded = JSON.parse(await readFile(sharedFile(`${name}.answers.json`), 'utf8'));
      store = await createStore(`sqlite:${file}`, context);
      await store.open();
    });
    afterAll(() => store.close());

    it('to every symbol', async () => {
      expect(Object.keys(recorded.symbol).sort()).toEqual(SYMBOLS);
      for (const symbol of SYMBOLS) {
        expect(asRecorded(symbol, await store.tallyOfSymbol(symbol))).toEqual(recorded.symbol[symbol]);
      }
    });

    it('to every range', async () => {
      expect(Object.keys(recorded.range).length).toBeGreaterThanOrEqual(4);
      // The original's alphabet has `k` twice; both rows are the same.
      const alphabet = [...'abcdefghijklkmnopqrstuvwxyz'];
      for (const [bounds, rows] of Object.entries(recorded.range)) {
        const [lower, upper] = bounds.split('/') as [string, string];
        const tallies = await store.talliesOfRange({ lower: boundOf(lower), upper: boundOf(upper) });
        const answered = alphabet.map((symbol) => asRecorded(symbol, tallies[SYMBOLS.indexOf(symbol)]!));
        expect(answered).toEqual(rows);
      }
    });

    it('and reads its events in time order, whole and by span', async () => {
      const events = await collect(store.events());
      const instants = events.map((event) => event.at);
      expect(events).toHaveLength(name === 'original-run' ? 11_354 : 21_598);
      expect(instants).toEqual([...instants].sort((a, b) => a - b));
      const lower = instants[1000]!;
      const upper = instants[5000]!;
      const inSpan = events.filter((event) => lower <= event.at && event.at < upper);
      expect(await collect(store.events({ lower, upper }))).toEqual(inSpan);
    });
  });

  it('a reader leaves the file as it is', async () => {
    const reader = await createReader(`sqlite:${sharedFile('original-run.db')}`, context);
    await reader.open();
    expect(await collect(reader.events())).toHaveLength(11_354);
    await reader.close();
  });
});

describe('a database that the original wrote', () => {
  it('has dates without a fraction, guesses as integers, and no fraction on an edge', async () => {
    const store = await storeWith([
      [UUID, 'y', 1, 'initial', '2017-06-28 10:30:00'],
      ['6c1d4e1d-dc47-4a70-ac4a-c0699135e74f', 'y', 'False', 'initial', '2017-06-28 10:30:00.000001'],
      ['3a606e9f-e531-46f8-8423-9779d613e145', 'y', 'True', 'initial', '2017-06-28 10:29:59.999999'],
      ['16fac1f3-9b02-4775-9241-58d46cf60bcf', 'y', 0, 'initial', '2017-06-28 10:31:00'],
      [UUID, null, null, 'followup', '2017-06-28 10:31:00'],
    ]);
    const lower = parseInstant('2017-06-28 10:30:00')!;
    const rows = await store.talliesOfRange({ lower, upper: lower + MINUTE });
    expect(rows[24]).toEqual({
      vowel: { count: 1, earliest: lower, latest: lower, followups: 1 },
      consonant: { count: 1, earliest: lower + 1, latest: lower + 1, followups: 0 },
    });
    const kinds = (await collect(store.events({ lower, upper: lower + MINUTE + 1 }))).map(({ id, at }) => [
      id,
      at,
    ]);
    expect(kinds).toEqual([
      [1, lower],
      [2, lower + 1],
      [4, lower + MINUTE],
      [5, lower + MINUTE],
    ]);
    await store.close();
  });

  it('is written in as the original writes', async () => {
    const file = freshFile();
    const store = await createStore(`sqlite:${file}`, context);
    await store.open();
    const at = parseInstant('2017-06-28 10:30:00.000001')!;
    await store.append([
      { kind: 'initial', id: 0, uuid: UUID, symbol: 'e', isVowel: true, at, replay: false },
    ]);
    await store.append([{ kind: 'followup', id: 1, uuid: UUID, at, replay: false }]);
    await store.close();
    const database = new Database(file);
    expect(database.prepare('SELECT * FROM api_events').raw().all()).toEqual([
      [UUID, 'e', 'True', 'initial', '2017-06-28 10:30:00.000001'],
      [UUID, null, null, 'followup', '2017-06-28 10:30:00.000001'],
    ]);
    expect(
      database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'index'").get(),
    ).toMatchObject({
      n: 0,
    });
    expect(database.prepare('PRAGMA journal_mode').raw().all()).toEqual([['delete']]);
    expect(database.prepare('PRAGMA synchronous').raw().all()).toEqual([[2]]);
    database.close();
  });

  it.each([
    ['uuid', [null, 'e', 'True', 'initial', '2017-06-28 10:30:00'], 'NULL'],
    ['symbol', [UUID, null, 'True', 'initial', '2017-06-28 10:30:00'], 'NULL'],
    ['symbol', [UUID, 'é', 'True', 'initial', '2017-06-28 10:30:00'], "'é'"],
    ['is_vowel', [UUID, 'e', null, 'initial', '2017-06-28 10:30:00'], 'NULL'],
    ['is_vowel', [UUID, 'e', 2, 'initial', '2017-06-28 10:30:00'], "'2'"],
    ['url', [UUID, 'e', 'True', 'dashboard', '2017-06-28 10:30:00'], "'dashboard'"],
    ['date', [UUID, 'e', 'True', 'initial', null], 'NULL'],
    ['date', [UUID, 'e', 'True', 'initial', 'yesterday'], "'yesterday'"],
  ] as const)(
    'whose %s cannot be read is said to be damaged, with the row: %j',
    async (column, row, shown) => {
      const store = await storeWith([[UUID, 'e', 'True', 'initial', '2017-06-28 10:30:00'], row]);
      const said = { code: 'STORE_DAMAGED', message: expect.stringContaining(`its ${column} is ${shown}`) };
      await expect(collect(store.events())).rejects.toMatchObject(said);
      await expect(collect(store.events())).rejects.toThrow(/row 2 of '/);
      await store.close();
    },
  );
});

describe('what is not such a database', () => {
  it('is another format', async () => {
    const text = freshFile();
    await writeFile(text, 'uuid,symbol,is_vowel,url,date\n'.repeat(100));
    await rejectsOpening(text, 'STORE_FORMAT');
    const other = freshFile();
    new Database(other).exec('CREATE TABLE api_events (uuid text, symbol text)');
    await rejectsOpening(other, 'STORE_FORMAT');
  });

  it('cannot be opened where there is no folder, and the driver is the cause', async () => {
    const store = await createStore(`sqlite:${join(folder, 'nowhere', 'x.db')}`, context);
    await expect(store.open()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(`the folder '${join(folder, 'nowhere')}' is not there`),
      cause: expect.anything(),
    });
  });

  it('is not made by a reader', async () => {
    const reader = await createReader(`sqlite:${freshFile()}`, context);
    await expect(reader.open()).rejects.toMatchObject({ code: 'STORE_MISSING' });
    await expect(collect(reader.events())).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it.each(['sqlite:', 'sqlite::memory:', 'sqlite:x.db?mode=ro'])('%s names no file alone', async (text) => {
    await expect(createStore(text, context)).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
  });
});

it('does not wait for a reader that has stopped half way', async () => {
  const row = [UUID, 'e', 'True', 'initial', '2017-06-28 10:30:00'] as const;
  const store = await storeWith(Array.from({ length: 2500 }, () => row));
  const reading = store.events()[Symbol.asyncIterator]();
  await reading.next();
  const at = parseInstant('2017-06-28 10:30:00')!;
  await store.append([{ kind: 'followup', id: 0, uuid: UUID, at, replay: false }]);
  await reading.return?.();
  expect(await collect(store.events())).toHaveLength(2501);
  const other = store.events()[Symbol.asyncIterator]();
  await other.next();
  await store.close();
  await expect(
    (async () => {
      while (!(await other.next()).done);
    })(),
  ).rejects.toMatchObject({ code: 'STORE_CLOSED' });
});

type Row = readonly (string | number | null)[];

/** An open store on a database that somebody else wrote. */
async function storeWith(rows: readonly Row[]): Promise<Store> {
  const file = freshFile();
  const database = new Database(file);
  database.exec('CREATE TABLE api_events (uuid text, symbol text, is_vowel int, url text, date text); BEGIN');
  const insert = database.prepare('INSERT INTO api_events VALUES (?, ?, ?, ?, ?)');
  for (const row of rows) insert.run(...row);
  database.exec('COMMIT');
  database.close();
  const store = await createStore(`sqlite:${file}`, context);
  await store.open();
  return store;
}

async function rejectsOpening(file: string, code: string): Promise<void> {
  const store = await createStore(`sqlite:${file}`, context);
  await expect(store.open()).rejects.toMatchObject({ code });
  const reader = await createReader(`sqlite:${file}`, context);
  await expect(reader.open()).rejects.toMatchObject({ code });
}

/** Read alone, since the original was asked for a range that ends before it begins as well. */
function boundOf(text: string): Instant {
  const reading = readRange(text, text);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.range.lower;
}

/** As the original answered: no fraction where it is zero, and no symbol where there is no contact. */
function asRecorded(symbol: ContactSymbol, split: SplitTally): RecordedTally {
  const { count, earliest, latest, followups } = whole(split);
  const print = (at: Instant | null) => (at === null ? null : formatInstant(at).replace('.000000', ''));
  return {
    symbol: count === 0 ? null : symbol,
    count,
    earliest: print(earliest),
    latest: print(latest),
    followups,
  };
}

it('tells the first events of a contact in time order, and how many more there are', async () => {
  const store = await createStore(`sqlite:${freshFile()}`, context);
  await store.open();
  for (const at of [5, 3, 4, 1, 2]) {
    await store.append([{ kind: 'followup', id: 0, uuid: UUID, at, replay: false }]);
  }
  const { events, leftOut } = await dashboardQuestions(store).eventsOfContact(UUID, 3);
  expect({ instants: events.map(({ at }) => at), leftOut }).toEqual({ instants: [1, 2, 3], leftOut: 2 });
  await store.close();
});
