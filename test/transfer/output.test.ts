import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
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

  describe('at the end of links', () => {
    const write = (path: string, force: boolean) =>
      writeWhole(
        path,
        force,
        (partial) => writeFileWith(partial, (output) => output.write('new')),
        () => true,
      );

    it('replaces the file there by force, or makes it, and leaves the links', async () => {
      const own = join(folder, 'links');
      await mkdir(join(own, 'elsewhere'), { recursive: true });
      await writeFile(join(own, 'elsewhere', 'old.csv'), 'old');
      await symlink('elsewhere/old.csv', join(own, 'to-old.csv'));
      await symlink(join(own, 'elsewhere'), join(own, 'folder'));
      await symlink('folder/../elsewhere/none.csv', join(own, 'to-none.csv'));
      await symlink('to-none.csv', join(own, 'to-link.csv'));

      await expect(write(join(own, 'to-old.csv'), false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      await write(join(own, 'to-old.csv'), true);
      await write(join(own, 'to-link.csv'), false);
      expect(await readlink(join(own, 'to-old.csv'))).toBe('elsewhere/old.csv');
      expect(await readlink(join(own, 'to-link.csv'))).toBe('to-none.csv');
      expect((await readdir(join(own, 'elsewhere'))).sort()).toEqual(['none.csv', 'old.csv']);
      for (const name of ['none.csv', 'old.csv']) {
        expect(await readFile(join(own, 'elsewhere', name), 'utf8')).toBe('new');
      }
    });

    it.each([false, true])('refuses a loop, and a directory, by force (%s) as without', async (force) => {
      const loop = join(folder, `loop-${force}`);
      await symlink(loop, `${loop}-back`);
      await symlink(`${loop}-back`, loop);
      await expect(write(loop, force)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: `'${loop}' is a link that leads back to itself: give another name`,
      });
      expect((await lstat(loop)).isSymbolicLink()).toBe(true);
      await expect(write(folder, force)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('is a directory'),
      });
    });

    it('says what the system says of a place that there is not', async () => {
      await expect(write(join(folder, 'nowhere', 'events.csv'), false)).rejects.toMatchObject({
        code: 'OUTPUT_LOST',
        cause: { code: 'ENOENT' },
      });
    });
  });
});
