import { type ExecFileException, execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createReader } from '../stores/index.js';
import type { Acknowledged } from './load.js';
import { MAIN } from './server-process.js';

const run = promisify(execFile);
/** How long a replay may be refused with 503. */
const REFUSED_MILLISECONDS_MAX = 30_000;
const SILENT = { info() {}, warn() {}, error() {} };

/** What is wrong in a store, after a fault, given what was acknowledged before it. */
export async function findLosses(
  store: string,
  acknowledged: readonly Acknowledged[],
  refused: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const initials = new Map<string, string[]>();
  const followups = new Map<string, number>();
  const replays = new Map<string, number>();
  const reader = await createReader(store, { log: SILENT });
  await reader.open();
  for await (const event of reader.events()) {
    if (event.replay) replays.set(event.uuid, (replays.get(event.uuid) ?? 0) + 1);
    else if (event.kind === 'followup') followups.set(event.uuid, (followups.get(event.uuid) ?? 0) + 1);
    else
      initials.set(event.uuid, [
        ...(initials.get(event.uuid) ?? []),
        `${event.symbol} ${event.isVowel ? 'True' : 'False'}`,
      ]);
  }
  await reader.close();
  const wrong = [...refused]
    .filter((uuid) => initials.has(uuid))
    .map((uuid) => `${uuid}: refused, but stored`);
  for (const contact of acknowledged) {
    const logged = initials.get(contact.uuid) ?? [];
    if (logged.length !== 1 || logged[0] !== `${contact.symbol} ${contact.answer}`) {
      wrong.push(`${contact.uuid}: initial ${contact.symbol} ${contact.answer} is there as [${logged}]`);
    }
    const followed = followups.get(contact.uuid) ?? 0;
    if (contact.followup && followed !== 1)
      wrong.push(`${contact.uuid}: its followup is there ${followed} times`);
    const replayed = replays.get(contact.uuid) ?? 0;
    if (replayed < contact.replays)
      wrong.push(`${contact.uuid}: ${replayed} of ${contact.replays} replays are there`);
  }
  return wrong;
}

/** Runs `tallyboard verify`; answers with what it said when it found a difference. */
export async function verify(
  store: string,
  flags: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<string | undefined> {
  try {
    await run(process.execPath, [MAIN, 'verify', '--store', store, ...flags], { env: environment });
    return undefined;
  } catch (error) {
    const { stdout, stderr, code, signal } = error as ExecFileException;
    return `${stdout}\n${stderr}\nit ended with ${signal ?? code}`;
  }
}

/** Sends some initials once more to a server: each must get its first answer. */
export async function findWrongReplays(
  server: string,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  const wrong: string[] = [];
  const step = Math.max(1, Math.floor(acknowledged.length / 50));
  for (let i = 0; i < acknowledged.length; i += step) {
    const { uuid, symbol, answer } = acknowledged[i]!;
    const response = await replay(`${server}/initial?uuid=${uuid}&symbol=${symbol}`);
    const again = await response.text();
    if (again !== answer || response.headers.get('idempotent-replayed') !== 'true') {
      wrong.push(`${uuid}: answered ${answer} first, ${again} (${response.status}) on the replay`);
    }
  }
  return wrong;
}

/** Sends what an engine that has just been mended may refuse once more, as a client would. */
async function replay(url: string): Promise<Response> {
  for (const deadline = performance.now() + REFUSED_MILLISECONDS_MAX; ; await pause(100)) {
    const response = await fetch(url, { method: 'POST' });
    if (response.status !== 503 || performance.now() > deadline) return response;
  }
}
