import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDuration, simulateCommand } from '../../src/cli/ask/simulate.js';
import { startServer } from '../../src/cli/serve/serve.js';
import type { Terminal } from '../../src/cli/terminal/command.js';
import { valueName } from '../../src/cli/terminal/config.js';
import { startTestServer } from '../http/support.js';
import { type ContractServerOptions, contractServer } from '../simulator/contract-server.js';

const servers: Awaited<ReturnType<typeof contractServer>>[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyboard-simulate-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(folder, { recursive: true });
});

async function start(options?: ContractServerOptions) {
  const server = await contractServer(options);
  servers.push(server);
  return server.url;
}

/** Runs the command with flags as they stand on a command line. */
async function command(
  texts: Readonly<Record<string, string>>,
  { interrupted = new AbortController().signal, isTTY = false } = {},
) {
  const values: Record<string, unknown> = {};
  for (const flag of simulateCommand.flags) {
    const text = texts[flag.name];
    values[valueName(flag)] = text === undefined ? flag.fallback : (flag.parse?.(text) ?? text);
  }
  const [stdout, stderr] = [collector(isTTY), collector(isTTY)];
  const log = { info() {}, warn() {}, error() {} };
  const terminal: Terminal = { stdout: stdout.stream, stderr: stderr.stream, log, interrupted };
  const code = await simulateCommand.run(values, terminal);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(isTTY: boolean) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 60 }), text: () => chunks.join('') };
}

describe('tallyboard simulate', () => {
  test('has the tokens that a server asks for', async () => {
    const [dashboard, ingest] = ['the-dashboard-token-1', 'the-ingest-token-12345'];
    const log = { info() {}, warn() {}, error() {} };
    const server = await startServer(
      { store: `journal:${join(folder, 'data')}`, host: '127.0.0.1', port: 0, tokens: { dashboard, ingest } },
      { log, interrupted: new AbortController().signal },
    );
    const given = { url: server.url, requests: '200', check: 'true' };
    expect((await command(given)).stderr).toContain('401');
    expect((await command({ ...given, 'dashboard-token': dashboard })).stdout).toMatch(
      /200 × 401 TOKEN_MISSING/,
    );
    const known = { 'dashboard-token': dashboard, 'ingest-token': ingest };
    expect(await command({ ...given, ...known })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the dashboard gained exactly what was sent'),
    });
    await server.stop();
  });

  test('sends batches to a server, and its check holds', async () => {
    const log = { info() {}, warn() {}, error() {} };
    const server = await startServer(
      { store: `journal:${join(folder, 'data')}`, host: '127.0.0.1', port: 0 },
      { log, interrupted: new AbortController().signal },
    );
    expect(await command({ url: server.url, requests: '3000', batch: '500', check: 'true' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the dashboard gained exactly what was sent: 3,000 initials'),
    });
    await server.stop();
    await expect(command({ batch: '10000', concurrency: '1000' })).rejects.toThrow(
      /make one of them smaller/,
    );
  });

  test('prints the closing table, and exits 0 where the check holds', async () => {
    const text = join(folder, 'text.txt');
    await writeFile(text, '\ufeffDéjà vu, 42 times. Why?');
    const url = await start();
    const { code, stdout, stderr } = await command({ url, text, requests: '1400', seed: '5', check: 'true' });
    expect(code).toBe(0);
    // Where it takes long, it says so now and then.
    expect(stderr).toMatch(/^(\d+ s · .*\n)*$/);
    expect(stdout).toMatch(/^ended {15}after \d+\.\d s, with 1,400 initials$/m);
    expect(stdout).toMatch(/^initials +1,400 \(1,200 stored, 200 refused\), [\d,]+\/s$/m);
    expect(stdout).toMatch(/^ +200 × 400 SYMBOL_INVALID$/m);
    expect(stdout).toMatch(/^guessed vowel +\d+ \(\d\d\.\d\d % of the answers\)$/m);
    expect(stdout).toMatch(/^followed, consonant +\d+\.\d\d % of 800 \(18 % is implied\)$/m);
    expect(stdout).toMatch(/^followed, y +\d+\.\d\d % of 100 \(7\.5 % is implied\)$/m);
    expect(stdout).toMatch(/^latency +p50 .* ms, p90 .* ms, p99 .* ms, p99\.9 .* ms, max .* ms$/m);
    expect(stdout).toMatch(
      /^check +the dashboard gained exactly what was sent: 1,200 initials and \d+ followups$/m,
    );
  });

  test('counts one of anything as one', async () => {
    const { stdout } = await command({ url: await start({}), requests: '1', seed: '1', check: 'true' });
    expect(stdout).toMatch(/^ended {15}after \d+\.\d s, with 1 initial$/m);
    expect(stdout).toMatch(
      /^check +the dashboard gained exactly what was sent: 1 initial and (1 followup|0 followups)$/m,
    );
  });

  test('exits 1 where the check fails, and names the difference', async () => {
    const url = await start({
      fault: (index, path) => (index === 0 && path === '/initial' ? 'lose' : undefined),
    });
    const { code, stdout } = await command({ url, requests: '20', seed: '1', check: 'true' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^check failed +20 initials and/m);
    expect(stdout).toMatch(
      /^ {2}[a-z]: count gained \d+ \(from 0 to \d+\), but \d+ were sent and acknowledged$/m,
    );
    expect(stdout).toContain('only while nobody else writes');
  });

  test('exits 1 where no server is there, and says what to do', async () => {
    const { code, stdout, stderr } = await command({ url: 'http://127.0.0.1:1', requests: '5' });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^Nothing could be sent to http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.* 'tallyboard serve'/,
    );
  });

  test('exits 1 where a server cannot show the dashboard for --check, and says what it said', async () => {
    const server = await startTestServer({ unopened: true });
    const { code, stdout, stderr } = await command({ url: server.url, requests: '5', check: 'true' });
    await server.stop();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^Nothing was sent to .*: GET \/dashboard\/symbol\/a was answered 503 STORE_OPENING: the store is .*\n$/,
    );
  });

  test('exits 1 where everything is refused', async () => {
    const url = await start({ fault: () => 'busy' });
    const { code, stdout, stderr } = await command({ url, requests: '5' });
    expect(code).toBe(1);
    expect(stdout).toContain('5 × 503 STORE_BUSY');
    expect(stderr).toContain('Not one of 5 initials was stored');
  });

  test('with neither --requests nor --duration runs until interrupted: 130, with the table and the check', async () => {
    const interruption = new AbortController();
    let taken = 0;
    const url = await start({
      delay(index) {
        if (index === 50) interruption.abort();
        taken = index + 1;
        return 5;
      },
    });
    const { code, stdout } = await command({ url, check: 'true' }, { interrupted: interruption.signal });
    expect(code).toBe(130);
    // The eight contacts that were under way end, and no other begins.
    expect(taken).toBeLessThan(70);
    expect(stdout).toMatch(/^ended +after \d+\.\d s, interrupted$/m);
    expect(stdout).toContain('gained exactly what was sent');
  });

  test('draws one line again and again on a terminal, no longer than it is wide, and erases it', async () => {
    const url = await start();
    const { stderr } = await command({ url, rate: '100', duration: '1200ms' }, { isTTY: true });
    const lines = stderr.split('\r\u001b[K');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines[1]).toMatch(/^\d s · \d+ initials · \d+\/s · p50/);
    expect(lines.every((line) => line.length < 60 && !line.includes('\n'))).toBe(true);
    expect(lines.at(-1)).toBe('');
  });

  test.each([
    ['is not there', undefined, 'CONFIG_INVALID', 'cannot be read'],
    ['is not UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'INPUT_INVALID', 'not UTF-8'],
    ['has no letter', Buffer.from('1 2 3'), 'INPUT_INVALID', 'no letter'],
  ])('refuses a text that %s', async (_name, bytes, code, message) => {
    const text = join(folder, 'text.txt');
    if (bytes !== undefined) await writeFile(text, bytes);
    const refusal = command({ text, requests: '1' });
    await expect(refusal).rejects.toMatchObject({ code });
    await expect(refusal).rejects.toThrow(message);
  });
});

describe('the flags', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
  ])('a duration %s is read', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['30', 's', '-1s', '0s', '30 s', '1d', ''])(
    "a duration '%s' is refused with an example",
    (text) => {
      expect(() => parseDuration(text)).toThrow('such as 500ms, 30s');
    },
  );

  test.each([
    ['url', '127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['url', 'ftp://127.0.0.1', 'http://127.0.0.1:5000'],
    ['url', 'http://127.0.0.1:5000/?x=1', 'http://127.0.0.1:5000'],
    ['concurrency', '0', 'at least 1'],
    ['concurrency', '1000000', 'at most 10000'],
    ['batch', '0', 'at least 1'],
    ['rate', '0', 'greater than 0'],
    ['rate', 'fast', 'greater than 0'],
    ['requests', '1.5', 'a whole number'],
    ['attempts', '0', 'at least 1'],
    ['seed', '-1', 'such as 42'],
  ])('--%s %s is refused with what would be right', (name, text, example) => {
    const flag = simulateCommand.flags.find((candidate) => candidate.name === name)!;
    expect(() => flag.parse!(text)).toThrow(example);
  });
});
