import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment } from './faults/server-process.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

describe('the store of examples/store, beside the package as it is published', () => {
  let folder: string;
  const program = () => join(folder, 'node_modules', 'tallyboard', 'bin', 'tallyboard.js');
  const tallyboard = async (...words: string[]) => {
    const { stdout } = await run(process.execPath, [program(), ...words], options());
    return stdout;
  };
  const options = () => ({ cwd: folder, env: cleanEnvironment() });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallyboard-example-'));
    cpSync(join(ROOT, 'examples', 'store'), folder, { recursive: true });
    const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
    });
    const installed = join(folder, 'node_modules', 'tallyboard');
    mkdirSync(installed, { recursive: true });
    await run('tar', ['xf', join(folder, packed.stdout.trim()), '-C', installed, '--strip-components', '1']);
    // What it depends on is that of this checkout: nothing is fetched.
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.')) {
        symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
      }
    }
    writeFileSync(join(folder, 'none.mjs'), 'export const engine = 1;\n');
    const own = join(folder, 'node_modules', 'tallyboard-store-lite');
    cpSync(join(ROOT, 'examples', 'store'), own, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps the contract, and loses nothing under a fault, by its own tests', async () => {
    const { stdout } = await run(
      process.execPath,
      ['--test', '--test-reporter=tap', 'lite.test.js'],
      options(),
    );
    expect(Number(/^# pass (\d+)$/m.exec(stdout)![1])).toBeGreaterThan(40);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  it.each([
    ['a file', './lite.js'],
    ['a package', 'tallyboard-store-lite'],
  ])('serves all commands as an engine from %s', async (_, module) => {
    const own = ['--engine', `lite=${module}`];
    const csv = join(ROOT, 'test', 'examples', 'two.csv');
    const name = module.replaceAll(/\W/g, '');
    expect(await tallyboard('import', csv, '--store', `lite:./${name}.db`, ...own)).toContain('2 events');
    const verified = await tallyboard('verify', '--store', `lite:./${name}.db`, ...own);
    expect(verified).toContain('Every answer agrees');
    await tallyboard('copy', '--from', `lite:./${name}.db`, '--to', `journal:./${name}`, ...own);
    const exported = await tallyboard('export', '--store', `journal:./${name}`, '--format', 'csv');
    expect(exported.trim().split('\n')).toHaveLength(3);
  });

  it.each([
    ['lite=./nowhere.js', 'ENGINE_MISSING', 1],
    ['lite=not-installed', 'ENGINE_MISSING', 1],
    ['lite=./none.mjs', 'CONFIG_INVALID', 2],
    ['lite', 'CONFIG_INVALID', 2],
    ['journal=./lite.js', 'CONFIG_INVALID', 2],
  ])('%s is refused: %s', async (engine, code, exit) => {
    const words = ['export', '--store', 'lite:./none.db', '--engine', engine];
    const error = await tallyboard(...words).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: exit, stderr: expect.stringContaining(code) });
  });
});
