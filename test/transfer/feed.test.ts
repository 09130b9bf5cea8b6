import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { Feed, type Refusal } from '../../src/transfer/feed.js';
import { answersOf, initial, modelOf, over, rowsOf, streams, uuidOf } from './support.js';

async function feedAll(feed: Feed, events: readonly ContactEvent[]): Promise<void> {
  for (const [place, event] of events.entries()) await feed.add(event, place);
  await feed.end();
}

describe('a feed', () => {
  it('gives each contact its events in order, with several batches at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
        async (events, batchEventsMax, batchesInFlightMax, delays) => {
          const model = new Model();
          let inFlight = 0;
          let batches = 0;
          const store = over(model, {
            limits: { batchEventsMax, batchesInFlightMax },
            async append(batch) {
              inFlight += 1;
              expect(inFlight).toBeLessThanOrEqual(batchesInFlightMax);
              expect(batch.length).toBeLessThanOrEqual(batchEventsMax);
              batches += 1;
              for (let i = 0; i < delays[batches % 8]!; i += 1) await new Promise(setImmediate);
              inFlight -= 1;
              return model.append(batch);
            },
          });
          const feed = new Feed(store, () => {});
          await feedAll(feed, events);
          const expected = await modelOf(events);
          expect(await answersOf(model)).toEqual(await answersOf(expected));
          expect(await rowsOf(model)).toEqual(await rowsOf(expected));
          const { accepted, replays, conflicts } = feed.counts;
          expect(accepted + replays + conflicts).toBe(events.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('names an event that the store refuses', async () => {
    const refusals: Refusal[] = [];
    const feed = new Feed(new Model(), (refusal) => refusals.push(refusal));
    await feedAll(feed, [initial(1, 5), initial(1, 6, { symbol: 'a' })]);
    expect(refusals).toMatchObject([{ place: 1, symbol: 'e', event: { uuid: uuidOf(1), symbol: 'a' } }]);
    expect(feed.counts).toEqual({ accepted: 1, replays: 0, conflicts: 1 });
  });

  it('stops at the first batch that fails, and keeps the cause', async () => {
    const cause = new Error('the disk is full');
    let batches = 0;
    const store = over(new Model(), {
      limits: { batchEventsMax: 1, batchesInFlightMax: 1 },
      async append() {
        batches += 1;
        throw cause;
      },
    });
    const events = Array.from({ length: 50 }, (_, i) => initial(i, i));
    await expect(feedAll(new Feed(store, () => {}), events)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause,
    });
    expect(batches).toBe(1);
  });
});
