import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/main.js';
import { cleanEnvironment } from '../faults/server-process.js';
import { temporaryFolder } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';
import { run } from './running.js';

const completion = COMMANDS.find(({ name }) => name === 'completion')!;
const ZSH = spawnSync('zsh', ['--version']).status === 0;
const folder = await temporaryFolder();

function shell(program: string, words: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    cwd: folder,
    env: { ...cleanEnvironment(), TERM: 'dumb' },
  });
  expect(stderr).toBe('');
  return stdout;
}

describe('completion in bash', () => {
  let script: string;
  beforeAll(async () => {
    script = await textFile(folder, 'tallyboard.bash', [(await run(completion, { shell: 'bash' })).stdout]);
  });

  it.each([
    [['ver'], ['verify']],
    [['help', 'exp'], ['export']],
    [['serve', '--log-level', 'wa'], ['warn']],
    [
      ['serve', ''],
      ['--store', '--host', '--port', '--help'],
    ],
    [
      ['export', '--format', ''],
      ['ndjson', 'csv', 'sqlite'],
    ],
    [['export', '--out', ''], []],
    [['import', ''], []],
    [
      ['import', '--s'],
      ['--store', '--skip-bad'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
  ])('of %j', (words, expected) => {
    const typed = ['tallyboard', ...words];
    const found = shell('bash', [
      '-c',
      `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tallyboard; printf "%s\\n" "\${COMPREPLY[@]}"`,
      'bash',
      script,
      ...typed,
    ]);
    const lines = found.split('\n').filter((line) => line !== '');
    if (expected.length === 0) expect(lines).toEqual([]);
    else expect(lines).toEqual(expect.arrayContaining(expected));
  });
});

describe.skipIf(!ZSH)('completion in zsh (skipped without zsh)', () => {
  it.each([
    ['tallyboard ver', 'verify'],
    ['tallyboard serve --log-level wa', '--log-level warn'],
    ['tallyboard export --form', '--format'],
    ['tallyboard completion b', 'completion bash'],
  ])('goes on with %s', async (typed, expected) => {
    const { stdout } = await run(completion, { shell: 'zsh' });
    const script = await textFile(folder, 'tallyboard.zsh', [stdout]);
    const rc = await textFile(folder, 'rc.zsh', [
      'zmodload zsh/zpty',
      `zpty shell "zsh -f -i"`,
      `zpty -w shell "autoload -U compinit; compinit -u -d ${join(folder, 'dump')}; source ${script}; PS1=; echo be''gin"`,
      'zpty -r shell REPLY "*begin*"',
      'zpty -w -n shell "$1"$\'\\t\'',
      'zpty -r shell REPLY "*$2*"',
      'print -r -- $REPLY',
    ]);
    expect(shell('zsh', ['-f', rc, typed, expected])).toContain(expected);
  });
});
