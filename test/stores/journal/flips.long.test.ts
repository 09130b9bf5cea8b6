import { beforeAll, it } from 'vitest';
import { repetitions } from '../../long.js';
import { LARGE, SMALL, TINY } from './trials/masters.js';
import { fillMaster, type Master, tryDigits, tryFaults, tryFlips } from './trials/runs.js';
import { TrialProcess } from './trials/trial-process.js';

const trials = new TrialProcess();
let masters: Master[];
let small: Master;
beforeAll(async () => {
  small = await fillMaster(trials, SMALL, 'killed');
  const tiny = [await fillMaster(trials, TINY, 'closed'), await fillMaster(trials, TINY, 'killed')];
  masters = [...tiny, await fillMaster(trials, SMALL, 'closed'), ...tiny, small];
});

it('bits that are turned beside the journal make nothing wrong', async () => {
  (await tryFlips(trials, masters, 'beside', repetitions(25))).expectNoFailure();
});

it('bits that are turned in the journal are found, and cost one frame at most', async () => {
  (await tryFlips(trials, masters, 'journal', repetitions(10))).expectNoFailure();
});

it('bits that are turned beside the journal of a large store make nothing wrong', async () => {
  const large = await fillMaster(trials, LARGE, 'killed');
  (await tryFlips(trials, [large], 'beside', repetitions(3))).expectNoFailure();
});

it('digits that become others at the heads of files are noticed', async () => {
  (await tryDigits(trials, small, repetitions(5))).expectNoFailure();
});

it('no file beside the journal that is lost, cut, older or another makes anything wrong', async () => {
  (await tryFaults(trials, small, repetitions(12))).expectNoFailure();
});
