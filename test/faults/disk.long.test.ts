import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { repetitions, tried } from '../long.js';
import { refusesUnder, straceMissing } from './failing-syncs.js';
import { fillAndEmpty } from './filling.js';
import { mountSmallDisk, unmountSmallDisk } from './small-disk.js';

const ROUNDS = 400;
const FILLINGS = repetitions(1);
const RUNS = repetitions(1);
const disk = mkdtempSync(join(tmpdir(), 'tallyboard-disk-'));
const noDisk = mountSmallDisk(disk, '48m');
const noStrace = straceMissing();

afterAll(() => {
  unmountSmallDisk(disk);
  rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(noDisk !== undefined)(
  `a full disk${noDisk === undefined ? '' : ` (skipped: ${noDisk})`}`,
  () => {
    it('keeps tallies and events together while it fills and empties, again and again', async () => {
      let refused = 0;
      for (let i = 0; i < FILLINGS; i += 1) refused += await fillAndEmpty(disk, ROUNDS);
      expect(refused).toBeGreaterThan(5);
      tried(
        'a disk filled and emptied',
        (FILLINGS * ROUNDS) / 40,
        `${refused} batches refused, and nothing of them there`,
      );
    });
  },
);

describe.skipIf(noStrace !== undefined)(
  `failing syncs${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`,
  () => {
    it.each([
      ['fdatasync, after each write, fails now and then', 'fdatasync', '25+9'],
      ['fsync, of new segments and their directory, fails now and then', 'fsync', '11+3'],
      ['writes that sync fail now and then', 'pwrite64', '30+11'],
    ])('%s: what was refused is not there, what was acknowledged is', async (name, call, when) => {
      for (let i = 0; i < RUNS; i += 1) expect(await refusesUnder(call, when)).toBe(true);
      tried(name, RUNS, 'what was refused is not there, what was acknowledged is');
    });

    it('fdatasync, after each write, fails once: what was refused is not there, what was acknowledged is', async () => {
      // One failure alone may strike a checkpoint, which refuses nothing: then the next server is tried, with
      // another sync, lest it is always a checkpoint's.
      for (let when = 40; !(await refusesUnder('fdatasync', `${when}`)); when += 1) {
        expect(when).toBeLessThan(50);
      }
    });
  },
);
