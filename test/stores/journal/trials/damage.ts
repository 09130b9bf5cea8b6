import { TallyboardError } from '../../../../src/contract/errors.js';
import { Examination, Failure, lines, openJournal } from './examination.js';
import { type Held, isSame, withoutFrame, withoutLost } from './ledger.js';
import type { Finding, Given } from './outcome.js';
import { writeScript } from './script.js';

const REFUSALS = ['STORE_DAMAGED', 'STORE_FORMAT'];

/**
 * Plays the script on a store in whose journal a bit was turned, or is turned `meanwhile`: nothing may be
 * wrong in silence, and `--salvage` must keep all but the frame with the bit.
 */
export async function outcomeInJournal(given: Given, seed: number): Promise<Finding> {
  const { directory, options, dice, meanwhile } = given;
  const url = `journal:${directory}${options}`;
  let { script } = given;
  let examination = new Examination(url, script, { journalIsDamaged: true });
  let word: string;
  let said = '';
  try {
    if (meanwhile === undefined) {
      const cut = await lookForCut(url, script.held);
      if (cut !== undefined) {
        script = await writeScript(cut.held, seed);
        examination = new Examination(url, script, { journalIsDamaged: true });
        said = cut.said;
      }
    }
    await examination.run(dice, meanwhile);
    word = examination.damageFound > 0 ? 'found when events are read, all else right' : 'right';
    if (said !== '') word = 'the last frame was cut off, and the log said so';
  } catch (error) {
    if (!(error instanceof TallyboardError)) throw error;
    said = `${error.code}: ${error.message}`;
    if (!REFUSALS.includes(error.code)) throw new Failure('wrong refusal', said, error);
    word = 'refused at the start';
  }
  const { begun } = examination;
  const lost = await salvage(given, begun === 0 ? script.held : script.rounds[begun - 1]!.held, seed);
  return { ok: true, outcome: `${word}; the salvage lost ${lost}`, detail: said };
}

/** Opens the store: what it held less the last frame, where it said that it cut the end off. */
async function lookForCut(url: string, held: Held): Promise<{ held: Held; said: string } | undefined> {
  const log = lines();
  const store = await openJournal(url, log);
  try {
    const said = log.lines.find((line) => line.includes('cut off'));
    const there = (await store.lastEvents!(1))[0];
    if (said === undefined || isSame(there, held.events.at(-1))) return undefined;
    return { held: withoutFrame(held, held.frames.length - 1), said };
  } finally {
    await store.close();
  }
}

/** Salvages, and plays a script on what is left. Answers with what was lost, in words. */
async function salvage({ directory, options, dice }: Given, held: Held, seed: number): Promise<string> {
  const url = `journal:${directory}${options}`;
  const store = await openJournal(url, lines(), true);
  const kept = await store.lastEvents!(Number.MAX_SAFE_INTEGER);
  await store.close();
  const left = withoutLost(held, kept);
  if (left === undefined) {
    throw new Failure('the salvage lost more', `of ${held.events.length} events ${kept.length} were kept`);
  }
  try {
    await new Examination(url, await writeScript(left, seed)).run(dice);
  } catch (error) {
    if (error instanceof Failure) error.message = `after the salvage: ${error.message}`;
    throw error;
  }
  return left === held ? 'nothing' : 'one frame';
}
