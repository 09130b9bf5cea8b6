import { describe, expect, it } from 'vitest';
import { repetitions, tried } from '../long.js';
import { Disk } from './power.js';

const CUTS = repetitions(10);
const CONTROL_CUTS = repetitions(5);
const disk = new Disk();
const { missing } = disk;

describe.skipIf(missing !== undefined)(
  `power cuts${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it(`${CUTS} of them lose nothing that was acknowledged before`, async () => {
      const contacts = await disk.losesNothing(CUTS);
      tried('power cut under load', CUTS, `none of ${contacts} contacts lost`);
    });

    it('are a test that can fail: the same server loses events when its syncs do nothing', async () => {
      const lost = await disk.losesUnsynced(CONTROL_CUTS);
      tried(
        'power cut of a server whose syncs do nothing',
        CONTROL_CUTS,
        `${lost} contacts lost, as they must`,
      );
      expect(lost).toBeGreaterThan(0);
    });
  },
);
