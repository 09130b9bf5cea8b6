import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Dice } from '../../../src/contract/conformance/dice.js';
import { drawSteps } from './trials/history.js';
import { MASTER, TINY } from './trials/masters.js';
import { Report, trialSeed } from './trials/report.js';
import type { Source } from './trials/restores.js';
import { fillMaster, makeHistory, tryRestores } from './trials/runs.js';
import { TrialProcess } from './trials/trial-process.js';

const trials = new TrialProcess();
const strangers: Source[] = [];
beforeAll(async () => {
  const { master } = await fillMaster(trials, TINY, 'closed');
  strangers.push({ name: 'of another store', place: join(master, MASTER.store), sequence: 0 });
});

it('an older journal beside leftovers of any kind is right, or refused where it lacks events', async () => {
  const shape = { ...TINY, events: 200, batches: [20] };
  const steps = drawSteps(new Dice(trialSeed('steps', 0)), 8);
  const report = await tryRestores(trials, await makeHistory(trials, shape, steps), strangers, 30);
  report.expectNoFailure();
  expect(report.count('right')).toBeGreaterThan(report.tried / 4);
});

it('the documented backup, restored, with what is beside it or without', async () => {
  const steps = ['copy it running', 'reopen', 'copy it closed'] as const;
  const backup = await makeHistory(trials, TINY, [...steps]);
  const report = new Report('a backup');
  for (const deleted of ['nothing', 'projection', 'lock', 'verification.json']) {
    const directory = join(trials.directory, 'trial');
    await report.note(trials, () =>
      trials.call('backup', { ...backup, directory, seed: trialSeed(deleted, 0), deleted }),
    );
  }
  report.print();
  report.expectNoFailure();
});
