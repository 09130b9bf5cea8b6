import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PackedExample, packedExample, ROOT } from './packed-example.js';

describe('an engine from outside, beside the package as it is published', () => {
  let example: PackedExample;
  beforeAll(async () => {
    example = await packedExample();
    writeFileSync(join(example.folder, 'none.mjs'), 'export const engine = 1;\n');
  });

  it.each([
    ['a file', './lite.js'],
    ['a package', 'tallyboard-store-lite'],
  ])('is there for all commands, from %s', async (_, module) => {
    const { tallyboard } = example;
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
    const error = await example.tallyboard(...words).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: exit, stderr: expect.stringContaining(code) });
  });
});
