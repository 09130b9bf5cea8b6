import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { exportCommand } from '../../src/cli/store/export.js';
import { importCommand } from '../../src/cli/store/import.js';
import type { Values } from '../../src/cli/terminal/command.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';
import { aborted, freshJournal, goodFile, HEADER, run } from './running.js';

const folder = await temporaryFolder();

describe('export', () => {
  it('takes bounds in a zone, and refuses those it cannot read', async () => {
    const store = freshJournal(folder);
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
    const store = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder, 2000), store });
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
      const back = await run(importCommand, { file: out, store: freshJournal(folder) });
      expect(back.stdout).toContain('gained 2,000 contacts and 2,000 followups');
    }
  });

  it('ends with 0 when its reader has seen enough', async () => {
    const store = freshJournal(folder);
    await run(importCommand, { file: await goodFile(folder, 2000), store });
    const stdout = new PassThrough();
    stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    expect(await run(exportCommand, { store }, { stdout })).toMatchObject({ code: 0, stderr: '' });
  });

  it('needs a file for a database', async () => {
    const refused = run(exportCommand, { store: freshJournal(folder), format: 'sqlite' });
    await expect(refused).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--out'),
    });
  });

  it.skipIf(process.platform === 'win32')(
    'writes to a device or a pipe, and leaves it what it is (skipped on Windows)',
    async () => {
      const store = freshJournal(folder);
      await run(importCommand, { file: await goodFile(folder, 2000), store });
      const [pipe, link] = [join(folder, 'pipe'), join(folder, 'link-to-pipe')];
      execFileSync('mkfifo', [pipe]);
      await symlink(pipe, link);
      for (const out of [pipe, link]) {
        const [lines, exported] = await Promise.all([
          readFile(pipe, 'utf8'),
          run(exportCommand, { store, format: 'csv', out, force: out === pipe }),
        ]);
        expect(exported).toMatchObject({ code: 0, stderr: expect.stringContaining('4,000 events') });
        expect(lines.split('\n')).toHaveLength(4002);
        expect((await stat(out)).isFIFO()).toBe(true);
      }
      const gone = once(spawn('head', ['-1', pipe], { stdio: 'ignore' }), 'close');
      expect(await run(exportCommand, { store, out: pipe })).toMatchObject({ code: 0, stderr: '' });
      await gone;
      const database = run(exportCommand, { store, format: 'sqlite', out: pipe, force: true });
      await expect(database).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('is a device or a pipe: name a file with --out'),
      });
    },
  );

  it.skipIf(!existsSync('/dev/full'))(
    'tells where a device takes no more (skipped without /dev/full)',
    async () => {
      const store = freshJournal(folder);
      await run(importCommand, { file: await goodFile(folder, 2), store });
      await expect(run(exportCommand, { store, out: '/dev/full' })).rejects.toMatchObject({
        code: 'OUTPUT_LOST',
        message: expect.stringContaining("'/dev/full'"),
        cause: { code: 'ENOSPC' },
      });
    },
  );
});
