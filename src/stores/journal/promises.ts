import type { Promises } from '../../contract/store.js';

/** What a journal promises, whoever reads it. */
export const PROMISES: Promises = {
  survives: 'power',
  reads: 'immediate',
  writers: 'one',
  keepsEvents: true,
  replays: 'recognised',
  batches: 'whole',
  rollups: ['minute', 'hour', 'day'],
  differences: [],
};
