import { describe, expect, it } from 'vitest';
import { describeConformance } from '../../src/contract/conformance.js';
import { dashboardQuestions } from '../../src/contract/dashboard-questions.js';
import { createStore, parseStoreUrl } from '../../src/stores/index.js';

const context = { log: { info() {}, warn() {}, error() {} } };

describeConformance({ describe, it }, 'null:', {
  create: async () => ({
    store: await createStore('null:', context),
    another: () => createStore('null:', context),
    dispose: () => undefined,
  }),
});

it.each(['null:somewhere', 'null:?keep=1'])('%s says more than it can', async (text) => {
  expect(parseStoreUrl(text).scheme).toBe('null');
  await expect(createStore(text, context)).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
});

it('null: has nothing to tell of a contact', async () => {
  const questions = dashboardQuestions(await createStore('null:', context));
  const uuid = '00000000-0000-4000-8000-000000000001';
  expect(await questions.eventsOfContact(uuid, 10)).toEqual({ events: [], leftOut: 0 });
});
