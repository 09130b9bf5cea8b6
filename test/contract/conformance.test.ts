import { describe, expect, it } from 'vitest';
import { conformanceCases, describeConformance, type Fixture } from '../../src/contract/conformance.js';
import { Model } from '../../src/contract/model.js';
import { fixtureOver, freshData } from './right-store.js';
import { lagging } from './wrong-stores/faults.js';
import { WRONG_STORES } from './wrong-stores.js';

function modelFixture(replays: 'recognised' | 'counted'): Fixture {
  return { store: new Model(replays), another: null, dispose: () => undefined };
}

describeConformance({ describe, it }, 'the model', { create: () => modelFixture('recognised') });
describeConformance({ describe, it }, 'the model that counts replays', {
  create: () => modelFixture('counted'),
});
describeConformance({ describe, it }, 'a store that survives closing', {
  create: () => fixtureOver(freshData()),
});
describeConformance({ describe, it }, 'a store that survives closing and counts replays', {
  create: () => fixtureOver(freshData('counted')),
});
describeConformance({ describe, it }, 'a store that many may write, one event at a time', {
  create: () =>
    fixtureOver(freshData('recognised', 'many'), () => ({
      limits: { batchEventsMax: 1, batchesInFlightMax: 1 },
    })),
});
describeConformance({ describe, it }, 'a store that shows an event late, and says so', {
  create: () =>
    fixtureOver(freshData(), (store, data) => ({
      ...lagging(20)(store, data),
      promises: { ...store.promises, reads: 'eventual', differences: ['an event shows 20 ms late'] },
    })),
  contacts: 20,
});

it.each([2, 3, 4, 5])('the model keeps the contract with seed %i', async (seed) => {
  for (const one of conformanceCases({ create: () => modelFixture('recognised'), seed })) await one.run();
});

describe('the suite refuses a store that', () => {
  it.each(WRONG_STORES)('$name', async ({ fault, says }) => {
    const refusals: string[] = [];
    for (const one of conformanceCases({ create: () => fixtureOver(freshData(), fault) })) {
      const refusal = await one.run().then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (refusal === undefined) continue;
      expect(refusal).toMatch(/^seed 1, '/);
      if (says.test(refusal)) return;
      refusals.push(refusal);
    }
    expect.fail(`it passed, or was refused for other reasons: ${refusals.join('\n')}`);
  });
});

it('a case draws the same with the same seed, and not with another', async () => {
  const refusal = async (seed: number) => {
    const create = () => fixtureOver(freshData(), () => ({ unmatched: async () => 1000 }));
    const one = conformanceCases({ create, seed }).find(
      ({ name }) => name === 'random stream: retries everywhere',
    )!;
    return one.run().then(
      () => 'passed',
      (error: Error) => error.message.replace(/^seed \d+/, ''),
    );
  };
  expect(await refusal(7)).toBe(await refusal(7));
  expect(await refusal(7)).not.toBe(await refusal(8));
});
