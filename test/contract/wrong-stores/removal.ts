import { collect } from '../../../src/contract/conformance/answers.js';
import { Model } from '../../../src/contract/model.js';
import type { Store } from '../../../src/contract/store.js';
import type { EventArchive } from '../../../src/contract/store-archive.js';
import { DAY, parseInstant } from '../../../src/domain/time.js';
import { replace, type WrongStore } from './faults.js';

function changed({ archive }: Store, changes: Partial<EventArchive>): Partial<Store> {
  return { archive: { ...archive!, ...changes } };
}

/** Wrong in how they are without old raw events. */
export const WRONG_REMOVALS: readonly WrongStore[] = [
  {
    name: 'throws away more than the day that it is told',
    says: /the events of \[.*no more events/s,
    fault: (store, { gone, model }) =>
      changed(store, {
        discard: async (part) => {
          await store.archive!.discard!(part);
          const lower = parseInstant(`${part.place.slice(0, 10)} 00:00:00`)! + DAY;
          for await (const event of model.events({ lower })) gone.add(event);
        },
      }),
  },
  {
    name: 'keeps what it was told to throw away',
    says: /raw events that were thrown away/,
    fault: (store, data) =>
      changed(store, {
        discard: async (part) => {
          await store.archive!.discard!(part);
          data.gone.clear();
        },
      }),
  },
  {
    name: 'forgets the contacts whose events it throws away',
    says: /tally|contacts/,
    fault: (store, data) =>
      changed(store, {
        discard: async (part) => {
          await store.archive!.discard!(part);
          const left = (await collect(data.model.events())).filter((event) => !data.gone.has(event));
          data.gone.clear();
          replace(data, left);
        },
      }),
  },
  {
    name: 'does not count the replays that it threw away',
    says: /the number of replays/,
    fault: (_store, { gone, model }) => ({
      replays: async () => (await model.replays()) - [...gone].filter(({ replay }) => replay).length,
    }),
  },
  {
    name: 'does not say that raw events are gone',
    says: /what is gone/,
    fault: (store) => changed(store, { removed: async () => ({ before: null, discardedBefore: null }) }),
  },
  {
    name: 'forgets up to where raw events are gone when it is closed',
    says: /what is gone/,
    fault: ({ close }, data) => ({
      close: async () => {
        data.goneBefore = null;
        await close();
      },
    }),
  },
  {
    name: 'tells only the contacts of which it has events still',
    says: /everyContact/,
    fault: ({ events, everyContact }) => ({
      async *everyContact() {
        const known = new Set((await collect(events())).map(({ uuid }) => uuid));
        for await (const contacts of everyContact!()) yield contacts.filter(({ uuid }) => known.has(uuid));
      },
    }),
  },
  {
    name: 'throws away and cannot tell how much',
    says: /archive.removed and archive.discard/,
    fault: (store) => {
      const { removed: _, ...archive } = store.archive!;
      return { archive };
    },
  },
  {
    name: 'takes for new what comes again when it was thrown away',
    says: /batch \d+/,
    fault: (store, data) => ({
      async append(batch) {
        if (data.gone.size === 0) return store.append(batch);
        const left = (await collect(data.model.events())).filter((event) => !data.gone.has(event));
        const forgetful = new Model();
        await forgetful.append(left);
        return forgetful.append(batch);
      },
    }),
  },
];
