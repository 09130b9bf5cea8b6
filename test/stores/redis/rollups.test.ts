import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, type Range } from '../../../src/domain/time.js';
import { dayOf, midnightOf } from '../../../src/stores/redis/events/records.js';
import {
  argumentsOf,
  type Question,
  questionOf,
  questionOfAll,
} from '../../../src/stores/redis/rollups/rollups.js';

/** The first day of a block of 64. */
const BLOCK = Math.ceil(dayOf(Date.UTC(2017, 0, 1) * 1000) / 64);
const MIDNIGHT = midnightOf(BLOCK * 64);
const HOURS = BLOCK * 64 * 24;

function asked(...questions: readonly Question[]): string {
  return argumentsOf(questions).join(' ');
}

function of(lower: number, length: number): Question {
  const range: Range = { lower: MIDNIGHT + lower, upper: MIDNIGHT + lower + length };
  return questionOf(range);
}

it('rows of several questions that follow on one another are one run, within their hash', () => {
  const minutes = Array.from({ length: 64 }, (_, i) => of(i * MINUTE, MINUTE));
  expect(asked(...minutes)).toBe(`m:${HOURS}  0 59 m:${HOURS + 1}  0 3`);
  expect(asked(of(0, HOUR), of(HOUR, HOUR))).toBe(`h:${BLOCK * 64}  0 1`);
  expect(asked(of(DAY, DAY), of(2 * DAY, 3 * DAY))).toBe(`d:${BLOCK}  1 4`);
});

it('those that do not, or have other names, stay runs of their own', () => {
  expect(asked(of(0, MINUTE), of(2 * MINUTE, MINUTE))).toBe(`m:${HOURS}  0 0 m:${HOURS}  2 2`);
  expect(asked(of(MINUTE, MINUTE), of(0, MINUTE))).toBe(`m:${HOURS}  1 1 m:${HOURS}  0 0`);
  expect(asked(of(0, MINUTE), of(0, MINUTE))).toBe(`m:${HOURS}  0 0 m:${HOURS}  0 0`);
  expect(asked(of(0, 8 * DAY), of(8 * DAY, DAY))).toBe(`d:${BLOCK} w 0 0 d:${BLOCK}  8 8`);
  expect(asked(questionOfAll(), questionOfAll())).toBe('x all 0 0 x all 0 0');
});

it('every row keeps its place', () => {
  const questions = [of(0, 3 * MINUTE), of(3 * MINUTE, 2 * MINUTE), of(HOUR, 8 * DAY), of(9 * DAY, DAY)];
  const words = argumentsOf(questions);
  let rows = 0;
  for (let i = 0; i < words.length; i += 4) rows += Number(words[i + 3]) - Number(words[i + 2]) + 1;
  expect(rows).toBe(questions.flatMap((question) => question.bases()).length);
});
