import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { countOf, eventsOf, initial, initials, lines, openStore } from '../stores/journal/support.js';
import { refusesUnder, straceMissing, waitFor } from './failing-syncs.js';
import { fillAndEmpty } from './filling.js';
import { BALLAST_BLOCK_BYTES, fillUp, mountSmallDisk, unmountSmallDisk } from './small-disk.js';

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
    it('refuses the batch, shows nothing of it, answers on, and takes events again by itself', async () => {
      const log = lines();
      const store = await openStore(`journal:${join(disk, 'full')}?checkpoint-milliseconds=50`, log);
      await store.append(initials(0, 1000));
      const ballast = join(disk, 'ballast');
      fillUp(ballast, BALLAST_BLOCK_BYTES);

      let logged = 1000;
      let refusals = 0;
      for (let i = 0; i < 10; i += 1) {
        try {
          await store.append(initials(logged, logged + 4000));
          logged += 4000;
        } catch (error) {
          expect(error).toMatchObject({
            code: 'STORE_UNAVAILABLE',
            message: /nothing was stored/,
            cause: { code: 'ENOSPC' },
          });
          refusals += 1;
        }
        // A checkpoint is tried, and fails, meanwhile.
        await pause(60);
        expect(await countOf(store)).toBe(logged);
        const whole = await store.talliesOfRange({
          lower: initial(0).at,
          upper: initial(0).at + 86_400_000_000,
        });
        expect(whole[4]!.vowel.count).toBe(logged);
      }
      expect(refusals).toBeGreaterThan(0);
      expect(await eventsOf(store)).toEqual(initials(0, logged));
      expect(
        log.lines.filter((line) => line.message.includes('journal cannot be written')).length,
      ).toBeGreaterThan(0);

      rmSync(ballast);
      await store.append(initials(logged, logged + 4000));
      logged += 4000;
      await waitFor(
        () =>
          !refusedLast(log) || log.lines.some((line) => line.message === 'checkpoints can be written again'),
      );
      expect(await countOf(store)).toBe(logged);
      await store.close();
      const again = await openStore(`journal:${join(disk, 'full')}`, log);
      expect(await countOf(again)).toBe(logged);
      expect(await eventsOf(again)).toEqual(initials(0, logged));
      await again.close();
      rmSync(join(disk, 'full'), { recursive: true });
    });

    it('keeps tallies and events together while the disk fills and empties under it', async () => {
      expect(await fillAndEmpty(disk, 100)).toBeGreaterThan(0);
    });

    it('goes on in a new segment where the old one cannot be cut back', async () => {
      const store = await openStore(`journal:${join(disk, 'roll')}?segment-bytes=300000`);
      const ballast = join(disk, 'ballast');
      let logged = 0;
      for (let i = 0; i < 30; i += 1) {
        if (i % 10 === 5) fillUp(ballast, BALLAST_BLOCK_BYTES);
        if (i % 10 === 9) rmSync(ballast);
        await store.append(initials(logged, logged + 2000)).then(
          () => {
            logged += 2000;
          },
          (error: Error) => expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' }),
        );
      }
      expect(logged).toBeGreaterThan(30_000);
      await store.close();
      const again = await openStore(`journal:${join(disk, 'roll')}`);
      expect(await eventsOf(again)).toEqual(initials(0, logged));
      await again.close();
      rmSync(join(disk, 'roll'), { recursive: true });
    });
  },
);

describe.skipIf(noStrace !== undefined)(
  `failing syncs${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`,
  () => {
    it('fdatasync, after each write, fails now and then: what was refused is not there, what was acknowledged is', async () => {
      expect(await refusesUnder('fdatasync', '25+9')).toBe(true);
    });
  },
);

function refusedLast(log: ReturnType<typeof lines>): boolean {
  return log.lines.some((line) => line.message.includes('checkpoint could not be written'));
}
