import { rm } from 'node:fs/promises';
import type { Dice } from '../../../../src/contract/conformance/dice.js';
import { TallyboardError } from '../../../../src/contract/errors.js';
import { Examination, Failure, lines, openJournal } from './examination.js';
import { copyDirectory } from './flips.js';
import type { Script } from './script.js';

/** What became of a trial. */
export interface Finding {
  /** Whether it may be so. */
  readonly ok: boolean;
  readonly outcome: string;
  readonly detail: string;
}

export interface Given {
  readonly directory: string;
  /** The options of the store's URL, from the `?` on. */
  readonly options: string;
  readonly script: Script;
  readonly dice: Dice;
  readonly meanwhile?: () => Promise<void>;
  /** Why a refusal is right; undefined where the journal has all that was ever acknowledged. */
  readonly refusable?: string | undefined;
}

/** Plays the script on a store whose journal is whole, whatever lies beside it. */
export async function outcomeBeside(given: Given): Promise<Finding> {
  const { directory, options, script, dice, meanwhile, refusable } = given;
  const examination = new Examination(`journal:${directory}${options}`, script);
  try {
    await examination.run(dice, meanwhile);
  } catch (error) {
    if (!(error instanceof TallyboardError)) throw error;
    const refusal = `${error.code}: ${error.message}`;
    // Only a start rejects with one of ours.
    if (refusable === undefined) throw new Failure('false refusal', refusal, error);
    await followAdvice(given, error.message);
    return { ok: true, outcome: 'refused, and right when its advice was taken', detail: refusal };
  }
  return { ok: true, outcome: wordFor(examination), detail: examination.log.lines.join('; ') };
}

function wordFor({ restarts, refusals, log }: Examination): string {
  if (restarts > 0) return 'refused with 503 until a restart, then right';
  if (refusals > 0) return 'refused with 503, then right by itself';
  return log.lines.length > 0 ? 'right, and it said what it did' : 'right';
}

/** Does each thing that a refusal advises, on a copy of its own: each must lead to a store that is right. */
async function followAdvice({ directory, options, script, dice }: Given, message: string): Promise<void> {
  const deleted = /\bdelete ((?:(?: and )?\/\S+)+)/.exec(message)?.[1]?.split(' and ') ?? [];
  const salvages = message.includes('--salvage');
  if (deleted.length === 0 && !salvages) throw new Failure('refusal without a way out', message);
  const copy = `${directory}-advised`;
  for (const way of [...(deleted.length > 0 ? ['delete'] : []), ...(salvages ? ['salvage'] : [])]) {
    await copyDirectory(directory, copy);
    try {
      const url = `journal:${copy}${options}`;
      if (way === 'salvage') await (await openJournal(url, lines(), true)).close();
      else {
        for (const path of deleted) {
          const name = path.replace(/[,.:;]$/, '').replace(directory, copy);
          if (!name.startsWith(copy)) throw new Failure('refusal without a way out', message);
          await rm(name, { recursive: true });
        }
      }
      await new Examination(url, script).run(dice);
    } catch (error) {
      if (error instanceof Failure) error.message = `after '${way}', as '${message}' says: ${error.message}`;
      throw error;
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }
}

/** Words for what was thrown: a `Failure`, or the mistake of a trial. */
export function findingOf(error: unknown): Finding {
  if (error instanceof Failure) return { ok: false, outcome: error.outcome, detail: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ok: false, outcome: 'rejected', detail: text };
}
