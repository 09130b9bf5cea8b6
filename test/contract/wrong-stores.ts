import { WRONG_DOCUMENTS } from './wrong-stores/documents.js';
import { WRONG_EVENTS } from './wrong-stores/events.js';
import type { WrongStore } from './wrong-stores/faults.js';
import { WRONG_LIVES } from './wrong-stores/lifecycle.js';
import { WRONG_PAGES } from './wrong-stores/pages.js';
import { WRONG_REMOVALS } from './wrong-stores/removal.js';
import { WRONG_TALLIES } from './wrong-stores/tallies.js';

/** Stores that are each wrong in one thing, which the suite must refuse, and for that reason. */
export const WRONG_STORES: readonly WrongStore[] = [
  ...WRONG_TALLIES,
  ...WRONG_EVENTS,
  ...WRONG_LIVES,
  ...WRONG_PAGES,
  ...WRONG_DOCUMENTS,
  ...WRONG_REMOVALS,
];
