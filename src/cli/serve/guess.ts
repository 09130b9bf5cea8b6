import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { describe, TallyboardError } from '../../contract/errors.js';
import { SYMBOLS } from '../../domain/contact.js';
import type { Guess, RandomSource } from '../../domain/guess.js';

/**
 * The guess of a file that exports `guess(symbol, random)`, asked for every symbol once. Rejects with
 * `CONFIG_INVALID`. A guess that fails later, or answers neither true nor false, throws `GUESS_FAILED`.
 */
export async function loadGuess(file: string, random: RandomSource): Promise<Guess> {
  const model = await load(file);
  const guess: Guess = (symbol) => answerOf(file, symbol, () => model(symbol, random));
  try {
    // With chance of its own, lest --seed fix another order.
    for (const symbol of SYMBOLS) answerOf(file, symbol, () => model(symbol, Math.random));
  } catch (error) {
    throw new TallyboardError('CONFIG_INVALID', `--guess: ${describe(error)}`);
  }
  return guess;
}

type Model = (symbol: string, random: RandomSource) => unknown;

async function load(file: string): Promise<Model> {
  const refuse = (what: string) => new TallyboardError('CONFIG_INVALID', `--guess: ${what}`);
  const path = resolve(file);
  if (!existsSync(path)) throw refuse(`there is no file '${file}': look at the path`);
  let module: { readonly guess?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (error) {
    const [reason] = describe(error).split('\n');
    throw refuse(`'${file}' cannot be loaded: ${reason}: mend it`);
  }
  const { guess } = module;
  if (typeof guess === 'function') return guess as Model;
  throw refuse(`'${file}' exports no function guess: write export function guess(symbol, random) { … }`);
}

function answerOf(file: string, symbol: string, ask: () => unknown): boolean {
  let answer: unknown;
  try {
    answer = ask();
  } catch (error) {
    throw new TallyboardError('GUESS_FAILED', `guess('${symbol}') of '${file}' failed`, { cause: error });
  }
  if (typeof answer === 'boolean') return answer;
  // One that nobody waits for would end the process where it is rejected.
  if (answer instanceof Promise) answer.catch(() => {});
  const what = answer instanceof Promise ? 'a promise' : inspect(answer, { depth: 0, breakLength: Infinity });
  throw new TallyboardError(
    'GUESS_FAILED',
    `guess('${symbol}') of '${file}' answered ${what}: it has to answer true or false, at once`,
  );
}
