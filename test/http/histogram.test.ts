import * as fc from 'fast-check';
import { Registry, Histogram as TheirHistogram } from 'prom-client';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/http/metrics/histogram.js';

const OPTIONS = { name: 'waits', help: 'How long it took', buckets: [0.5, 1, 2.5] };
const ROUTES = ['/initial', '/followup', '/a "route"'] as const;

test('a histogram is written as that of prom-client, whatever was counted', async () => {
  const values = fc.oneof(fc.constantFrom(0, 0.5, 1, 2.5, 3), fc.double({ min: 0, max: 4, noNaN: true }));
  const observations = fc.array(fc.tuple(fc.constantFrom(...ROUTES), values));
  await fc.assert(
    fc.asyncProperty(observations, async (observed) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const own = new Histogram({ ...OPTIONS, registry: ours });
      const other = new TheirHistogram({ ...OPTIONS, labelNames: ['route'], registers: [theirs] });
      // In the order in which theirs comes to know of them.
      const known = new Set([...observed.map(([route]) => route), ...ROUTES]);
      const count = new Map([...known].map((route) => [route, own.under({ route })]));
      for (const [route, value] of observed) {
        count.get(route)!(value);
        other.observe({ route }, value);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});

test('one without labels is written before anything was counted', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  new Histogram({ ...OPTIONS, registry: ours }).under();
  new TheirHistogram({ ...OPTIONS, registers: [theirs] });
  expect(await ours.metrics()).toBe(await theirs.metrics());
});
