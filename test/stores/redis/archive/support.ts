import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { seededRandom } from '../../../../src/cli/terminal/random.js';
import { Model } from '../../../../src/contract/model.js';
import type { EventSource, Store } from '../../../../src/contract/store.js';
import type { EventArchive } from '../../../../src/contract/store-archive.js';
import type { ContactEvent } from '../../../../src/domain/contact.js';
import { DAY, HOUR } from '../../../../src/domain/time.js';
import { withArchive } from '../../../../src/transfer/archive/reader.js';
import { verifyStore } from '../../../../src/transfer/verify/verify.js';
import { atEnd } from '../../../at-end.js';
import { cleanEnvironment } from '../../../faults/server-process.js';
import { initial, initials } from '../../journal/support.js';
import { openStore } from '../../shared/support.js';
import { freshPrefix } from '../support.js';

const run = promisify(execFile);
export const MAIN = new URL('../../../../bin/tallyboard.js', import.meta.url).pathname;
export const START = initial(0).at;

/** The path of a directory that is not there yet. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyboard-archive-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'archive');
}

/** Contacts of ten days, one in three with a followup a day later, some with replays. */
export const EVENTS: readonly ContactEvent[] = initials(0, 240).flatMap((event, i): ContactEvent[] => {
  const at = START + i * 0.99 * HOUR;
  const first = { ...event, at };
  const followup = { kind: 'followup', id: i + 1e6, uuid: event.uuid, at: at + DAY, replay: false } as const;
  return [first, ...(i % 3 === 0 ? [followup] : []), ...(i % 7 === 0 ? [{ ...first, id: i + 2e6 }] : [])];
});

export interface Filled {
  readonly url: string;
  readonly store: Store;
  readonly archive: EventArchive;
  readonly model: Model;
}

/** A store with EVENTS, and the model that has the same. */
export async function filled(port: number, options = 'partitions=4'): Promise<Filled> {
  const url = `redis://127.0.0.1:${port}?${options}&prefix=${freshPrefix()}`;
  const store = await openStore(url);
  const model = new Model();
  for (let from = 0; from < EVENTS.length; from += 100) {
    await appendToBoth({ store, model }, EVENTS.slice(from, from + 100));
  }
  return { url, store, archive: store.archive!, model };
}

export async function appendToBoth(
  { store, model }: Pick<Filled, 'store' | 'model'>,
  batch: readonly ContactEvent[],
): Promise<void> {
  expect(await store.append(batch)).toEqual(await model.append(batch));
}

/** The store and its archive as one. */
export function together(store: Store, directory: string): Pick<EventSource, 'events'> {
  return withArchive({ events: (span) => store.events(span), archive: store.archive! }, directory);
}

/** Every event that was logged, once, here or there, in time order; and the tallies agree with them. */
export async function expectAllOnce(store: Store, directory: string, model: Model): Promise<void> {
  const all = await collect(together(store, directory).events());
  for (const [i, event] of all.entries()) expect(event.at).toBeGreaterThanOrEqual(all[i - 1]?.at ?? 0);
  expect(rowsOf(all)).toEqual(rowsOf(await collect(model.events())));
  await expectAgreement(store, directory);
}

export async function expectAgreement(store: Store, directory: string): Promise<void> {
  const source = together(store, directory);
  const summary = await verifyStore(store, { ranges: 50, random: seededRandom(1), source });
  expect(summary.differences).toEqual([]);
  expect(summary.contacts).toBeGreaterThan(0);
}

/** Without ids, which an export does not have; in an order that does not depend on who logged first. */
export function rowsOf(events: readonly ContactEvent[]): string[] {
  return events.map(textOf).sort();
}

function textOf(event: ContactEvent): string {
  const answer = event.kind === 'initial' ? ` ${event.symbol} ${event.isVowel}` : '';
  return `${event.at} ${event.uuid} ${event.kind}${answer} ${event.replay}`;
}

export async function collect(events: AsyncIterable<ContactEvent>): Promise<ContactEvent[]> {
  const list: ContactEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** An archive that is another in some of its methods. */
export function over(archive: EventArchive, changes: Partial<EventArchive>): EventArchive {
  return {
    store: () => archive.store(),
    name: () => archive.name(),
    claim: (name) => archive.claim(name),
    reached: () => archive.reached(),
    parts: () => archive.parts(),
    events: (part) => archive.events(part),
    remove: (part, reached) => archive.remove(part, reached),
    ...changes,
  };
}

export interface Said {
  readonly code: number;
  /** On either of its outputs. */
  readonly text: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, however that is. */
export async function tallyboard(...parameters: string[]): Promise<Said> {
  const options = { env: cleanEnvironment(), maxBuffer: 1 << 30 };
  const ended = await run(process.execPath, [MAIN, ...parameters], options).then(
    (outputs) => ({ ...outputs, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  const { code, stdout, stderr } = ended;
  return { code, stdout, stderr, text: stdout + stderr };
}

/** Starts a command that is meant to be killed. */
export function started(...parameters: string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...parameters], { stdio: 'ignore', env: cleanEnvironment() });
  atEnd(() => child.kill('SIGKILL'));
  return child;
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}
