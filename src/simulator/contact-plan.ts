import type { Uuid } from '../domain/contact.js';
import { isVowel, NOISE_PROBABILITY, type RandomSource } from '../domain/guess.js';
import type { LetterSource } from './letters.js';
import { uuid4 } from './uuid.js';

/** What the client has made up its mind about before it opens a contact. */
export interface ContactPlan {
  readonly letter: string;
  readonly uuid: Uuid;
  /** What the client holds the letter for; `y` is a vowel half of the time. */
  readonly judgedVowel: boolean;
  /** Uniform in [0, 1): the client goes on where it is less than the probability of the judged kind. */
  readonly inclination: number;
}

export const FOLLOWUP_PROBABILITY = Object.freeze({ vowel: 0.1, consonant: 0.2 });

/** The three kinds of symbols that follow up differently often. */
export type Kind = 'vowel' | 'consonant' | 'y';

/**
 * The share of accepted initials that a followup comes after.
 *
 * The client goes on only where the server's answer is the one that it judges right. For a vowel that is so
 * unless the answer was turned round: 0.9 × 0.1 = 9 %. For a consonant 0.9 × 0.2 = 18 %. For `y` the server
 * draws the truth for itself and its answer, turned round or not, is `True` half of the time whatever the
 * client judges. So each of the two judgements, half of the time, meets an agreeing answer half of the time:
 * 0.5 × 0.5 × 0.1 + 0.5 × 0.5 × 0.2 = 7.5 %.
 */
export const FOLLOWUP_SHARE: Readonly<Record<Kind, number>> = Object.freeze({
  vowel: (1 - NOISE_PROBABILITY) * FOLLOWUP_PROBABILITY.vowel,
  consonant: (1 - NOISE_PROBABILITY) * FOLLOWUP_PROBABILITY.consonant,
  y: 0.5 * 0.5 * (FOLLOWUP_PROBABILITY.vowel + FOLLOWUP_PROBABILITY.consonant),
});

/**
 * Makes one plan a call. Everything that is left to chance is drawn here, contact after contact, so the
 * plan of a contact depends on the random source and its index, never on what runs at the same time.
 */
export function contactPlans(letters: LetterSource, random: RandomSource): () => ContactPlan {
  let index = 0;
  return () => {
    const letter = letters(index, random);
    index += 1;
    return {
      letter,
      uuid: uuid4(random),
      judgedVowel: isVowel(letter, random),
      inclination: random(),
    };
  };
}

/** Whether the client goes on with a contact after the server's answer. */
export function goesOn(plan: ContactPlan, answeredVowel: boolean): boolean {
  if (answeredVowel !== plan.judgedVowel) return false;
  return plan.inclination < FOLLOWUP_PROBABILITY[plan.judgedVowel ? 'vowel' : 'consonant'];
}

/** The kind of a symbol `a`–`z`. */
export function kindOf(symbol: string): Kind {
  if (symbol === 'y') return 'y';
  return isVowel(symbol, NEVER_DRAWN) ? 'vowel' : 'consonant';
}

const NEVER_DRAWN: RandomSource = () => 0;
