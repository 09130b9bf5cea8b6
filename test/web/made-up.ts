import { writeFile } from 'node:fs/promises';
import { seededRandom } from '../../src/cli/terminal/random.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { eventNdjson } from '../../src/domain/event-text.js';
import { isVowel, noisyGuess, VOWELS } from '../../src/domain/guess.js';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/domain/time.js';
import { englishLetters } from '../../src/simulator/letters.js';
import { uuid4 } from '../../src/simulator/uuid.js';

/** How busy the hours of a day are, and the days of a week from Monday on. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 12, 13, 14, 14, 13, 11, 10, 9, 8, 7, 5, 3];
const WEEKDAYS = [1, 1.08, 1.1, 1.05, 0.95, 0.6, 0.55];

export interface MadeUp {
  /** The instant after the last event. */
  readonly until: Instant;
  readonly days: number;
  readonly contactsPerDay: number;
  /** The share of right guesses after which a client goes on. */
  readonly goesOn?: number;
  readonly seed?: number;
}

/** Writes contacts as a business would have them, always the same ones, as a file to be imported. */
export async function writeMadeUp(file: string, options: MadeUp): Promise<void> {
  await writeFile(file, madeUpEvents(options).map(eventNdjson).join(''));
}

/** The events of such contacts, in time order. */
export function madeUpEvents({
  until,
  days,
  contactsPerDay,
  goesOn = 0.14,
  seed = 1,
}: MadeUp): ContactEvent[] {
  const random = seededRandom(seed);
  const guess = noisyGuess(random);
  const letterOf = englishLetters();
  const events: ContactEvent[] = [];
  const hourSum = HOURS.reduce((sum, weight) => sum + weight, 0);
  let id = 0;
  const begin = Math.floor((until - days * DAY) / HOUR) * HOUR;
  for (let hour = begin; hour < until; hour += HOUR) {
    const clock = new Date(hour / 1000);
    const growth = 0.75 + (0.35 * (hour - begin)) / (days * DAY);
    const busy =
      (HOURS[clock.getUTCHours()]! / hourSum) *
      WEEKDAYS[(clock.getUTCDay() + 6) % 7]! *
      growth *
      contactsPerDay;
    const count = Math.round(busy * (0.85 + 0.3 * random()));
    for (let contact = 0; contact < count; contact += 1) {
      const at = hour + Math.floor(random() * HOUR);
      const uuid = uuid4(random);
      const symbol = letterOf(0, random);
      const said = guess(symbol);
      const isRight = symbol === 'y' ? isVowel('y', random) === said : VOWELS.has(symbol) === said;
      const followupAt = at + Math.floor((2 + random() * 90) * SECOND);
      const isReplayed = random() < 0.004;
      id += 3;
      const initial = { kind: 'initial' as const, id, uuid, symbol, isVowel: said, at, replay: false };
      if (at < until) events.push(initial);
      if (isReplayed && at + MINUTE < until) {
        events.push({ ...initial, id: id + 1, at: at + MINUTE, replay: true });
      }
      if (isRight && random() < goesOn && followupAt < until) {
        events.push({ kind: 'followup', id: id + 2, uuid, at: followupAt, replay: false });
      }
    }
  }
  return events.sort((one, other) => one.at - other.at);
}
