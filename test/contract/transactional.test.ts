import { expect, it } from 'vitest';
import type { TransactionalEngine } from '../../src/contract/transactional/engine.js';
import { transactionalStore } from '../../src/contract/transactional/store.js';
import { SILENT } from '../stores/shared/support.js';

it.each([
  [{}, 'many'],
  [{ writers: 'one' }, 'one'],
])('of an engine that says %j, a store promises %s writers', (says, writers) => {
  const engine = { name: 'an engine', ...says } as TransactionalEngine<never>;
  expect(transactionalStore(engine, { log: SILENT }).promises.writers).toBe(writers);
});
