import { describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { parseInstant } from '../../src/domain/time.js';
import { copyEvents } from '../../src/transfer/copy.js';
import { answersOf, followup, initial, modelOf, over, rowsOf, uuidOf } from './support.js';

const AT = parseInstant('2017-06-28 10:30:00')!;

describe('a copy', () => {
  it('keeps ids, and is completed by a second run after an interruption', async () => {
    const events = Array.from({ length: 5000 }, (_, i) =>
      i % 3 === 2 ? followup(i - 1, AT + i) : initial(i - (i % 7 === 0 ? 3 : 0), AT + i),
    );
    const original = await modelOf(events);
    const target = new Model();
    const interruption = new AbortController();
    const first = await copyEvents(
      original,
      over(target, {
        limits: { batchEventsMax: 50, batchesInFlightMax: 2 },
        append(batch) {
          interruption.abort();
          return target.append(batch);
        },
      }),
      { interrupted: interruption.signal },
    );
    expect(first.complete).toBe(false);
    expect((await rowsOf(target)).length).toBeLessThan(1000);
    for (let run = 0; run < 2; run += 1) {
      expect(await copyEvents(original, target)).toMatchObject({ complete: true, refusals: [] });
      expect(await rowsOf(target)).toEqual(await rowsOf(original));
      expect(await answersOf(target)).toEqual(await answersOf(original));
    }
    const ids = new Map<string, number[]>();
    for await (const { uuid, id } of original.events()) ids.set(uuid, [...(ids.get(uuid) ?? []), id]);
    for await (const { uuid, id } of target.events()) expect(ids.get(uuid)).toContain(id);
  });

  it('names what the target refuses', async () => {
    const source = await modelOf([initial(1, AT + 1), initial(2, AT + 2), initial(1, AT + 3)]);
    const target = await modelOf([initial(1, AT, { symbol: 'z', id: 77 })]);
    const summary = await copyEvents(source, target);
    expect(summary.counts.conflicts).toBe(2);
    expect(summary.refusals).toMatchObject([{ symbol: 'z', event: { uuid: uuidOf(1), symbol: 'e' } }, {}]);
  });
});
