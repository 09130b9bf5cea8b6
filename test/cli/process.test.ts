import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { explain } from '../../src/cli/terminal/process.js';
import { TallyboardError } from '../../src/contract/errors.js';
import { cleanEnvironment, startServerProcess } from '../faults/server-process.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { textFile } from '../transfer/support-files.js';

const MAIN = new URL('../../bin/tallyboard.js', import.meta.url).pathname;
const FULL = existsSync('/dev/full');
const NOHUP = spawnSync('nohup', ['true']).status === 0;
const SCRIPT = spawnSync('script', ['--version']).status === 0;

const folder = await temporaryFolder();
const store = `journal:${join(folder, 'data')}`;
const env = cleanEnvironment();
let file: string;
beforeAll(async () => {
  file = await textFile(folder, 'events.csv', [
    'uuid,symbol,is_vowel,url,date',
    `${uuidOf(1)},e,True,initial,2017-06-28 19:34:14.486693`,
  ]);
  expect(run(['import', file, '--store', store]).status).toBe(0);
});

/** Runs a command to its end, with what it writes where a test wants it. */
function run(words: readonly string[], stdio: { stdout?: number; stderr?: number } = {}) {
  return spawnSync(process.execPath, [MAIN, ...words], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', stdio.stdout ?? 'pipe', stdio.stderr ?? 'pipe'],
  });
}

it('a command that reads a whole store leaves the processor to a server beside it', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const words = ['export', '--store', store, '--format', 'csv', '--out', pipe];
  const exporting = spawn(process.execPath, [MAIN, ...words], { env, stdio: 'ignore' });
  // It waits for a reader, and would for ever.
  onTestFinished(() => void exporting.kill('SIGKILL'));
  const ended = once(exporting, 'exit');
  await expect.poll(() => getPriority(exporting.pid)).toBe(constants.priority.PRIORITY_LOW);
  if (process.platform === 'linux') {
    // The threads beside its first have priorities of their own.
    const priorities = () =>
      readdirSync(`/proc/${exporting.pid}/task`).map((thread) => getPriority(Number(thread)));
    const isLow = (priority: number) => priority === constants.priority.PRIORITY_LOW;
    await expect.poll(priorities).toSatisfy((all: readonly number[]) => all.length > 4 && all.every(isLow));
  }
  expect(await readFile(pipe, 'utf8')).toContain(uuidOf(1));
  expect(await ended).toEqual([0, null]);
});

describe('a command that is not there', () => {
  it.each([['veriy'], ['veriy --help'], ['--help veriy'], ['help veriy']])('is refused: %s', (line) => {
    const { status, stdout, stderr } = run(line.split(' '));
    expect(stderr).toContain("error: unknown command 'veriy' (did you mean verify?)");
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('is none of those that ask for the version', () => {
    expect(run(['-v'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe.skipIf(!FULL)('on a full disk (skipped without /dev/full)', () => {
  it.each<[string, () => string[]]>([
    ['export', () => ['export', '--store', store]],
    ['verify', () => ['verify', '--store', store]],
    ['--help', () => ['export', '--help']],
  ])('the answer of %s is lost: it says so, and exits 1', (_, words) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = run(words(), { stdout: full });
    closeSync(full);
    expect(stderr).toMatch(/^tallyboard: standard output could not be written .*ENOSPC.*\[OUTPUT_LOST\]$/m);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('what is said besides is no matter', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stdout } = run(['export', '--store', store], { stderr: full });
    closeSync(full);
    expect(stdout).toContain(uuidOf(1));
    expect(status).toBe(0);
  });

  it('what a server says is no matter', async () => {
    const full = openSync('/dev/full', 'w');
    const server = spawn(process.execPath, [MAIN, 'serve', '--store', 'null:', '--port', '0'], {
      env,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    const ended = once(server, 'exit');
    let stderr = '';
    for await (const chunk of server.stderr!) {
      if (stderr === '') server.kill('SIGTERM');
      stderr += chunk;
    }
    expect((await ended)[0]).toBe(0);
    expect(stderr).not.toContain('OUTPUT_LOST');
  });
});

describe('a reader that has gone', () => {
  it('hides nothing of what was found out', async () => {
    expect(await withoutReader(['verify', '--store', store])).toEqual({ code: 0, stderr: '' });
    const bad = await textFile(folder, 'conflict.csv', [
      'uuid,symbol,is_vowel,url,date',
      `${uuidOf(1)},a,True,initial,2017-06-28 19:34:14.486693`,
    ]);
    expect(await withoutReader(['import', bad, '--store', store])).toMatchObject({ code: 1 });
  });

  it('of the log leaves the server as it is', async () => {
    const server = await startServerProcess('null:', [], ['--access-log']);
    server.child.stderr!.destroy();
    for (let i = 0; i < 20; i += 1) expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
  });
});

/** Runs a command whose standard output nobody reads any more when it begins. */
async function withoutReader(words: readonly string[]): Promise<{ code: unknown; stderr: string }> {
  const command = spawn('sh', ['-c', 'read -r _; exec "$@"', 'sh', process.execPath, MAIN, ...words], {
    env,
    stdio: 'pipe',
  });
  let stderr = '';
  command.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  command.stdout.destroy();
  await once(command.stdout, 'close');
  command.stdin.end('go on\n');
  const [code] = await once(command, 'close');
  return { code, stderr };
}

describe('a terminal that is closed', () => {
  it.skipIf(!NOHUP)('does not end a server that nohup started (skipped without nohup)', async () => {
    const server = await startServerProcess('null:', ['nohup']);
    server.child.kill('SIGHUP');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    server.child.kill('SIGHUP');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(server.log.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it.skipIf(!SCRIPT)('stops a server that has it, in good order (skipped without script)', async () => {
    const [log, code] = [join(folder, 'log'), join(folder, 'code')];
    const read = (path: string) => readFile(path, 'utf8').catch(() => '');
    // The inner shell outlives the terminal, to tell how the server ended.
    const serve = `${process.execPath} ${MAIN} serve --store null: --port 0 2> ${log}`;
    const terminal = spawn(
      'script',
      ['--quiet', '--command', `(trap '' HUP; ${serve}; echo $? > ${code}); true`, '/dev/null'],
      { env, stdio: ['pipe', 'ignore', 'ignore'] },
    );
    await expect.poll(() => read(log)).toContain('"ready"');
    terminal.kill('SIGKILL');
    await expect.poll(() => read(code)).toMatch(/^\d/);
    expect(await read(log)).toContain('"stopped"');
    // Not 134: what Node.js makes of a terminal that is gone.
    expect(await read(code)).toBe('129\n');
  });
});

describe('an error at the end of a command', () => {
  const system = (code: string) => Object.assign(new Error(`${code}: no`), { code, syscall: 'open' });

  it.each([
    ['ENOSPC', /ENOSPC: no: the disk is full; make room/],
    ['EACCES', /this user may not/],
    ['EMFILE', /ulimit -n/],
    ['EIO', /^EIO: no$/],
  ])('of the system, %s, says what to do and has no stack', (code, says) => {
    expect(explain(system(code))).toMatch(says);
    expect(explain(system(code))).not.toContain('    at ');
  });

  it('of ours has its code, and one that nobody foresaw its stack', () => {
    expect(explain(new TallyboardError('STORE_BUSY', 'wait', { cause: new Error('x') }))).toBe(
      'wait: x [STORE_BUSY]',
    );
    expect(explain(new TypeError('undefined is not'))).toMatch(/^TypeError: undefined is not\n {4}at /);
  });
});
