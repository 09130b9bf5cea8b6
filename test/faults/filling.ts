import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { eventsOf, initial, openStore } from '../stores/journal/support.js';
import { BALLAST_BLOCK_BYTES, fillUp } from './small-disk.js';

/**
 * Appends batches while the disk fills and empties under the store, every 40 of them, and compares each outcome
 * and all answers with the model's. Answers how many appends were refused.
 */
export async function fillAndEmpty(disk: string, rounds: number): Promise<number> {
  // Zeros written ahead would take the events of all rounds.
  const options = 'ahead-bytes=0&page-bytes-max=1048576&checkpoint-contacts=300&checkpoint-milliseconds=20';
  const store = await openStore(`journal:${join(disk, 'both')}?${options}`);
  const model = new Model();
  const ballast = join(disk, 'ballast');
  let refused = 0;
  let next = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (round % 40 === 10) fillUp(ballast, BALLAST_BLOCK_BYTES);
    if (round % 40 === 25) rmSync(ballast, { force: true });
    // Contacts of every hour of 60 days, and followups of old ones: pages come and go.
    const batch = Array.from({ length: 50 }, (): ContactEvent => {
      next += 1;
      const { uuid } = initial(next % 3 === 0 ? Math.ceil(next / 2) : next);
      const at = initial(0).at + ((next * 7919) % (60 * 24)) * 3_600_000_000;
      const common = { id: next, uuid, at, replay: false };
      return next % 3 === 0
        ? { kind: 'followup', ...common }
        : { kind: 'initial', symbol: 'e', isVowel: true, ...common };
    });
    for (let attempt = 0; ; attempt += 1) {
      // A client that tries again has new event ids: nothing of the refused batch may be there.
      const sent = batch.map((event) => ({ ...event, id: event.id + attempt * 1_000_000 }));
      const outcomes = await store.append(sent).catch(() => undefined);
      if (outcomes !== undefined) {
        expect(outcomes).toEqual(await model.append(sent));
        break;
      }
      refused += 1;
      await pause(5);
      if (attempt === 3) rmSync(ballast, { force: true });
    }
    expect(await store.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
  }
  rmSync(ballast, { force: true });
  await store.close();
  const again = await openStore(`journal:${join(disk, 'both')}`);
  const range = { lower: initial(0).at, upper: initial(0).at + 61 * 86_400_000_000 };
  expect(await again.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
  expect(await eventsOf(again)).toEqual(await eventsOf(model));
  await again.close();
  rmSync(join(disk, 'both'), { recursive: true });
  return refused;
}
