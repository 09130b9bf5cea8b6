import { describe, expect, it } from 'vitest';
import {
  type ConformanceOptions,
  conformanceCases,
  describeConformance,
  type Fixture,
} from '../../src/contract/conformance.js';
import { Model } from '../../src/contract/model.js';
import { fixtureOver, freshData } from './right-store.js';
import { tableFixture } from './table-store.js';
import { lagging } from './wrong-stores/faults.js';
import { WRONG_RACERS } from './wrong-stores/races.js';
import { WRONG_STORES } from './wrong-stores.js';

function modelFixture(replays: 'recognised' | 'counted'): Fixture {
  return { store: new Model(replays), another: null, dispose: () => undefined };
}

describeConformance({ describe, it }, 'the model', { create: () => modelFixture('recognised') });
describeConformance({ describe, it }, 'the model that counts replays', {
  create: () => modelFixture('counted'),
  contacts: 40,
});
describeConformance({ describe, it }, 'a store that survives closing', {
  create: () => fixtureOver(freshData()),
});
describeConformance({ describe, it }, 'a store that survives closing and counts replays', {
  create: () => fixtureOver(freshData('counted')),
  contacts: 40,
});
describeConformance({ describe, it }, 'a store that many may write, one event at a time', {
  create: () =>
    fixtureOver(freshData('recognised', 'many'), () => ({
      limits: { batchEventsMax: 1, batchesInFlightMax: 1 },
    })),
  contacts: 40,
});
describeConformance({ describe, it }, 'a store that shows an event late, and says so', {
  create: () =>
    fixtureOver(freshData(), (store, data) => ({
      ...lagging(20)(store, data),
      promises: { ...store.promises, reads: 'eventual', differences: ['an event shows 20 ms late'] },
    })),
  contacts: 20,
});

describeConformance({ describe, it }, 'a store whose transactions overlap', {
  create: () => tableFixture(),
  contacts: 40,
});

describeConformance({ describe, it }, 'a store in memory whose transactions overlap', {
  create: () => tableFixture({ statements: 'promises' }),
  contacts: 40,
});

describeConformance({ describe, it }, 'a store that commits contact by contact, and says so', {
  create: () => tableFixture({ commit: 'contact by contact', batches: 'contacts' }),
  contacts: 40,
});

it.each([2, 3, 4, 5])('the model keeps the contract with seed %i', async (seed) => {
  const create = () => modelFixture('recognised');
  for (const one of conformanceCases({ create, seed, contacts: 40 })) await one.run();
});

describe('the suite refuses a store that', () => {
  it.each(WRONG_STORES)('$name', ({ fault, says }) =>
    mustRefuse({ create: () => fixtureOver(freshData(), fault) }, says),
  );

  // Nothing but what is drawn decides on the order of statements.
  it.each(WRONG_RACERS)('$name', ({ ways, by, says, ...options }) =>
    mustRefuse({ create: () => tableFixture(ways), ...options }, says, by),
  );
});

async function mustRefuse(options: ConformanceOptions, says: RegExp, by = /./): Promise<void> {
  const refusals: string[] = [];
  for (const one of conformanceCases(options).filter(({ name }) => by.test(name))) {
    const refusal = await one.run().then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (refusal === undefined) continue;
    expect(refusal).toMatch(/^seed 1, '.+', (before the first|at|after) batch/);
    if (says.test(refusal)) return;
    refusals.push(refusal);
  }
  expect.fail(`it passed, or was refused for other reasons: ${refusals.join('\n')}`);
}

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

it('a failure says which batch was under way, and all causes', async () => {
  let batches = 0;
  const create = () =>
    fixtureOver(freshData(), ({ append }) => ({
      async append(batch) {
        batches += 1;
        if (batches === 3) throw new Error('not taken', { cause: new Error('EIO: i/o error') });
        return append(batch);
      },
    }));
  const one = conformanceCases({ create }).find(
    ({ name }) => name === 'the order of arrival changes no tally',
  )!;
  await expect(one.run()).rejects.toThrow(
    "seed 1, 'the order of arrival changes no tally', at batch 3: append was rejected: not taken: EIO: i/o error",
  );
});
