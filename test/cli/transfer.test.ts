import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Command, Values } from '../../src/cli/command.js';
import { copyCommand } from '../../src/cli/copy.js';
import { exportCommand } from '../../src/cli/export.js';
import { importCommand } from '../../src/cli/import.js';
import { verifyCommand } from '../../src/cli/verify.js';
import { createStore } from '../../src/stores/index.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { runSql, textFile } from '../transfer/support-files.js';

const folder = await temporaryFolder();
const HEADER = 'uuid,symbol,is_vowel,url,date';
const DATE = '2017-06-28 19:34:14.486693';
const log = { info() {}, warn() {}, error() {} };

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly interrupted?: AbortSignal;
  readonly stdout?: NodeJS.WritableStream;
}

/** Runs a command as the command line does, with the defaults of the flags that are not given. */
async function run(command: Command, given: Values, setting: Setting = {}): Promise<Run> {
  const defaults = Object.fromEntries(
    command.flags.map((flag) => [
      flag.name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()),
      flag.fallback,
    ]),
  );
  const [stdout, stderr] = [collector(), collector()];
  const code = await command.run(
    { ...defaults, ...given },
    {
      stdout: setting.stdout ?? stdout.stream,
      stderr: stderr.stream,
      log,
      interrupted: setting.interrupted ?? new AbortController().signal,
    },
  );
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

const aborted = AbortSignal.abort();
let journals = 0;
function freshJournal(): string {
  journals += 1;
  return `journal:${join(folder, `journal-${journals}`)}`;
}

function goodFile(rows = 50): Promise<string> {
  const lines = Array.from({ length: rows }, (_, i) => [
    `${uuidOf(i)},${'aeyz'[i % 4]},${i % 2 ? 'True' : 'False'},initial,2017-06-28 19:34:14.${100_000 + i}`,
    `${uuidOf(i)},,,followup,2017-06-${10 + (i % 20)} 19:35:00`,
  ]);
  return textFile(folder, 'good.csv', [HEADER, ...lines.flat()]);
}

describe('import, export, copy and verify of a journal', () => {
  it('take a file through and lose nothing', async () => {
    const [first, second] = [freshJournal(), freshJournal()];
    const imported = await run(importCommand, { file: await goodFile(), store: first });
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toContain('100 events of');
    expect(imported.stdout).toContain('gained 50 contacts and 50 followups');
    const again = await run(importCommand, { file: await goodFile(), store: first });
    expect(again.stdout).toContain('gained 0 contacts and 0 followups');

    const copied = await run(copyCommand, { from: first, to: second });
    expect(copied).toMatchObject({ code: 0, stdout: expect.stringContaining('100 events of') });
    const verified = await run(verifyCommand, { store: second });
    expect(verified.stdout).toContain('50 contacts, 0 unmatched');
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Every answer agrees with the raw events.'),
    });

    const exports = await Promise.all(
      [first, second].map((store) => run(exportCommand, { store, format: 'csv' })),
    );
    expect(exports[0]!.stdout.split('\n')).toHaveLength(102);
    expect(exports[1]!.stdout).toBe(exports[0]!.stdout);
  });

  it.skipIf(SHARED_MISSING !== null)(
    `take both original databases (skipped where ${SHARED_MISSING})`,
    async () => {
      const store = freshJournal();
      for (const name of ['original-run.db', 'forty-days.db']) {
        expect((await run(importCommand, { file: sharedFile(name), store })).code).toBe(0);
      }
      const verified = await run(verifyCommand, { store });
      expect(verified.code).toBe(0);
      expect(verified.stdout).toContain('32,952 events');
      expect(verified.stdout).toMatch(/minute [\d,]+, hour [\d,]+, day 41, gap [\d,]+, range 208/);
    },
  );
});

describe('import', () => {
  it('names bad rows, takes nothing, and with --skip-bad the rest', async () => {
    const store = freshJournal();
    const file = await textFile(folder, 'bad.csv', [
      HEADER,
      `${uuidOf(1)},e,True,initial,${DATE}`,
      ...Array.from({ length: 25 }, () => `${uuidOf(2)},E,True,initial,${DATE}`),
    ]);
    const refused = await run(importCommand, { file, store });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain("line 3: the symbol 'E' is not one letter a to z\n");
    expect(refused.stderr).toContain('… and 5 more');
    expect(refused.stderr).toContain('Nothing was taken');
    expect((await run(exportCommand, { store })).stdout).toBe('');

    const skipped = await run(importCommand, { file, store, skipBad: true });
    expect(skipped).toMatchObject({ code: 0, stdout: expect.stringContaining('1 accepted') });
    expect(skipped.stderr).toContain('line 3');
  });

  it('exits 1 where the store refuses a row, unless --skip-bad', async () => {
    const store = freshJournal();
    const file = await textFile(folder, 'conflict.csv', [
      HEADER,
      `${uuidOf(1)},e,True,initial,${DATE}`,
      `${uuidOf(1)},a,True,initial,${DATE}`,
    ]);
    const first = await run(importCommand, { file, store });
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(`line 3: the contact ${uuidOf(1)} has the symbol 'e' already, not 'a'`);
    expect((await run(importCommand, { file, store, skipBad: true })).code).toBe(0);
  });

  it('says that it was interrupted', async () => {
    const store = freshJournal();
    const interrupted = await run(importCommand, { file: await goodFile(), store }, { interrupted: aborted });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('run the same command again');
  });

  it('warns of a store that counts replays', async () => {
    const warned = await run(importCommand, {
      file: await goodFile(2),
      store: `sqlite:${join(folder, 'counted.db')}`,
    });
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('does not recognise replays') });
  });
});

describe('export', () => {
  it('takes bounds in a zone, and refuses those it cannot read', async () => {
    const store = freshJournal();
    const file = await textFile(folder, 'bounds.csv', [
      HEADER,
      `${uuidOf(1)},a,True,initial,2017-06-28 03:59:59.999999`,
      `${uuidOf(2)},b,True,initial,2017-06-28 04:00:00`,
      `${uuidOf(3)},c,True,initial,2017-06-29 04:00:00`,
    ]);
    await run(importCommand, { file, store });
    const symbols = async (bounds: Values) => {
      const { stdout } = await run(exportCommand, { store, format: 'csv', ...bounds });
      return [...stdout.matchAll(/^[^,]+,(.),/gm)].map((match) => match[1]).join('');
    };
    const tz = 'America/New_York';
    expect(await symbols({})).toBe('abc');
    expect(await symbols({ from: '2017-06-28', to: '2017-06-29', tz })).toBe('b');
    expect(await symbols({ from: '2017-06-28', tz })).toBe('bc');
    expect(await symbols({ to: '2017-06-29T04:00' })).toBe('ab');
    for (const [bounds, code] of [
      [{ from: '2017-06-29', to: '2017-06-28' }, 'RANGE_REVERSED'],
      [{ from: 'yesterday' }, 'BOUND_INVALID'],
      [{ to: '2017-06-28', tz: 'Mars' }, 'ZONE_UNKNOWN'],
    ] as const) {
      await expect(run(exportCommand, { store, ...bounds })).rejects.toMatchObject({ code });
    }
  });

  it('writes a file whole, once, and none where it is interrupted', async () => {
    const store = freshJournal();
    await run(importCommand, { file: await goodFile(2000), store });
    for (const format of ['ndjson', 'csv', 'sqlite']) {
      const out = join(folder, `out.${format}`);
      const interrupted = await run(exportCommand, { store, format, out }, { interrupted: aborted });
      expect(interrupted).toMatchObject({ code: 130, stderr: expect.stringContaining('was not written') });
      expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false);
      const written = await run(exportCommand, { store, format, out });
      expect(written).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('4,000 events') });
      await expect(run(exportCommand, { store, format, out })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
      expect((await run(exportCommand, { store, format, out, force: true })).code).toBe(0);
      const back = await run(importCommand, { file: out, store: freshJournal() });
      expect(back.stdout).toContain('gained 2,000 contacts and 2,000 followups');
    }
  });

  it('ends with 0 when its reader has seen enough', async () => {
    const store = freshJournal();
    await run(importCommand, { file: await goodFile(2000), store });
    const stdout = new PassThrough();
    stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    expect(await run(exportCommand, { store }, { stdout })).toMatchObject({ code: 0, stderr: '' });
  });

  it('needs a file for a database', async () => {
    const refused = run(exportCommand, { store: freshJournal(), format: 'sqlite' });
    await expect(refused).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--out'),
    });
  });
});

describe('copy', () => {
  it('refuses a copy of a store to itself, however it is written', async () => {
    for (const to of ['sqlite:x.db', 'sqlite:./x.db', `sqlite:${process.cwd()}/y/../x.db`]) {
      const refused = run(copyCommand, { from: 'sqlite:x.db', to });
      await expect(refused).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
    expect(existsSync('x.db')).toBe(false);
  });
});

describe('verify', () => {
  it('exits 1 and prints where an answer is wrong', async () => {
    const path = join(folder, 'counted-twice.db');
    await run(importCommand, { file: await goodFile(3), store: `sqlite:${path}` });
    expect((await run(verifyCommand, { store: `sqlite:${path}` })).code).toBe(0);
    // An upper-case date separator sorts behind every bound of its day, as no date of ours does.
    runSql(path, `UPDATE api_events SET date = replace(date, ' ', 'T') WHERE uuid = '${uuidOf(1)}'`);
    const wrong = await run(verifyCommand, { store: `sqlite:${path}` });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/the range .*, symbol e, guessed a vowel\n {2}expected .*\n {2}got /);
    expect(wrong.stdout).toMatch(/\d+ differences\.\n$/);
  });

  it('leaves its result with the store, unless it was interrupted', async () => {
    const url = freshJournal();
    await run(importCommand, { file: await goodFile(), store: url });
    const left = async () => {
      const store = await createStore(url, { log });
      await store.open();
      const verification = await store.verification!();
      await store.close();
      return verification;
    };
    await run(verifyCommand, { store: url }, { interrupted: aborted });
    expect(await left()).toBeNull();
    const before = Date.now() * 1000;
    await run(verifyCommand, { store: url });
    const verification = await left();
    expect(verification).toMatchObject({ events: 100, contacts: 50, differences: 0 });
    expect(verification!.at).toBeGreaterThanOrEqual(before);
  });

  it('has nothing to do for a store that keeps no events', async () => {
    await expect(run(verifyCommand, { store: 'null:' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is refused where the store is in use', async () => {
    const url = freshJournal();
    const store = await createStore(url, { log });
    await store.open();
    try {
      await expect(run(verifyCommand, { store: url })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
      expect((await run(exportCommand, { store: url })).code).toBe(0);
    } finally {
      await store.close();
    }
  });

  it('says that it was interrupted', async () => {
    const store = freshJournal();
    await run(importCommand, { file: await goodFile(), store });
    expect((await run(verifyCommand, { store }, { interrupted: aborted })).code).toBe(130);
  });
});
