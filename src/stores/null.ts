import { TallyboardError } from '../contract/errors.js';
import type { Engine, Store } from '../contract/store.js';
import { SYMBOLS } from '../domain/contact.js';
import { EMPTY_SPLIT } from '../domain/tally.js';

/** `null:` keeps nothing and answers at once: what is left is the server's own cost, the upper bound. */
export const createStore: Engine['createStore'] = (url): Store => {
  if (url.location !== '' || url.options.size > 0) {
    throw new TallyboardError(
      'STORE_URL_INVALID',
      `'${url.text}' says more than it can: the store that keeps nothing is written null:`,
    );
  }
  let isOpen = false;
  return {
    promises: {
      survives: 'nothing',
      reads: 'immediate',
      writers: 'many',
      keepsEvents: false,
      replays: 'counted',
      batches: 'whole',
      rollups: [],
      differences: [
        'Nothing is kept: every tally is empty, there are no raw events and no unmatched followups.',
        'Every initial and followup is answered as if it were the first: no replay and no conflict is seen.',
      ],
    },
    limits: { batchEventsMax: 4096, batchesInFlightMax: 64 },
    async open() {
      isOpen = true;
    },
    async close() {
      isOpen = false;
    },
    async append(batch) {
      if (!isOpen) throw new TallyboardError('STORE_CLOSED', 'the store is not open: open it first');
      return batch.map((event) => ({
        status: 'accepted',
        isVowel: event.kind === 'initial' && event.isVowel,
      }));
    },
    tallyOfSymbol: async () => EMPTY_SPLIT,
    talliesOfRange: async () => SYMBOLS.map(() => EMPTY_SPLIT),
    unmatched: async () => 0,
    async *events() {},
  };
};
