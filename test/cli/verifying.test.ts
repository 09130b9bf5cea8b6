import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../src/cli/serve/serve.js';
import { VERIFY_EVERY_FLAG } from '../../src/cli/serve/verifying.js';
import { addEngines } from '../../src/stores/index.js';
import { contactKey } from '../../src/stores/journal/projection/keys.js';
import { changeProjection } from '../stores/journal/projection-files.js';
import {
  freshDirectory,
  initial,
  initials,
  type Lines,
  lines,
  openStore,
} from '../stores/journal/support.js';
import { until } from '../stores/shared/until.js';

const PROGRAM = fileURLToPath(new URL('../../bin/tallyboard.js', import.meta.url));

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function serve(directory: string, told: Lines): Promise<void> {
  const interrupted = new AbortController().signal;
  const config = { store: `journal:${directory}`, host: '127.0.0.1', port: 0, verifyEvery: 1 };
  server = await startServer(config, { log: told, interrupted });
}

async function ask(path: string): Promise<string> {
  return (await request(`${server!.url}${path}`)).body.text();
}

async function written(): Promise<string> {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 40));
  await store.close();
  return directory;
}

const warnings = async () => (JSON.parse(await ask('/readyz')) as { warnings?: string[] }).warnings ?? [];

test('a server verifies its store by itself, and shows the result', async () => {
  const directory = await written();
  await serve(directory, lines());
  expect(await ask('/metrics')).not.toMatch(/^tallyboard_verification_timestamp_seconds /m);
  await until(async () => /^tallyboard_verification_differences 0$/m.test(await ask('/metrics')), 'a proof');
  expect(await ask('/metrics')).toMatch(/^tallyboard_verification_timestamp_seconds \d/m);
  expect(JSON.parse(await ask('/dashboard/summary/2024-01-01/2024-01-02'))).toMatchObject({
    integrity: { verification: { events: 40, contacts: 40, differences: 0 } },
  });
  expect(await warnings()).toEqual([]);
});

test('a difference is logged and warned of, until the tallies are made again', async () => {
  const directory = await written();
  await changeProjection(directory, (rows) => {
    rows.get(contactKey(initial(7).uuid))[0]! ^= 0x20;
  });
  const told = lines();
  await serve(directory, told);
  await until(() => told.lines.some(({ level }) => level === 'error'), 'a difference');
  expect(told.lines.find(({ level }) => level === 'error')).toMatchObject({
    message: expect.stringContaining('answers differ from the raw events: the raw events are right'),
    fields: { differencesTotal: 1, differences: [{ what: `the contact ${initial(7).uuid}` }] },
  });
  await until(async () => (await warnings()).length === 1, 'a warning');
  expect(await warnings()).toEqual([expect.stringMatching(/^the verification of .* found 1 difference:/)]);
  await server!.stop();
  await rm(join(directory, 'projection'), { recursive: true });
  await serve(directory, lines());
  await until(async () => /^tallyboard_verification_differences 0$/m.test(await ask('/metrics')), 'a proof');
});

test('a verification ends with the server that started it, however that ended', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  for (let from = 0; from < 6000; from += 1000) await store.append(initials(from, from + 1000));
  await store.close();
  const child = spawn(process.execPath, [PROGRAM, 'verify', '--store', `journal:${directory}`], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // Node tells no 'close' of a child whose line was given up here.
  const ended = Promise.all([once(child, 'exit'), once(child.stderr!, 'end')]);
  child.disconnect();
  const [[code]] = await ended;
  expect(said).toContain('Interrupted: not everything was compared');
  expect(code).toBe(130);
});

test('what cannot be verified is warned of, and tried again', async () => {
  const directory = await written();
  const told = lines();
  await serve(directory, told);
  await rm(join(directory, 'projection', 'manifest'));
  await until(async () => (await warnings()).length === 1, 'a warning');
  expect(await warnings()).toEqual([
    expect.stringMatching(
      /^the store could not be verified: .* has no checkpoint yet.*\[STORE_UNAVAILABLE\]$/,
    ),
  ]);
  await request(`${server!.url}/initial?uuid=${initial(50).uuid}&symbol=e`, { method: 'POST' });
  await until(async () => (await warnings()).length === 0, 'a proof');
});

test.each([
  ['off', 0],
  ['90s', 90],
  ['24h', 86_400],
  ['7d', 604_800],
])('--verify-every %s', (text, seconds) => {
  expect(VERIFY_EVERY_FLAG.parse!(text)).toBe(seconds);
});

test.each(['1s', '59s'])('--verify-every %s is too often', (text) => {
  expect(() => VERIFY_EVERY_FLAG.parse!(text)).toThrow(/write 1m or more, or off$/);
});

test.each(['0h', '24', 'h', '1.5h', '24 h', 'never'])('--verify-every refuses %j', (text) => {
  expect(() => VERIFY_EVERY_FLAG.parse!(text)).toThrow(
    /write a number and s, m, h or d, such as 24h, or off$/,
  );
});

/** Keeps its events, as it says, and fails where one moment of them is asked for. */
const VIEWLESS_ENGINE = `
export function createStore() {
  return {
    promises: { survives: 'nothing', reads: 'immediate', writers: 'one', keepsEvents: true, replays: 'counted', batches: 'whole', rollups: [], differences: [] },
    limits: { batchEventsMax: 1, batchesInFlightMax: 1 },
    async open() {}, async close() {}, async append() { return []; }, async tallyOfSymbol() {}, async talliesOfRange() {}, async unmatched() { return 0; }, async *events() {},
  };
}
export function createView() { throw new Error('no view today'); }
`;

test('a server whose engine fails to show one moment does not begin, and does not go on answering', async () => {
  const file = join(freshDirectory(), 'engine.mjs');
  await writeFile(file, VIEWLESS_ENGINE);
  addEngines(`viewless=${file}`);
  const told = lines();
  const config = { store: 'viewless:x', host: '127.0.0.1', port: 0, verifyEvery: 60 };
  const interrupted = new AbortController().signal;
  await expect(startServer(config, { log: told, interrupted })).rejects.toThrow('no view today');
  const { url } = told.lines.find(({ message }) => message === 'ready')!.fields as { url: string };
  await expect(request(`${url}/healthz`)).rejects.toThrow(/ECONNREFUSED/);
});
