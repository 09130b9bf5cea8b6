import { expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../src/domain/time.js';
import { initial, initials } from '../journal/support.js';
import {
  appendToBoth,
  ended,
  expectAgreement,
  expectAllOnce,
  freshFolder,
  START,
  started,
} from '../redis/archive/support.js';
import type { Engine, Place } from './engine-tests.js';
import { BEFORE, DATE, expectAnswers, filled, prune } from './sql-archive-tests.js';

/** What an engine that speaks SQL is held to when a prune is ended. `events`: the table. */
export function sqlArchiveFaults(ask: Engine['ask'], events: string): (place: Place) => void {
  const countOld = async (url: string) =>
    (await ask(url, `SELECT 1 FROM ${events} WHERE at < ${BEFORE}`)).length;
  return (place) => {
    it('is killed in the midst of a prune, while events come, and the next run finishes', async () => {
      const kept = await filled(place.server.freshUrl());
      const { url, store, model } = kept;
      const minutes = (BEFORE - START) / MINUTE;
      const many = initials(10_000, 11_200).map((event, n) => ({
        ...event,
        at: START + ((n * 70) % minutes) * MINUTE,
      }));
      for (let from = 0; from < many.length; from += 1000) {
        await appendToBoth(kept, many.slice(from, from + 1000));
      }
      const to = freshFolder();
      let left = await countOld(url);
      for (let n = 0; n < 3; n += 1) {
        const child = started('prune', '--store', url, '--before', DATE, '--to', to);
        let late = 0;
        while ((await countOld(url)) === left && child.exitCode === null) {
          await appendToBoth(kept, [{ ...initial(50_000 + n * 10_000 + late), at: START + 30 * DAY }]);
          late += 1;
        }
        child.kill('SIGKILL');
        await ended(child);
        left = await countOld(url);
        await expectAnswers(kept);
        await expectAgreement(store, to).catch(refusedUntilMended);
      }
      await prune(url, { to });
      expect(await countOld(url)).toBe(0);
      await expectAllOnce(store, to, model);
      await store.close();
    });
  };
}

/** Where a run ended between the store and its files, or ends just now, whoever reads both is told so. */
function refusedUntilMended(error: unknown): void {
  expect(error).toMatchObject({
    message: expect.stringMatching(/run tallyboard archive again|removed while they were read/),
  });
}
