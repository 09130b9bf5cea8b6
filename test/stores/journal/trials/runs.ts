import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { Dice } from '../../../../src/contract/conformance/dice.js';
import { FAULTS, FAULTS_OF_ALL } from './faults.js';
import type { Step } from './history.js';
import type { Shape } from './masters.js';
import { Report, trialSeed } from './report.js';
import type { Source } from './restores.js';
import type { TrialProcess } from './trial-process.js';

/** A filled store that trials are made on copies of. */
export interface Master {
  readonly master: string;
  readonly options: string;
}

/** Fills a store; it is then closed, or killed. */
export async function fillMaster(
  process: TrialProcess,
  shape: Shape,
  end: 'closed' | 'killed',
): Promise<Master> {
  const master = join(process.directory, `${end}-${shape.events}`);
  await process.call('master', { directory: master, seed: trialSeed('master', shape.events), shape });
  if (end === 'killed') await process.kill();
  else await process.call('close');
  return { master, options: shape.options };
}

const MOMENTS = ['closed', 'closed', 'closed', 'open'] as const;

/** Turns a bit in so many copies, one after the other of each master. */
export async function tryFlips(
  process: TrialProcess,
  masters: readonly Master[],
  where: 'beside' | 'journal',
  count: number,
): Promise<Report> {
  const report = new Report(`flips ${where === 'journal' ? 'in the journal' : 'beside the journal'}`);
  for (let number = 0; number < count; number += 1) {
    const master = masters[number % masters.length]!;
    const moment = MOMENTS[Math.floor(number / masters.length) % MOMENTS.length]!;
    const directory = join(process.directory, 'trial');
    const turn = Math.floor(number / masters.length);
    const seed = trialSeed(where, number);
    await report.note(process, () =>
      process.call('flip', { ...master, directory, where, moment, seed, number: turn }),
    );
  }
  report.print();
  return report;
}

/** Turns one digit at the head of a file into another, so many of them at even distances. */
export async function tryDigits(process: TrialProcess, master: Master, count: number): Promise<Report> {
  const report = new Report('digits at the heads of files');
  const directory = join(process.directory, 'trial');
  const { digits } = await process.call('kinds', { master: master.master });
  for (let number = 0; number < digits; number += Math.max(1, Math.floor(digits / count))) {
    await report.note(process, () =>
      process.call('flipDigit', { ...master, directory, seed: number, number }),
    );
  }
  report.print();
  return report;
}

/** Does so many faults, drawn from all of a file of each kind and of each directory; each once before one twice. */
export async function tryFaults(process: TrialProcess, master: Master, times?: number): Promise<Report> {
  const report = new Report('faults beside the journal');
  const directory = join(process.directory, 'trial');
  const { kinds } = await process.call('kinds', { master: master.master });
  const directories = new Set(kinds.filter((kind) => kind.includes('/')).map((kind) => kind.split('/')[0]!));
  const faults = new Dice(trialSeed('faults', 0)).shuffled([
    ...kinds.flatMap((kind) => Object.keys(FAULTS).map((fault) => ({ kind, fault }))),
    ...[...directories].flatMap((kind) => Object.keys(FAULTS_OF_ALL).map((fault) => ({ kind, fault }))),
  ]);
  for (let number = 0; number < (times ?? faults.length); number += 1) {
    const { kind, fault } = faults[number % faults.length]!;
    const seed = trialSeed(`${fault} ${kind}`, number);
    await report.note(process, () => process.call('fault', { ...master, directory, seed, fault, kind }));
  }
  report.print();
  return report;
}

/** A store with copies of many of its states. */
export interface Restorable {
  readonly history: string;
  readonly options: string;
}

export async function makeHistory(process: TrialProcess, shape: Shape, steps: Step[]): Promise<Restorable> {
  const history = join(process.directory, `history-${steps.length}-${shape.events}`);
  const torn = await process.call('history', {
    directory: history,
    seed: trialSeed('history', steps.length),
    shape,
    steps,
  });
  expect(torn, 'copies of a running journal that were damaged').toBe(0);
  return { history, options: shape.options };
}

/** Puts random older journals back, beside random leftovers. */
export async function tryRestores(
  process: TrialProcess,
  restorable: Restorable,
  strangers: readonly Source[],
  count: number,
): Promise<Report> {
  const report = new Report('restores');
  const directory = join(process.directory, 'trial');
  for (let number = 0; number < count; number += 1) {
    const seed = trialSeed('restore', number);
    await report.note(process, () => process.call('restore', { ...restorable, directory, seed, strangers }));
  }
  report.print();
  return report;
}

/** Puts one copy's journal back where another is, without one after the other of the things beside it. */
export async function tryPutBack(
  process: TrialProcess,
  restorable: Restorable,
  { journal, beside }: { journal: number; beside: number },
): Promise<Report> {
  const report = new Report(`the journal of copy ${journal} put back into copy ${beside}`);
  const directory = join(process.directory, 'trial');
  for (const without of ['nothing', 'projection', 'filter', 'lock', 'verification.json']) {
    const seed = trialSeed(without, 0);
    await report.note(process, () =>
      process.call('putBack', { ...restorable, directory, seed, journal, beside, without }),
    );
  }
  report.print();
  return report;
}

/** A closed or killed store that a release before made; its files are in one, packed. */
export async function unpackRelease(process: TrialProcess, name: string): Promise<Master> {
  const master = join(process.directory, name);
  const packed = await readFile(new URL(`../fixtures/${name}.json.gz`, import.meta.url));
  const files = JSON.parse(gunzipSync(packed).toString()) as Record<string, string>;
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(master, path)), { recursive: true });
    await writeFile(join(master, path), Buffer.from(bytes, 'base64'));
  }
  return { master, options: '' };
}
