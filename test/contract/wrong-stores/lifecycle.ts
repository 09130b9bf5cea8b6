import { setTimeout as pause } from 'node:timers/promises';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { isSame, lagging, replace, type WrongStore } from './faults.js';

export const WRONG_LIVES: readonly WrongStore[] = [
  {
    name: 'loses the last batch when it is opened again',
    says: /after closing and opening again/,
    fault: ({ append, close }, data) => {
      let last: readonly ContactEvent[] = [];
      return {
        append: (batch) => {
          if (batch.length > 0) last = batch;
          return append(batch);
        },
        close: async () => {
          const kept = data.logged.filter((event) => !last.some((other) => isSame(event, other)));
          last = [];
          replace(data, kept);
          await close();
        },
      };
    },
  },
  {
    name: 'forgets its contacts when it is opened again',
    says: /after closing and opening again/,
    fault: ({ open }, data) => ({
      open: async () => {
        await open();
        replace(data, []);
      },
    }),
  },
  {
    name: 'shows an event a second late',
    says: /expected count/,
    fault: lagging(1000),
  },
  {
    name: 'loses all but one of the batches that come at once',
    says: /the tally of|the events of|the outcome of/,
    fault: ({ append }, data) => ({
      append: async (batch) => {
        const before = [...data.logged];
        await pause(1);
        replace(data, before);
        return append(batch);
      },
    }),
  },
  {
    name: 'takes events while it is closed',
    says: /append after close/,
    fault: (_, data) => ({ append: (batch) => data.model.append(batch) }),
  },
  {
    name: 'cannot be closed twice',
    says: /closing (before opening|twice) was rejected/,
    fault: ({ close }, data) => ({
      close: async () => {
        if (data.holders.size === 0) throw new Error('not open');
        await close();
      },
    }),
  },
  {
    name: 'lets in a second writer',
    says: /a second writer|opening a second writer/,
    fault: ({ open }, data) => ({
      open: async () => {
        data.holders.clear();
        await open();
      },
    }),
  },
  {
    name: 'refuses an empty batch',
    says: /append was rejected/,
    fault: ({ append }) => ({
      append: async (batch) => {
        if (batch.length === 0) throw new Error('nothing to append');
        return append(batch);
      },
    }),
  },
  {
    name: 'cuts a batch short of its limit',
    says: /the number of outcomes/,
    fault: ({ append }) => ({ append: (batch) => append(batch.slice(0, 199)) }),
  },
  {
    name: 'says that it counts replays, but recognises them',
    says: /the outcome of|the tally of/,
    fault: ({ promises }) => ({
      promises: { ...promises, replays: 'counted', differences: ['counts replays'] },
    }),
  },
  {
    name: 'says that it keeps no events, but keeps them',
    says: /expected count 0/,
    fault: ({ promises }) => ({
      promises: { ...promises, keepsEvents: false, differences: ['keeps nothing'] },
    }),
  },
  {
    name: 'names no difference where it has one',
    says: /promises.differences/,
    fault: ({ promises }) => ({ promises: { ...promises, reads: 'eventual' } }),
  },
];
