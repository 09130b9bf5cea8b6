import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileWith, writeWhole } from '../../src/transfer/output.js';
import { temporaryFolder } from './support.js';

const folder = await temporaryFolder();

describe('a file that is written whole', () => {
  it('has its name only when it is complete', async () => {
    const own = join(folder, 'whole');
    await mkdir(own);
    const path = join(own, 'events.csv');
    const write = (fail: boolean) =>
      writeWhole(
        path,
        false,
        (partial) =>
          writeFileWith(partial, async (output) => {
            await output.write('half');
            expect(existsSync(path)).toBe(false);
            if (fail) throw new Error('the store fails');
            return 'interrupted';
          }),
        () => false,
      );
    await expect(write(true)).rejects.toMatchObject({ cause: { message: 'the store fails' } });
    expect(await write(false)).toBe('interrupted');
    expect(await readdir(own)).toEqual([]);
  });

  it('replaces another only by force, and what a killed export left without it', async () => {
    const path = join(folder, 'existing');
    await writeFile(path, 'old');
    const { pid } = spawnSync('true');
    const left = `${path}.${pid}-0123abcd-1.partial`;
    await writeFile(left, 'left by a kill');
    const write = (force: boolean) =>
      writeWhole(
        path,
        force,
        (partial) => writeFileWith(partial, (output) => output.write('new')),
        () => true,
      );
    await expect(write(false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await readFile(path, 'utf8')).toBe('old');
    await write(true);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(existsSync(left)).toBe(false);
  });

  it('is whole also where another is written under the same name meanwhile', async () => {
    const path = join(folder, 'contended');
    let half: (() => void) | undefined;
    const isHalf = new Promise<void>((resolve) => {
      half = resolve;
    });
    let goOn: (() => void) | undefined;
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = writeWhole(
      path,
      true,
      (partial) =>
        writeFileWith(partial, async (output) => {
          await output.write('slow ');
          half!();
          await mayGoOn;
          return await output.write('whole');
        }),
      () => true,
    );
    await isHalf;
    const quick = writeWhole(
      path,
      true,
      (partial) =>
        writeFileWith(partial, async (output) => {
          await output.write('quick ');
          goOn!();
          await slow;
          expect(await readFile(path, 'utf8')).toBe('slow whole');
          return await output.write('whole');
        }),
      () => true,
    );
    await quick;
    expect(await readFile(path, 'utf8')).toBe('quick whole');
  });
});
