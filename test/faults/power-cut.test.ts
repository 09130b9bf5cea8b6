import { describe, expect, it } from 'vitest';
import { Disk } from './power.js';

const disk = new Disk();
const { missing } = disk;

describe.skipIf(missing !== undefined)(
  `power cuts${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('lose nothing that was acknowledged before', async () => {
      expect(await disk.losesNothing(1)).toBeGreaterThan(0);
    });

    it('are a test that can fail: the same server loses events when its syncs do nothing', async () => {
      expect(await disk.losesUnsynced(1)).toBeGreaterThan(0);
    });
  },
);
