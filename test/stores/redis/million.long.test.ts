import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { type ContactEvent, SYMBOLS } from '../../../src/domain/contact.js';
import { DAY, MINUTE } from '../../../src/domain/time.js';
import { cleanEnvironment } from '../../faults/server-process.js';
import { repetitions } from '../../long.js';
import { nameOf, openStore } from '../shared/support.js';
import { REDIS_MISSING, type RedisCluster, startCluster } from './servers.js';

// A move to Redis and back, as an operator makes it.

const CONTACTS = Math.min(1_000_000, repetitions(200_000));
/** As dense in each setting. */
const DAYS = (90 * CONTACTS) / 1_000_000;
const FROM = Date.UTC(2025, 0, 1) * 1000;
const BATCH = 4096;

const run = promisify(execFile);
const MAIN = new URL('../../../bin/tallyboard.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'tallyboard-million-redis-'));
let cluster: RedisCluster | undefined;
afterAll(async () => {
  await cluster?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('a million contacts at most', REDIS_MISSING), () => {
  it('move from a journal to a Cluster and back, and verify on both ends', async () => {
    cluster = await startCluster(['--appendonly', 'yes']);
    const [first, second] = [`journal:${join(folder, 'first')}`, `journal:${join(folder, 'second')}`];
    const redis = `redis+cluster://${cluster.addresses}`;
    await fill(first);

    const taken = `${(1.1 * CONTACTS).toLocaleString('en-US')} accepted, 0 as replays, 0 refused`;
    const there = await tallyboard('copy', '--from', first, '--to', redis);
    expect(there).toContain(taken);
    const said = await tallyboard('verify', '--store', redis);
    expect(said).toContain('Every answer agrees with the raw events.');
    expect(said).toContain(`contact ${CONTACTS.toLocaleString('en-US')}`);
    await measureRanges(redis);
    await measureMemory(cluster);

    const back = await tallyboard('copy', '--from', redis, '--to', second);
    expect(back).toContain(taken);
    expect(await tallyboard('verify', '--store', second)).toContain(
      'Every answer agrees with the raw events.',
    );
    const exports = await Promise.all([first, second].map((store) => checksum(store)));
    expect(exports[1]).toBe(exports[0]);
    const lines = [there, said, back].join('\n').split('\n');
    for (const line of lines.filter((text) => text.includes(' events of ')))
      process.stdout.write(`${line}\n`);
  }, 900_000);
});

async function fill(url: string): Promise<void> {
  const store = await openStore(url);
  let batch: ContactEvent[] = [];
  for (let n = 0; n < CONTACTS; n += 1) {
    const at = FROM + Math.floor((n / CONTACTS) * DAYS * DAY);
    const uuid = uuidOf(n);
    const symbol = SYMBOLS[(Math.imul(n, 0x9e3779b1) >>> 0) % 26]!;
    batch.push({ kind: 'initial', id: n, uuid, symbol, isVowel: n % 5 < 2, at, replay: false });
    if (n % 10 === 0) batch.push({ kind: 'followup', id: n + CONTACTS, uuid, at: at + 7, replay: false });
    if (batch.length < BATCH - 1 && n < CONTACTS - 1) continue;
    await store.append(batch);
    batch = [];
  }
  await store.close();
}

/** The time of ranges of nearly all days, to be read: a timed test would fail on a busy machine. */
async function measureRanges(url: string): Promise<void> {
  const store = await openStore(url);
  const times: number[] = [];
  for (let i = 0; i < 500; i += 1) {
    const lower = FROM + ((i * 7919) % 1440) * MINUTE;
    const upper = FROM + (DAYS - 1) * DAY - ((i * 104_729) % 720) * MINUTE;
    const started = performance.now();
    await store.talliesOfRange({ lower, upper });
    times.push(performance.now() - started);
  }
  await store.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(1);
  process.stdout.write(
    `ranges of about ${DAYS} days, 64 partitions: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
  );
}

async function measureMemory({ servers }: RedisCluster): Promise<void> {
  let bytes = 0;
  for (const server of servers) {
    if (!String(await server.ask('INFO', 'replication')).includes('role:master')) continue;
    bytes += Number(/used_memory_dataset:(\d+)/.exec(String(await server.ask('INFO', 'memory')))![1]);
  }
  process.stdout.write(`memory of the masters: ${(bytes / CONTACTS).toFixed(0)} bytes a contact\n`);
}

async function checksum(store: string): Promise<string> {
  const command = `"${process.execPath}" "${MAIN}" export --store ${store} --format csv | sort | sha256sum`;
  const { stdout } = await run('bash', ['-o', 'pipefail', '-c', command], { env: cleanEnvironment() });
  return stdout;
}

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
