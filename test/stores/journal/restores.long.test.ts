import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Dice } from '../../../src/contract/conformance/dice.js';
import { repetitions } from '../../long.js';
import { drawSteps } from './trials/history.js';
import { MASTER, SMALL, TINY } from './trials/masters.js';
import { trialSeed } from './trials/report.js';
import { fillMaster, makeHistory, tryPutBack, tryRestores, unpackRelease } from './trials/runs.js';
import { TrialProcess } from './trials/trial-process.js';

const trials = new TrialProcess();

it.each([
  ['frames of one length', { ...TINY, events: 300, batches: [20] }],
  ['frames of all lengths, in several segments', { ...SMALL, events: 600 }],
])(
  'older journals beside leftovers of any kind are right, or refused where they lack events: %s',
  async (_, shape) => {
    const { master } = await fillMaster(trials, shape, 'closed');
    const release = await unpackRelease(trials, 'leveldb-release');
    const strangers = [
      { name: 'of another store', place: join(master, MASTER.store), sequence: 0 },
      { name: 'of a release before', place: join(release.master, MASTER.store), sequence: 0 },
    ];
    const steps = drawSteps(new Dice(trialSeed('steps', shape.events)), 16);
    const history = await makeHistory(trials, shape, steps);
    const report = await tryRestores(trials, history, strangers, repetitions(5));
    report.expectNoFailure();
    expect(report.count('right')).toBeGreaterThan(report.tried / 10);
  },
);

it('the backup of the documentation, of a large store', async () => {
  const shape = { events: 20_000, batches: [4096], options: '' };
  const backup = await makeHistory(trials, shape, ['copy it running', 'reopen', 'copy it closed']);
  const report = await tryPutBack(trials, backup, { journal: 0, beside: 1 });
  report.expectNoFailure();
  expect(report.count('right')).toBe(1);
});
