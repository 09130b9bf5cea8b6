import { expect } from 'vitest';
import * as kit from '../../../src/faults/index.js';

export type Aftermath = Pick<kit.Aftermath, 'acknowledged' | 'lost'>;

/** Two servers take requests while something is broken: nothing may be wrong but what is lost. */
export async function underFault(store: string, interrupt: () => Promise<void>): Promise<Aftermath> {
  const after = await kit.underFault({ store, interrupt });
  expect(after.differences).toBeUndefined();
  if (after.lost.length === 0) expect(after.wrongReplays).toEqual([]);
  return after;
}
