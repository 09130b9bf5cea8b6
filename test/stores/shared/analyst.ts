import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Store } from '../../../src/contract/store.js';
import { SECOND } from '../../../src/domain/time.js';
import { initials } from '../journal/support.js';

/** Asks in the engine's own language, as an analyst would. */
export type Ask = (question: string) => Promise<readonly object[]>;

/**
 * Asks the three questions that the page of an engine below docs/stores has for an analyst: of each day, how long
 * clients take to go on, and who repeats himself.
 */
export async function expectAnswersToAnalyst(page: string, store: Store, ask: Ask): Promise<void> {
  const contacts = initials(0, 30);
  await store.append(contacts);
  await store.append(
    contacts.map(({ uuid, at }, i) => ({
      kind: 'followup',
      id: 100 + i,
      uuid,
      at: at + SECOND,
      replay: false,
    })),
  );
  await store.append(contacts.map((event) => ({ ...event, id: event.id + 1000 })));
  await store.close();
  const text = readFileSync(new URL(`../../../docs/stores/${page}`, import.meta.url), 'utf8');
  const questions = [...text.matchAll(/```(?:sql|cypher|lua|js|console)\n(.*?)```/gs)].map(
    ([, question]) => question!,
  );
  const [days, symbols, repeaters] = await Promise.all(questions.map(ask));
  expect(days!.reduce((sum, day) => sum + Number((day as { contacts: unknown }).contacts), 0)).toBe(30);
  expect(symbols!.length).toBeGreaterThan(0);
  // Beside the symbol, which is no number.
  for (const row of symbols!) expect(Object.values(row).map(Number).filter(Number.isFinite)).toEqual([1]);
  expect(repeaters).toHaveLength(20);
}
