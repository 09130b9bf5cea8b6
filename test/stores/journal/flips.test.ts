import { beforeAll, it } from 'vitest';
import { TINY } from './trials/masters.js';
import { fillMaster, type Master, tryDigits, tryFaults, tryFlips } from './trials/runs.js';
import { TrialProcess } from './trials/trial-process.js';

const trials = new TrialProcess();
let masters: Master[];
beforeAll(async () => {
  masters = [await fillMaster(trials, TINY, 'closed'), await fillMaster(trials, TINY, 'killed')];
});

it('a bit that is turned beside the journal makes nothing wrong', async () => {
  (await tryFlips(trials, masters, 'beside', 30)).expectNoFailure();
});

it('a bit that is turned in the journal is found, and costs one frame at most', async () => {
  (await tryFlips(trials, masters, 'journal', 30)).expectNoFailure();
});

it('a digit that becomes another at the head of a file is noticed', async () => {
  (await tryDigits(trials, masters[1]!, 8)).expectNoFailure();
});

it('no file beside the journal that is lost, cut, older or another makes anything wrong', async () => {
  (await tryFaults(trials, masters[0]!, 24)).expectNoFailure();
});
