import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { SYMBOLS } from '../../src/domain/contact.js';
import { type SplitTally, whole } from '../../src/domain/tally.js';
import { formatInstant, type Instant, MINUTE, parseInstant } from '../../src/domain/time.js';
import { readRange } from '../../src/domain/zone.js';
import { exportText } from '../../src/transfer/export.js';
import { streamOutput } from '../../src/transfer/output.js';
import { FORMATS } from '../../src/transfer/sources/source.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { followup, initial, modelOf, rowsOf, temporaryFolder, uuidOf } from './support.js';
import { exportTo, importFrom } from './support-files.js';

const folder = await temporaryFolder();
const AT = parseInstant('2017-06-28 10:30:00')!;
const EVENTS = [
  followup(1, AT + MINUTE),
  initial(1, AT + 1),
  initial(2, AT + 2, { symbol: 'y', isVowel: false }),
  initial(1, AT + 2 * MINUTE, { id: 9 }),
];

describe('an export is written as', () => {
  it('csv', async () => {
    const path = join(folder, 'events.csv');
    await exportTo(await modelOf(EVENTS), 'csv', path);
    expect(await readFile(path, 'utf8')).toBe(
      [
        'uuid,symbol,is_vowel,url,date,replay',
        `${uuidOf(1)},e,True,initial,2017-06-28 10:30:00.000001,False`,
        `${uuidOf(2)},y,False,initial,2017-06-28 10:30:00.000002,False`,
        `${uuidOf(1)},,,followup,2017-06-28 10:31:00.000000,False`,
        `${uuidOf(1)},e,True,initial,2017-06-28 10:32:00.000000,True`,
        '',
      ].join('\n'),
    );
  });

  it('ndjson, a span of it', async () => {
    const path = join(folder, 'events.ndjson');
    await exportTo(await modelOf(EVENTS), 'ndjson', path, { lower: AT + 2, upper: AT + 2 * MINUTE });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        uuid: uuidOf(2),
        symbol: 'y',
        is_vowel: false,
        url: 'initial',
        date: '2017-06-28 10:30:00.000002',
        replay: false,
      },
      {
        uuid: uuidOf(1),
        symbol: null,
        is_vowel: null,
        url: 'followup',
        date: '2017-06-28 10:31:00.000000',
        replay: false,
      },
    ]);
  });
});

const PYTHON = spawnSync('python3', ['-c', 'import sqlite3']).status === 0;

describe('an exported database', () => {
  it.skipIf(!PYTHON)('takes what the original server does to it (skipped without python3)', async () => {
    const path = join(folder, 'original.db');
    await exportTo(await modelOf(EVENTS), 'sqlite', path);
    const script = `
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
before = connection.execute('SELECT * FROM api_events').fetchall()
connection.execute('INSERT INTO api_events VALUES (?,?,?,?,?)',
                   ('${uuidOf(3)}', 'e', str(True), 'initial', '2017-06-28 10:40:00.000005'))
connection.execute('INSERT INTO api_events VALUES (?,?,?,?,?)',
                   ('${uuidOf(3)}', None, None, 'followup', '2017-06-28 10:41:00'))
connection.commit()
marks = connection.execute('SELECT uuid, url, replay FROM events').fetchall()
print(json.dumps([before, marks, connection.execute('PRAGMA integrity_check').fetchall()]))
`;
    const output = execFileSync('python3', ['-c', script, path], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([
      [
        [uuidOf(1), 'e', 'True', 'initial', '2017-06-28 10:30:00.000001'],
        [uuidOf(2), 'y', 'False', 'initial', '2017-06-28 10:30:00.000002'],
        [uuidOf(1), null, null, 'followup', '2017-06-28 10:31:00.000000'],
        [uuidOf(1), 'e', 'True', 'initial', '2017-06-28 10:32:00.000000'],
      ],
      [
        [uuidOf(1), 'initial', 0],
        [uuidOf(2), 'initial', 0],
        [uuidOf(1), 'followup', 0],
        [uuidOf(1), 'initial', 1],
        [uuidOf(3), 'initial', 0],
        [uuidOf(3), 'followup', 0],
      ],
      [['ok']],
    ]);

    const model = new Model();
    expect(await importFrom(path, model)).toMatchObject({ rows: 6, badRows: 0, gained: { contacts: 3 } });
    const added = [initial(3, AT + 10 * MINUTE + 5), followup(3, AT + 11 * MINUTE)];
    expect(await rowsOf(model)).toEqual(await rowsOf(await modelOf([...EVENTS, ...added])));
  });
});

interface RecordedTally {
  readonly symbol: string | null;
  readonly count: number;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly followups: number;
}

interface Recorded {
  readonly symbol: Readonly<Record<string, RecordedTally>>;
  readonly range: Readonly<Record<string, readonly RecordedTally[]>>;
}

/** The original's bugs aside: it leaves out a fraction of zero, and the name of a symbol without contacts. */
function recordedOf({ count, earliest, latest, followups }: RecordedTally): object {
  const complete = (date: string | null) => (date?.length === 19 ? `${date}.000000` : date);
  return { count, earliest: complete(earliest), latest: complete(latest), followups };
}

function answerOf(split: SplitTally): object {
  const { count, earliest, latest, followups } = whole(split);
  const print = (at: Instant | null) => (at === null ? null : formatInstant(at));
  return { count, earliest: print(earliest), latest: print(latest), followups };
}

async function expectRecorded(model: Model, recorded: Recorded): Promise<void> {
  for (const symbol of SYMBOLS) {
    const answer = answerOf(await model.tallyOfSymbol(symbol));
    expect({ symbol, ...answer }).toEqual({ symbol, ...recordedOf(recorded.symbol[symbol]!) });
  }
  for (const [range, rows] of Object.entries(recorded.range)) {
    const [lower, upper] = range.split('/') as [string, string];
    const reading = readRange(lower, upper);
    // The original answers a range that ends before it begins; the contract refuses it.
    if (!reading.ok) continue;
    const answers = (await model.talliesOfRange(reading.range)).map(answerOf);
    // The original's alphabet is a…k l k m…z.
    expect({ range, rows: answers }).toEqual({ range, rows: rows.toSpliced(12, 1).map(recordedOf) });
  }
}

describe.skipIf(SHARED_MISSING !== null)(`real input (skipped where ${SHARED_MISSING})`, () => {
  it.each(['original-run', 'forty-days'])(
    '%s gives the recorded answers, imported from the original and from each export of it',
    async (name) => {
      const text = await readFile(sharedFile(`${name}.answers.json`), 'utf8');
      const recorded = JSON.parse(text) as Recorded;
      expect(Object.keys(recorded.range).length).toBeGreaterThan(3);
      const model = new Model();
      expect(await importFrom(sharedFile(`${name}.db`), model)).toMatchObject({
        format: 'sqlite',
        badRows: 0,
        counts: { replays: 0, conflicts: 0 },
      });
      await expectRecorded(model, recorded);
      const rows = await rowsOf(model);
      for (const format of FORMATS) {
        const path = join(folder, `${name}.${format}`);
        await exportTo(model, format, path);
        const copy = new Model();
        await importFrom(path, copy);
        expect(await rowsOf(copy)).toEqual(rows);
        await expectRecorded(copy, recorded);
      }
    },
  );
});

describe('an export to a stream', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => initial(i, AT + i));

  it('goes no faster than it is read', async () => {
    const stream = new PassThrough({ highWaterMark: 1000 });
    let written = 0;
    const running = exportText(await modelOf(many), 'csv', streamOutput(stream), {
      onProgress: (events) => {
        written = events;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(5000);
    stream.resume();
    expect(await running).toEqual({ result: 'complete', events: many.length });
  });

  it('ends quietly when its reader goes away, and fails for any other reason', async () => {
    const failing = (code: string) => {
      let writes = 0;
      return new Writable({
        write(_chunk, _encoding, done) {
          writes += 1;
          done(writes > 3 ? Object.assign(new Error(code), { code }) : null);
        },
      });
    };
    const model = await modelOf(many);
    expect(await exportText(model, 'ndjson', streamOutput(failing('EPIPE')))).toEqual({
      result: 'stopped',
      events: 3072,
    });
    await expect(exportText(model, 'ndjson', streamOutput(failing('EIO')))).rejects.toMatchObject({
      code: 'OUTPUT_LOST',
      cause: { code: 'EIO' },
    });
  });
});
