import { closest, distance } from 'fastest-levenshtein';
import { TallyboardError } from '../../contract/errors.js';
import type { Command, Flag, Values } from './command.js';

// biome-ignore lint/suspicious/noExplicitAny: each flag has a type of its own.
type AnyFlag = Flag<any>;

const PREFIX = 'TALLYBOARD_';

/** The environment's name of a flag: `--store` is `TALLYBOARD_STORE`, `--log-level` `TALLYBOARD_LOG_LEVEL`. */
export function environmentName(flag: Pick<AnyFlag, 'name'>): string {
  return PREFIX + flag.name.toUpperCase().replaceAll('-', '_');
}

/** The name of a flag's value in the configuration: `log-level` is `logLevel`. */
export function valueName(flag: Pick<AnyFlag, 'name'>): string {
  return flag.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Joins the command line (texts by value name) with the environment and the defaults into one frozen value;
 * the command line wins. Rejects what cannot be read, and variables of ours that no command knows.
 */
export function readConfig(
  command: Command,
  commands: readonly Command[],
  given: Readonly<Record<string, string | boolean | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): Values {
  refuseUnknownVariables(commands, environment);
  const values: Record<string, unknown> = {};
  for (const flag of command.flags) {
    const name = valueName(flag);
    const fromLine = given[name];
    const variable = environmentName(flag);
    if (fromLine === '') {
      // A token that is not there must not open what it is to guard.
      throw new TallyboardError(
        'CONFIG_INVALID',
        `--${flag.name} is empty, as where a variable of the shell is not set: give it a value, or leave it out`,
      );
    }
    const text = fromLine ?? environment[variable];
    const source = fromLine !== undefined ? `--${flag.name}` : variable;
    if (text === undefined || text === '') {
      if (flag.required === true) {
        throw new TallyboardError('CONFIG_INVALID', `--${flag.name} is missing: give it, or set ${variable}`);
      }
      values[name] = flag.value === undefined ? (flag.fallback ?? false) : flag.fallback;
    } else values[name] = readValue(flag, text, source);
  }
  for (const { name } of command.arguments) values[name] = given[name];
  return Object.freeze(values);
}

function readValue(flag: AnyFlag, text: string | boolean, source: string): unknown {
  if (typeof text === 'boolean') return text;
  if (flag.value === undefined) {
    if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
    if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${source} is a switch: set it to true or false, not '${text}'`,
    );
  }
  try {
    return flag.parse === undefined ? text : flag.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TallyboardError('CONFIG_INVALID', `${source}: ${reason}`);
  }
}

function refuseUnknownVariables(
  commands: readonly Command[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const known = [...new Set(commands.flatMap((command) => command.flags.map(environmentName)))];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue;
    throw new TallyboardError(
      'CONFIG_INVALID',
      `the environment variable ${name} is not one of ours${nearest(name, known)}: correct or unset it`,
    );
  }
}

/** ` (did you mean X?)`, where one of the known names is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const candidate = closest(name, [...known]);
  return distance(name, candidate) <= Math.max(3, Math.ceil(name.length / 3))
    ? ` (did you mean ${candidate}?)`
    : '';
}

/** A reader of whole numbers, for a flag's `parse`. */
export function wholeNumber(least: number, greatest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= least && value <= greatest) return value;
    const upTo = greatest === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${greatest}`;
    throw new Error(`'${text}' is not a whole number of at least ${least}${upTo}`);
  };
}

/** A reader of positive numbers, fractions allowed. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0) return value;
  throw new Error(`'${text}' is not a number greater than 0`);
}

/** A reader of one of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): OneOf<T> {
  const read = (text: string) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new Error(`'${text}' is not one of ${words.join(', ')}${nearest(text, words)}`);
  };
  return Object.assign(read, { words });
}

interface OneOf<T> {
  (text: string): T;
  readonly words: readonly T[];
}

/** The words that a flag takes, where it takes no others. */
export function wordsOf({ parse }: AnyFlag): readonly string[] {
  return (parse as Partial<OneOf<string>> | undefined)?.words ?? [];
}
