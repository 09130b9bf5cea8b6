import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Dice } from '../../../src/contract/conformance/dice.js';
import { freshDirectory, initials, openStore } from './support.js';
import { drawSteps } from './trials/history.js';
import { MASTER, TINY } from './trials/masters.js';
import { Report, trialSeed } from './trials/report.js';
import type { Source } from './trials/restores.js';
import {
  fillMaster,
  type Master,
  makeHistory,
  tryPutBack,
  tryRestores,
  unpackRelease,
} from './trials/runs.js';
import { TrialProcess } from './trials/trial-process.js';

const trials = new TrialProcess();
/** Frames of one length, so that those of histories that went apart end at the same places. */
const BRANCHES = { ...TINY, events: 200, batches: [20] };

let release: Master;
let strangers: Source[];
beforeAll(async () => {
  const { master } = await fillMaster(trials, TINY, 'closed');
  release = await unpackRelease(trials, 'leveldb-release');
  strangers = [
    { name: 'of another store', place: join(master, MASTER.store), sequence: 0 },
    { name: 'of a release before', place: join(release.master, MASTER.store), sequence: 0 },
  ];
});

it('an older journal beside leftovers of any kind is right, or refused where it lacks events', async () => {
  const steps = drawSteps(new Dice(trialSeed('steps', 0)), 8);
  const report = await tryRestores(trials, await makeHistory(trials, BRANCHES, steps), strangers, 30);
  report.expectNoFailure();
  expect(report.count('right')).toBeGreaterThan(report.tried / 4);
});

it('the backup of the documentation, put back with what is beside it or without', async () => {
  const backup = await makeHistory(trials, TINY, ['copy it running', 'reopen', 'copy it closed']);
  const report = await tryPutBack(trials, backup, { journal: 0, beside: 1 });
  report.expectNoFailure();
  expect(report.count('right')).toBe(1);
});

it('what follows from a history that is as long as the journal, but another, is not taken for its own', async () => {
  const history = await makeHistory(trials, BRANCHES, [
    'copy it closed',
    'copy it closed',
    'restore the first',
    'copy it closed',
  ]);
  const report = await tryPutBack(trials, history, { journal: 2, beside: 1 });
  report.expectNoFailure();
  expect(report.count('right')).toBe(report.tried);
});

// As where an import was made in both: what came before it must tell.
it.each([
  ['frame', 20, ''],
  ['segment', 4096, '?segment-bytes=262172'],
])('histories that went apart and end in the same %s are told from one another', async (_, size, options) => {
  const [one, other] = [freshDirectory(), freshDirectory()];
  const append = async (directory: string, ...numbers: number[]) => {
    const store = await openStore(`journal:${directory}${options}`);
    for (const number of numbers) await store.append(initials(number * size, (number + 1) * size));
    await store.close();
  };
  await append(one, 0);
  await cp(one, other, { recursive: true });
  await append(one, 1, 5);
  await append(other, 2, 5);
  await rm(join(other, 'projection'), { recursive: true });
  await cp(join(one, 'projection'), join(other, 'projection'), { recursive: true });
  const store = await openStore(`journal:${other}${options}`);
  const known = initials(2 * size, 3 * size);
  const again = await store.append(known.map((event) => ({ ...event, id: event.id + 2 ** 32 })));
  await store.close();
  expect(again.filter(({ status }) => status === 'replayed').length).toBe(size);
});

it('a directory of the release before is taken over, and what it has beside its journal is of no account', async () => {
  const report = new Report('a release before');
  const directory = join(trials.directory, 'trial');
  await report.note(trials, () => trials.call('takeOver', { ...release, directory, seed: 1 }));
  report.print();
  report.expectNoFailure();
});
