import type { ContactEvent } from '../../domain/contact.js';
import { bucketStart, DAY, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE } from '../../domain/time.js';
import type { Store } from '../store.js';
import { dayOfPlace, type EventArchive } from '../store-archive.js';
import { collect, showInstant } from './answers.js';
import type { Dice } from './dice.js';
import { drawQuestions, type Questions } from './questions.js';
import { drawEvents, drawRounds, SHAPES } from './streams.js';
import type { Case, Trial } from './trial.js';

/** What is looked at in a store that can be without old raw events; others are not asked. */
export const REMOVAL_CASES: readonly Case[] = [
  { name: 'old raw events are thrown away, and nothing else, where it does that', run: throwsAway },
];

const RETRIED = SHAPES.find((shape) => shape.retries === 'many')!;
/** Beyond the ids of the streams. */
const ID = 2 ** 40;

type Removing = Required<Pick<EventArchive, 'parts' | 'removed' | 'discard'>>;

async function throwsAway(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  if (trial.store.archive?.discard === undefined) return;
  const archive = () => trial.store.archive as Removing;
  const events = drawEvents(RETRIED, dice, contacts);
  const play = async (list: readonly ContactEvent[]) => {
    for (const { batches } of drawRounds(list, dice, trial.store.limits, false)) await trial.append(batches);
  };
  await play(events);
  await expectReach(trial, null);

  const days = [...new Set(events.map(({ at }) => bucketStart(at, DAY)))].sort((a, b) => a - b);
  const before = days[days.length >> 1]! + DAY;
  const parts = await trial.attempt('listing raw events', () => archive().parts());
  for (const part of parts) {
    if (dayOfPlace(part.place) < before)
      await trial.attempt(`throwing away ${part.place}`, () => archive().discard(part));
  }
  const { ranges, page } = drawQuestions(events, dice);
  // Of what is answered from raw events only those are compared that came since.
  const questions: Questions = {
    ranges,
    spans: [{ lower: before }],
    page: { series: page!.series, lasts: [], stories: [] },
  };
  const check = async () => {
    await trial.compare(questions);
    await expectGone(trial, before);
    await expectReach(trial, before);
    await expectContacts(trial);
  };
  await check();
  // All of them again, as a client sends them that has not heard: replays, conflicts, and what is late.
  const again = events.map((event, n) => ({ ...event, id: ID + n, at: before + dice.below(60) * MINUTE }));
  await play(again);
  await check();
  if (!trial.persists) return;
  await trial.reopen('another');
  await check();
  if (trial.store.rebuild === undefined) return;
  await trial.attempt('rebuild', () => trial.store.rebuild!());
  await check();
}

async function expectGone(trial: Trial, before: Instant): Promise<void> {
  const left = await trial.attempt('reading events', () => collect(trial.store.events({ upper: before })));
  if (left.length === 0) return;
  throw trial.failure({ what: 'raw events that were thrown away', expected: 'none', got: `${left.length}` });
}

async function expectReach(trial: Trial, before: Instant | null): Promise<void> {
  const got = await trial.attempt('asking what is gone', () => trial.store.archive!.removed!());
  const show = (at: Instant | null) => (at === null ? 'nothing' : `what came before ${showInstant(at)}`);
  for (const [name, at] of Object.entries(got)) {
    if (at !== before) {
      throw trial.failure({ what: `what is gone, ${name}`, expected: show(before), got: show(at) });
    }
  }
}

/** What takes the place of first events that are gone has to be there for each contact. */
async function expectContacts(trial: Trial): Promise<void> {
  const told = await trial.attempt('reading contacts', () => countTold(trial.store));
  const { store } = trial;
  const tallies = await trial.attempt('reading tallies', () =>
    store.talliesOfRange({ lower: INSTANT_MIN, upper: INSTANT_MAX }),
  );
  const parts = tallies.flatMap(({ vowel, consonant }) => [vowel, consonant]);
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const followups = parts.reduce((sum, part) => sum + part.followups, 0);
  const expected = `${count} contacts, ${followups} followed up`;
  if (told !== expected) throw trial.failure({ what: 'everyContact', expected, got: told });
}

async function countTold(store: Store): Promise<string> {
  const contacts = (await collect(store.everyContact!())).flat().filter(({ initial }) => initial !== null);
  const followed = contacts.filter(({ followupAt }) => followupAt !== null);
  return `${contacts.length} contacts, ${followed.length} followed up`;
}
