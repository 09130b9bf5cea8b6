import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyCommand } from '../../src/cli/store/copy.js';
import { exportCommand } from '../../src/cli/store/export.js';
import { importCommand } from '../../src/cli/store/import.js';
import { verifyCommand } from '../../src/cli/store/verify.js';
import { createStore } from '../../src/stores/index.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { runSql, textFile } from '../transfer/support-files.js';
import { aborted, DATE, freshJournal, goodFile, HEADER, log, run } from './running.js';

const folder = await temporaryFolder();

describe('import, export, copy and verify of a journal', () => {
  it('take a file through and lose nothing', async () => {
    const [first, second] = [freshJournal(folder), freshJournal(folder)];
    const imported = await run(importCommand, { file: await goodFile(folder), store: first });
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toContain('100 events of');
    expect(imported.stdout).toContain('gained 50 contacts and 50 followups');
    const again = await run(importCommand, { file: await goodFile(folder), store: first });
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
      const store = freshJournal(folder);
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
    const store = freshJournal(folder);
    const file = await textFile(folder, 'bad.csv', [
      HEADER,
      `${uuidOf(1)},e,True,initial,${DATE}`,
      ...Array.from({ length: 25 }, () => `${uuidOf(2)},E,True,initial,${DATE}`),
    ]);
    const refused = await run(importCommand, { file, store });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(
      "  lines 3 ('E'), 4 ('E'), 5 ('E'), 6 ('E'), 7 ('E') and 20 more: the symbol is not one letter a to z\n",
    );
    expect(refused.stderr).toContain('Nothing was taken');
    expect((await run(exportCommand, { store })).stdout).toBe('');

    const skipped = await run(importCommand, { file, store, skipBad: true });
    expect(skipped).toMatchObject({ code: 0, stdout: expect.stringContaining('1 accepted') });
    expect(skipped.stderr).toContain('lines 3');
  });

  it('exits 1 where the store refuses a row, unless --skip-bad', async () => {
    const store = freshJournal(folder);
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
    const store = freshJournal(folder);
    const interrupted = await run(
      importCommand,
      { file: await goodFile(folder), store },
      { interrupted: aborted },
    );
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('run the same command again');
  });

  it('warns of a store that counts replays', async () => {
    const warned = await run(importCommand, {
      file: await goodFile(folder, 2),
      store: `sqlite:${join(folder, 'counted.db')}`,
    });
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('does not recognise replays') });
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
    await run(importCommand, { file: await goodFile(folder, 3), store: `sqlite:${path}` });
    expect((await run(verifyCommand, { store: `sqlite:${path}` })).code).toBe(0);
    // An upper-case date separator sorts behind every bound of its day, as no date of ours does.
    runSql(path, `UPDATE api_events SET date = replace(date, ' ', 'T') WHERE uuid = '${uuidOf(1)}'`);
    const wrong = await run(verifyCommand, { store: `sqlite:${path}` });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/the range .*, symbol e, guessed a vowel\n {2}expected .*\n {2}got /);
    expect(wrong.stdout).toMatch(/\d+ differences: the raw events are right, .*\.\n$/);
  });

  it('leaves its result with the store, unless it was interrupted', async () => {
    const url = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder), store: url });
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

  it('says of a store in use which moment it proved, as text and as JSON', async () => {
    const url = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder), store: url });
    const store = await createStore(url, { log });
    await store.open();
    try {
      const { code, stdout } = await run(verifyCommand, { store: url });
      expect(stdout).toContain(
        'This is the store with its first 100 events, at its last checkpoint; what came later is not in it.\nEvery answer agrees',
      );
      expect(code).toBe(0);
      expect(await store.verification!()).toMatchObject({ events: 100, contacts: 50, differences: 0 });
      const json = await run(verifyCommand, { store: url, json: true });
      expect(JSON.parse(json.stdout)).toMatchObject({ complete: true, events: 100, differencesTotal: 0 });
      expect((await run(exportCommand, { store: url })).code).toBe(0);
    } finally {
      await store.close();
    }
  });

  it('leaves the lock alone where it is told to, and says of which store it cannot', async () => {
    const url = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder), store: url });
    const unlocked = await run(verifyCommand, { store: url, unlocked: true });
    expect(unlocked).toMatchObject({ code: 0, stdout: expect.stringContaining('at its last checkpoint') });
    const sqlite = `sqlite:${join(folder, 'unlocked.db')}`;
    await expect(run(verifyCommand, { store: sqlite, unlocked: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('says that it was interrupted', async () => {
    const store = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder), store });
    expect((await run(verifyCommand, { store }, { interrupted: aborted })).code).toBe(130);
  });
});
