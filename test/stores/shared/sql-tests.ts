import { expect, it } from 'vitest';
import { collect } from '../../../src/contract/conformance/answers.js';
import { whole } from '../../../src/domain/tally.js';
import { initials } from '../journal/support.js';
import type { Engine, Place } from './engine-tests.js';
import { openStore } from './support.js';

export interface Sql extends Pick<Engine, 'ask'> {
  /** Settings of a server that other programs may want, and how each is put back. */
  readonly settings: readonly (readonly [set: string, reset: string])[];
  /** The table whose one row is what batches lock. */
  readonly counters: string;
}

/** What every engine that speaks SQL is held to besides. */
export function sqlCases({ ask, settings, counters }: Sql): (place: Place) => void {
  return (place) => {
    it.each(settings)('is made, taken and read as ever after %s', async (set, reset) => {
      const url = place.server.freshUrl();
      await ask(url, set);
      try {
        const stores = [await openStore(url), await openStore(url)];
        const contacts = initials(0, 20);
        const outcomes = await Promise.all(stores.map((store) => store.append(contacts)));
        expect(outcomes.flat().every(({ status }) => status === 'accepted')).toBe(true);
        for (const store of stores) {
          expect(await collect(store.events())).toEqual(contacts);
          expect(whole(await store.tallyOfSymbol('e')).count).toBe(20);
          expect([await store.unmatched(), await store.replays!()]).toEqual([0, 0]);
          await store.close();
        }
      } finally {
        await ask(url, reset);
      }
    });

    it('takes nothing where the row that batches lock is gone', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 1));
      await ask(url, `DELETE FROM ${counters}`);
      await expect(store.append(initials(1, 2))).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      await expect(store.unmatched()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      expect(await collect(store.events())).toEqual(initials(0, 1));
      await store.close();
    });
  };
}
