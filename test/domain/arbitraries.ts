import fc from 'fast-check';
import { type Contact, SYMBOLS } from '../../src/domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN, type Instant } from '../../src/domain/time.js';

/** Any instant that an event can have; some of them close to each other. */
export const instants: fc.Arbitrary<Instant> = fc.oneof(
  fc.integer({ min: INSTANT_MIN, max: INSTANT_MAX - 1 }),
  fc.integer({ min: -5, max: 5 }),
);

/** Contacts with an initial, a followup, both, or nothing that counts yet. */
export const contacts: fc.Arbitrary<Contact[]> = fc.array(
  fc.record({
    uuid: fc.uuid(),
    initial: fc.option(
      fc.record({ symbol: fc.constantFrom(...SYMBOLS), isVowel: fc.boolean(), at: instants }),
    ),
    followupAt: fc.option(instants),
  }),
  { maxLength: 12 },
);
