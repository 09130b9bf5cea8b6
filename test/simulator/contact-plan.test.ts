import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/cli/terminal/random.js';
import { noisyGuess } from '../../src/domain/guess.js';
import {
  type ContactPlan,
  contactPlans,
  FOLLOWUP_SHARE,
  goesOn,
  kindOf,
} from '../../src/simulator/contact-plan.js';
import { circle, englishLetters } from '../../src/simulator/letters.js';
import { uuid4 } from '../../src/simulator/uuid.js';

const PLAN: ContactPlan = { letter: 'e', uuid: 'any', judgedVowel: true, inclination: 0 };

describe('a uuid', () => {
  test('is of version 4 and the variant of RFC 9562, at both ends of the random numbers and between', () => {
    expect(uuid4(() => 0)).toBe('00000000-0000-4000-8000-000000000000');
    expect(uuid4(() => 1 - 2 ** -32)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    const random = seededRandom(3);
    const uuids = Array.from({ length: 10_000 }, () => uuid4(random));
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(uuids.filter((uuid) => !form.test(uuid))).toEqual([]);
    expect(new Set(uuids).size).toBe(uuids.length);
  });
});

describe('plans', () => {
  test('are the same for the same seed, and others for another', () => {
    const plansOf = (seed: number) => {
      const next = contactPlans(englishLetters(), seededRandom(seed));
      return Array.from({ length: 500 }, next);
    };
    expect(plansOf(7)).toEqual(plansOf(7));
    expect(plansOf(7)).not.toEqual(plansOf(8));
  });

  test('judge a e i o u as vowels, y one half of the time, and all else as consonants', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyzé'];
    const next = contactPlans(circle(letters), seededRandom(11));
    const judged = new Map<string, number>();
    for (let index = 0; index < letters.length * 1000; index += 1) {
      const plan = next();
      judged.set(plan.letter, (judged.get(plan.letter) ?? 0) + (plan.judgedVowel ? 1 : 0));
    }
    const { y, ...others } = Object.fromEntries(judged) as { y: number } & Record<string, number>;
    expect(Object.keys(others).filter((letter) => others[letter] === 1000)).toEqual([...'aeiou']);
    expect(Object.keys(others).filter((letter) => others[letter] === 0)).toEqual([
      ...'bcdfghjklmnpqrstvwxzé',
    ]);
    expect(y).toBeGreaterThan(440);
    expect(y).toBeLessThan(560);
  });
});

describe('going on', () => {
  test.each([
    ['a vowel, at just less than 0.1', { judgedVowel: true, inclination: 0.0999 }, true, true],
    ['a vowel, at 0.1', { judgedVowel: true, inclination: 0.1 }, true, false],
    ['a consonant, at just less than 0.2', { judgedVowel: false, inclination: 0.1999 }, false, true],
    ['a consonant, at 0.2', { judgedVowel: false, inclination: 0.2 }, false, false],
    ['a vowel answered as a consonant', { judgedVowel: true, inclination: 0 }, false, false],
    ['a consonant answered as a vowel', { judgedVowel: false, inclination: 0 }, true, false],
  ])('%s', (_name, plan, answeredVowel, expected) => {
    expect(goesOn({ ...PLAN, ...plan }, answeredVowel)).toBe(expected);
  });

  test('has the shares that were derived: 9 %, 18 % and 7.5 %', () => {
    expect(FOLLOWUP_SHARE.vowel).toBeCloseTo(0.09, 12);
    expect(FOLLOWUP_SHARE.consonant).toBeCloseTo(0.18, 12);
    expect(FOLLOWUP_SHARE.y).toBeCloseTo(0.075, 12);
  });

  test.each(['e', 't', 'y'])('comes about as often as derived for %s', (letter) => {
    const contacts = 100_000;
    const next = contactPlans(circle([letter]), seededRandom(5));
    const guess = noisyGuess(seededRandom(6));
    let followups = 0;
    for (let index = 0; index < contacts; index += 1) {
      if (goesOn(next(), guess(letter))) followups += 1;
    }
    const share = FOLLOWUP_SHARE[kindOf(letter)];
    const deviation = Math.sqrt((share * (1 - share)) / contacts);
    expect(Math.abs(followups / contacts - share)).toBeLessThan(4 * deviation);
  });
});
