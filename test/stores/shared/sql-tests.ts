import { expect, it } from 'vitest';
import { collect } from '../../../src/contract/conformance/answers.js';
import { describe as describeError } from '../../../src/contract/errors.js';
import type { ContactEvent, Uuid } from '../../../src/domain/contact.js';
import { whole } from '../../../src/domain/tally.js';
import type { Instant } from '../../../src/domain/time.js';
import { createView } from '../../../src/stores/index.js';
import { verifyStore } from '../../../src/transfer/verify/verify.js';
import { initials } from '../journal/support.js';
import type { Engine, Place } from './engine-tests.js';
import { sqlArchiveCases } from './sql-archive-tests.js';
import { openStore, SILENT } from './support.js';

export interface Sql extends Pick<Engine, 'ask'> {
  /** Settings of a server that other programs may want, and how each is put back. */
  readonly settings: readonly (readonly [set: string, reset: string])[];
  /** The table whose one row is what batches lock. */
  readonly counters: string;
  /** Has the server take nothing that writes, and how that is put back. */
  readonly readOnly: { readonly set: readonly string[]; readonly reset: readonly string[] };
  /** Makes the user `guest`, who has no password and may do nothing. */
  readonly guest: string;
}

function followup(id: number, uuid: Uuid, at: Instant): ContactEvent {
  return { kind: 'followup', id, uuid, at, replay: false };
}

/** How many may read raw events at the same time: more than there are connections for readers. */
const READERS = 9;

/** What every engine that speaks SQL is held to besides. */
export function sqlCases({ ask, settings, counters, readOnly, guest }: Sql): (place: Place) => void {
  const tableOf = (name: string) => counters.replace('counters', name);
  return (place) => {
    sqlArchiveCases({ ask, contacts: tableOf('contacts'), notes: tableOf('notes') })(place);

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

    it('is verified as it was at one moment, while events are taken', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 300));
      const view = (await createView(url, { log: SILENT }))!;
      await view.open();
      // A reading of raw events that goes on while more come, as they do between it and what is compared.
      const all = view.events()[Symbol.asyncIterator]();
      await all.next();
      await store.append(initials(200, 900).map((event) => ({ ...event, id: event.id + 5000 })));
      await all.return!();
      const options = { ranges: 20, random: () => 0.5 };
      expect(await verifyStore(view, options)).toMatchObject({
        ...{ complete: true, changed: false, events: 300, contacts: 300, differences: [] },
        compared: { contact: 300 },
      });
      const { at } = initials(0, 1)[0]!;
      await view.recordVerification!({ at, events: 300, contacts: 300, differences: 0 });
      await view.close();
      expect(await store.verification!()).toMatchObject({ events: 300 });
      expect(whole(await store.tallyOfSymbol('e')).count).toBe(900);
      await store.close();
    });

    it('is rebuilt: what was wrong, and the row that batches lock, are as the raw events say', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      const contacts = initials(0, 40);
      const old = { ...contacts[39]!, at: -1 };
      const followups = contacts.slice(30).map(({ uuid, at }, n) => followup(500 + n, uuid, at + 1));
      await store.append([...contacts.slice(0, 39), old, ...followups]);
      await store.append(contacts.slice(0, 3).map((event) => ({ ...event, id: event.id + 600 })));
      await store.append([followup(700, '11111111-1111-4111-8111-111111111111', old.at)]);
      const right = await verifyStore(store, { ranges: 20, random: () => 0.5 });
      expect(right).toMatchObject({ contacts: 40, unmatched: 1, differencesTotal: 0 });
      const tables = ['cells', 'contacts'].map(tableOf);
      for (const table of tables) await ask(url, `DELETE FROM ${table} WHERE symbol = 'e'`);
      await ask(url, `DELETE FROM ${counters}`);
      await store.rebuild!();
      expect(await verifyStore(store, { ranges: 20, random: () => 0.5 })).toEqual(right);
      expect([await store.unmatched(), await store.replays!()]).toEqual([1, 3]);
      expect(await store.append([{ ...contacts[0]!, id: 800 }])).toMatchObject([{ status: 'replayed' }]);
      await store.close();
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

    it('is in trouble for as long as its server takes nothing that writes', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      expect(store.trouble!()).toBeUndefined();
      for (const statement of readOnly.set) await ask(url, statement);
      try {
        await expect.poll(() => store.trouble!()).toContain('takes no events: ');
        await expect(store.append(initials(0, 1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        const later = await openStore(url);
        expect(later.trouble!()).toContain('read_only is on');
        await later.close();
      } finally {
        for (const statement of readOnly.reset) await ask(url, statement);
      }
      await expect.poll(() => store.trouble!()).toBeUndefined();
      await store.append(initials(0, 1));
      await store.close();
    });

    it('says of a right that is missing how it is given, and nothing of its statements', async () => {
      const url = place.server.freshUrl();
      await ask(url, guest);
      const error = await openStore(url.replace(/\/\/[^@]+@/, '//guest@')).catch((error: unknown) => error);
      expect(describeError(error)).toMatch(/cannot be opened: [^\n]*denied[^\n]*GRANT[^\n]*$/);
    });

    it('holds nothing for who reads raw events and rests', async () => {
      const store = await openStore(place.server.freshUrl());
      const contacts = initials(0, 1200);
      await store.append(contacts.slice(0, 600));
      await store.append(contacts.slice(600));
      const readings = Array.from({ length: READERS }, () => store.events()[Symbol.asyncIterator]());
      await Promise.all(readings.map((reading) => reading.next()));
      await store.append(initials(1200, 1210));
      expect(whole(await store.tallyOfSymbol('e')).count).toBe(1210);
      // As they were when the reading began.
      const rest = await collect({ [Symbol.asyncIterator]: () => readings[0]! });
      expect(rest).toEqual(contacts.slice(1));
      await store.close();
      await expect(readings[1]!.next()).resolves.toMatchObject({ done: false });
      await expect(collect({ [Symbol.asyncIterator]: () => readings[1]! })).rejects.toMatchObject({
        code: 'STORE_CLOSED',
      });
    });
  };
}
