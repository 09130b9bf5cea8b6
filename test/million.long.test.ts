import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { afterAll, expect, it } from 'vitest';
import { seededRandom } from '../src/cli/terminal/random.js';
import { SYMBOLS } from '../src/domain/contact.js';
import { DAY, formatInstant, MINUTE } from '../src/domain/time.js';
import { createStore } from '../src/stores/index.js';
import { cleanEnvironment, startServerProcess } from './faults/server-process.js';
import { repetitions } from './long.js';

const CONTACTS = Math.min(1_000_000, repetitions(200_000));
const FOLLOWUPS = CONTACTS / 10;
const REPLAYS = CONTACTS / 100;
const DAYS = 90;
const FROM = Date.UTC(2025, 0, 1) * 1000;
const CONNECTIONS = 64;

const MAIN = new URL('../bin/tallyboard.js', import.meta.url).pathname;
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'tallyboard-million-'));
const store = `journal:${join(directory, 'data')}`;
const random = seededRandom(20_260_101);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('a million contacts at most, imported, followed up and replayed at random: every tally is proved', async () => {
  const file = join(directory, 'contacts.ndjson');
  const symbols = await writeContacts(file);
  await tallyboard('import', file, '--store', store);

  const server = await startServerProcess(store);
  const pool = new Pool(server.url, { connections: CONNECTIONS });
  const chosen = shuffled(CONTACTS);
  const followed = chosen.slice(0, FOLLOWUPS);
  const replayed = chosen.slice(FOLLOWUPS, FOLLOWUPS + REPLAYS);
  const answers = await inParallel(
    [
      ...followed.map((n) => `/followup?uuid=${uuidOf(n)}`),
      ...replayed.map((n) => `/initial?uuid=${uuidOf(n)}&symbol=${SYMBOLS[symbols[n]! & 31]}`),
    ],
    async (path) => {
      const response = await pool.request({ method: 'POST', path });
      return `${response.statusCode} ${response.headers['idempotent-replayed'] ?? ''} ${await response.body.text()}`;
    },
  );
  expect(new Set(answers.slice(0, FOLLOWUPS))).toEqual(new Set(['200  hooray']));
  const firstAnswers = replayed.map((n) => `200 true ${(symbols[n]! & 32) !== 0 ? 'True' : 'False'}`);
  expect(answers.slice(FOLLOWUPS)).toEqual(firstAnswers);

  const expected = SYMBOLS.map((symbol) => ({ symbol, count: 0, followups: 0 }));
  for (const symbol of symbols) expected[symbol & 31]!.count += 1;
  for (const n of followed) expected[symbols[n]! & 31]!.followups += 1;
  const rows = (await (
    await fetch(`${server.url}/dashboard/range/2025-01-01/2025-04-01`)
  ).json()) as typeof expected;
  expect(rows.map(({ symbol, count, followups }) => ({ symbol, count, followups }))).toEqual(expected);
  await pool.close();
  expect(await server.end('SIGTERM')).toBe(0);

  const said = await tallyboard('verify', '--store', store);
  expect(said).toContain(`${(CONTACTS + FOLLOWUPS + REPLAYS).toLocaleString('en-US')} events`);
  await printRangeTimes();
}, 2_400_000);

/** The engine's time for ranges of 90 days, to be read: a timed test would fail on a busy machine. */
async function printRangeTimes(): Promise<void> {
  const silent = { info() {}, warn() {}, error() {} };
  const engine = await createStore(store, { log: silent });
  await engine.open();
  const times: number[] = [];
  for (let i = 0; i < 2000; i += 1) {
    const lower = FROM + Math.floor((random() * DAY) / MINUTE) * MINUTE;
    const upper = lower + (DAYS - 1) * DAY - Math.floor(random() * 720) * MINUTE;
    const started = performance.now();
    await engine.talliesOfRange({ lower, upper });
    times.push((performance.now() - started) * 1000);
  }
  await engine.close();
  times.sort((first, second) => first - second);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(0);
  process.stdout.write(
    `ranges of about 90 days over ${CONTACTS} contacts: p50 ${at(0.5)} µs, p99 ${at(0.99)} µs\n`,
  );
}

/** Writes the contacts in time order; answers with the symbol and, in bit 5, the guess of each. */
async function writeContacts(file: string): Promise<Uint8Array> {
  const symbols = new Uint8Array(CONTACTS);
  const out = createWriteStream(file);
  let text = '';
  for (let n = 0; n < CONTACTS; n += 1) {
    const symbol = Math.floor(random() * 26);
    const isVowel = random() < 0.4;
    symbols[n] = symbol | (isVowel ? 32 : 0);
    const date = formatInstant(FROM + Math.floor((n / CONTACTS) * DAYS * DAY));
    const row = {
      uuid: uuidOf(n),
      symbol: SYMBOLS[symbol],
      is_vowel: isVowel,
      url: 'initial',
      date,
      replay: false,
    };
    text += `${JSON.stringify(row)}\n`;
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'close');
  return symbols;
}

/** The uuid of the `n`-th contact; they are spread as random ones are. */
function uuidOf(n: number): string {
  const high = Math.imul(n, 0x9e3779b1) >>> 0;
  const low = Math.imul(n ^ 0x55555555, 0x85ebca6b) >>> 0;
  const digits = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8000-${n.toString(16).padStart(12, '0')}`;
}

async function tallyboard(...parameters: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [MAIN, ...parameters], { env: cleanEnvironment() });
  return stdout + stderr;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < items.length) {
        const i = next;
        next += 1;
        results[i] = await work(items[i]!);
      }
    }),
  );
  return results;
}

function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, n) => n);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}
