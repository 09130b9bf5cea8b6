import type { ContactEvent } from '../../domain/contact.js';
import { mergeSplit } from '../../domain/tally.js';
import { bucketStart, MINUTE } from '../../domain/time.js';
import { describe, ERRORS } from '../errors.js';
import { Model } from '../model.js';
import { collect, firstDifference } from './answers.js';
import type { Dice } from './dice.js';
import { PAGE_CASES } from './page-cases.js';
import { drawQuestions } from './questions.js';
import { REMOVAL_CASES } from './removal-cases.js';
import { drawEvents, drawRounds, SHAPES, type StreamShape } from './streams.js';
import type { Case, Trial } from './trial.js';

const PLAIN: StreamShape = SHAPES.find((shape) => shape.retries === 'none')!;
const RETRIED: StreamShape = SHAPES.find((shape) => shape.retries === 'many')!;
const NO_QUESTIONS = { ranges: [], spans: [{}] };

export const CASES: readonly Case[] = [
  { name: 'its promises and limits are sound', run: sound },
  { name: 'a fresh store is empty', run: freshIsEmpty },
  { name: 'closing before opening, and twice, is harmless', run: closesTwice },
  { name: 'it opens again after closing, with what promises.survives says', run: opensAgain },
  { name: 'it takes nothing while it is closed', run: takesNothingClosed },
  { name: 'a batch as large as its limit', run: batchAtLimit },
  { name: 'the order of arrival changes no tally', run: anyOrder },
  { name: 'the tallies of adjoining ranges merge to that of both', run: adjoiningRanges },
  { name: 'raw events are read as they were when the reading began', run: readingIsSteady },
  { name: 'it is read while batches are under way', run: readWhileWriting },
  { name: 'a second writer, as promises.writers says', run: secondWriter },
  ...PAGE_CASES,
  ...REMOVAL_CASES,
];

async function sound(trial: Trial): Promise<void> {
  const { promises, limits } = trial.store;
  const must = (what: string, expected: string, got: unknown, right: boolean) => {
    if (!right) throw trial.failure({ what, expected, got: String(got) });
  };
  const { batchEventsMax, batchesInFlightMax } = limits;
  must('limits.batchEventsMax', '1 or more', batchEventsMax, batchEventsMax >= 1);
  must('limits.batchesInFlightMax', '1 or more', batchesInFlightMax, batchesInFlightMax >= 1);
  const { batches, differences, keepsEvents, reads, replays } = promises;
  must('promises.batches', "'whole' or 'contacts'", batches, ['whole', 'contacts'].includes(batches));
  const differs = !keepsEvents || reads === 'eventual' || replays === 'counted' || batches === 'contacts';
  const { verification, recordVerification } = trial.store;
  const paired = (verification === undefined) === (recordVerification === undefined);
  must('verification and recordVerification', 'both or neither', 'one of them', paired);
  const keeps = (trial.store.documents === undefined) === (trial.store.keepDocument === undefined);
  must('documents and keepDocument', 'both or neither', 'one of them', keeps);
  const { archive, everyContact } = trial.store;
  const removes = archive?.removed !== undefined;
  const throws = archive?.discard !== undefined;
  must('archive.removed and archive.discard', 'both or neither', 'one of them', removes === throws);
  must('everyContact', 'there, as archive.removed is', 'left out', !removes || everyContact !== undefined);
  must('promises.differences', 'a word on each difference', '[]', !differs || differences.length > 0);
}

async function freshIsEmpty(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  await trial.compare(drawQuestions([], dice));
}

async function closesTwice(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.attempt('closing before opening', () => trial.store.close());
  await trial.open();
  const events = drawEvents(PLAIN, dice, contacts);
  await trial.play(drawRounds(events, dice, trial.store.limits, false), drawQuestions(events, dice));
  await trial.attempt('closing', () => trial.store.close());
  await trial.attempt('closing twice', () => trial.store.close());
}

async function opensAgain(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const events = drawEvents(RETRIED, dice, contacts);
  const questions = drawQuestions(events, dice);
  const half = events.length >> 1;
  await trial.play(drawRounds(events.slice(0, half), dice, trial.store.limits, false), NO_QUESTIONS);
  await trial.reopen('same');
  if (!trial.persists) {
    // Nothing is promised of the data, but the store must work.
    const outcomes = await trial.attempt('append', () => trial.store.append(events.slice(half, half + 1)));
    if (outcomes.length !== 1) {
      throw trial.failure({ what: 'the number of outcomes', expected: '1', got: `${outcomes.length}` });
    }
    return;
  }
  await trial.compare(questions);
  // The last batch before closing is the one that a write-behind loses.
  await trial.play(drawRounds(events.slice(half), dice, trial.store.limits, false), questions);
}

async function takesNothingClosed(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  await trial.attempt('close', () => trial.store.close());
  const batch = drawEvents(PLAIN, dice, 1).slice(0, 1);
  const code = await codeOf(() => trial.store.append(batch));
  if (!(code in ERRORS)) {
    throw trial.failure({ what: 'append after close', expected: 'a rejection with a known code', got: code });
  }
  if (!trial.persists) return;
  await trial.open();
  await trial.compare(drawQuestions(batch, dice));
}

async function batchAtLimit(trial: Trial, dice: Dice): Promise<void> {
  await trial.open();
  const events: ContactEvent[] = [];
  while (events.length < trial.batchEventsMax)
    events.push(...drawEvents(RETRIED, dice, trial.batchEventsMax));
  const batch = unrepeated(events).slice(0, trial.batchEventsMax);
  await trial.append([batch]);
  const { ranges } = drawQuestions(batch, dice);
  await trial.compare({ ranges: ranges.slice(0, 4), spans: [{}] });
}

async function anyOrder(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const events = drawEvents(PLAIN, dice, contacts);
  const { ranges } = drawQuestions(events, dice);
  const questions = { ranges, spans: [] };
  const inTimeOrder = new Model(
    trial.store.promises.keepsEvents ? trial.store.promises.replays : 'recognised',
  );
  if (trial.store.promises.keepsEvents) await inTimeOrder.append(events);
  for (const { batches } of drawRounds(dice.shuffled(events), dice, trial.store.limits, false)) {
    await trial.append(batches);
  }
  await trial.compare(questions, inTimeOrder);
}

async function adjoiningRanges(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const events = drawEvents(RETRIED, dice, contacts);
  for (const { batches } of drawRounds(events, dice, trial.store.limits, false)) await trial.append(batches);
  await trial.compare(NO_QUESTIONS);
  for (let n = 0; n < 10; n += 1) {
    const [lower, middle, upper] = [0, 1, 2]
      .map(() => bucketStart(dice.pick(events).at, MINUTE))
      .sort((a, b) => a - b) as [number, number, number];
    const [left, right, both] = await trial.attempt('reading ranges', () =>
      Promise.all([
        trial.store.talliesOfRange({ lower, upper: middle }),
        trial.store.talliesOfRange({ lower: middle, upper }),
        trial.store.talliesOfRange({ lower, upper }),
      ]),
    );
    const answers = (rows: typeof both) => ({
      symbols: [],
      ranges: [{ range: { lower, upper }, rows }],
      unmatched: 0,
      events: [],
    });
    const merged = left.map((row, i) => mergeSplit(row, right[i]!));
    trial.check(firstDifference(answers(merged), answers(both), { ties: false, ids: false }));
  }
}

async function readingIsSteady(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const events = unrepeated(drawEvents(PLAIN, dice, contacts));
  const half = events.length >> 1;
  for (const { batches } of drawRounds(events.slice(0, half), dice, trial.store.limits, false)) {
    await trial.append(batches);
  }
  await trial.compare(NO_QUESTIONS);
  const before = await collect(trial.store.events());
  const reading = trial.store.events()[Symbol.asyncIterator]();
  const got: ContactEvent[] = [];
  let next = await trial.attempt('reading events', () => reading.next());
  for (const { batches } of drawRounds(events.slice(half), dice, trial.store.limits, false)) {
    await trial.append(batches);
  }
  while (!next.done) {
    got.push(next.value);
    next = await trial.attempt('reading events while others are appended', () => reading.next());
  }
  const answers = (list: ContactEvent[]) => ({
    symbols: [],
    ranges: [],
    unmatched: 0,
    events: [{ span: {}, events: list }],
  });
  trial.check(firstDifference(answers(before), answers(got), { ties: false, ids: false }));
  await trial.compare(NO_QUESTIONS);
}

async function readWhileWriting(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const events = unrepeated(drawEvents(PLAIN, dice, contacts));
  const questions = drawQuestions(events, dice);
  for (const { batches } of drawRounds(events, dice, trial.store.limits, true)) {
    const [, rows] = await Promise.all([
      trial.append(batches),
      trial.attempt('reading while batches are under way', () =>
        Promise.all(questions.ranges.slice(0, 3).map((range) => trial.store.talliesOfRange(range))),
      ),
    ]);
    const short = rows.find((list) => list.length !== 26);
    if (short !== undefined) {
      throw trial.failure({ what: 'the number of rows', expected: '26', got: `${short.length}` });
    }
  }
  await trial.compare(questions);
}

async function secondWriter(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  if (!trial.hasAnother && !trial.persists) return;
  await trial.open();
  const events = drawEvents(PLAIN, dice, contacts);
  const rounds = drawRounds(events, dice, trial.store.limits, false);
  const other = await trial.another();
  if (trial.store.promises.writers === 'one') {
    const code = await codeOf(() => other.open());
    if (code !== 'STORE_LOCKED') {
      throw trial.failure({ what: 'opening a second writer', expected: 'STORE_LOCKED', got: code });
    }
    await trial.play(rounds, drawQuestions(events, dice));
    return;
  }
  await trial.open(other);
  const first = trial.store;
  for (const [i, { batches }] of rounds.entries()) {
    trial.store = i % 2 === 0 ? first : other;
    await trial.append(batches);
  }
  await other.close();
  trial.store = first;
  if (trial.persists) {
    await trial.reopen('another');
    await trial.compare(drawQuestions(events, dice));
  }
}

/** Without the repeats of an event id, for which the outcome is that of the first time. */
function unrepeated(events: readonly ContactEvent[]): ContactEvent[] {
  return [...new Map(events.map((event) => [`${event.uuid} ${event.id}`, event])).values()];
}

/** The code that a call was rejected with, or a word on what happened instead. */
async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'no rejection';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return typeof code === 'string' ? code : `a rejection without a code: ${describe(error)}`;
  }
}
