import { type ErrorCode, TallyboardError } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';

/** A flag of a command: `--name` on the command line, `TALLYBOARD_NAME` in the environment. */
export interface Flag<T> {
  /** Without the dashes; words joined by `-`. */
  readonly name: string;
  /** What stands for the value in `--help`; left out for a switch. */
  readonly value?: string;
  readonly description: string;
  /** The value when the flag is not given; a flag without one may be undefined in the configuration. */
  readonly fallback?: T;
  /** The same as `--help` shows it, where it is not the text that would be given. */
  readonly fallbackText?: string;
  readonly required?: boolean;
  /** Reads the value; throws an `Error` whose message says what would be right. Left out: any text will do. */
  readonly parse?: (text: string) => T;
}

export interface Argument {
  readonly name: string;
  readonly description: string;
  /** The words that it takes, where it takes no others. */
  readonly choices?: readonly string[];
  readonly isOptional?: boolean;
}

/** What a command is given to speak with. Tests hand in their own. */
export interface Terminal {
  /** What the command is asked for: data, tables. */
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Progress and errors. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly log: Log;
  /** Aborted by the first signal that asks the process to end. */
  readonly interrupted: AbortSignal;
}

/** Of a command with a store that is the embedded one by default; `description`: what it does with it. */
export function storeFlag(description: string): Flag<string> {
  return { name: 'store', value: 'URL', description, fallback: 'journal:./data' };
}

/** Of each command with a store. */
export const ENGINE_FLAG: Flag<string> = {
  name: 'engine',
  value: 'SCHEME=MODULE,…',
  description:
    'engines of your own: a file, or a package that is installed in this folder, for store URLs of a scheme',
};

/** An argument that an action needs; throws `CONFIG_INVALID` where it was not given. */
export function argumentFor(action: string, what: string, given: string | undefined): string {
  if (given !== undefined) return given;
  throw new TallyboardError(
    'CONFIG_INVALID',
    `${action} needs ${what}: tallyboard ${action.split(' ')[0]} --help has an example`,
  );
}

/** The values of a command's flags, by their name in camelCase, and of its arguments. */
export type Values = Readonly<Record<string, unknown>>;

/** One command of the command line. `run` answers with the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  // biome-ignore lint/suspicious/noExplicitAny: each flag has a type of its own.
  readonly flags: readonly Flag<any>[];
  /** Whether it may take long beside a server, and leaves the processor to others. */
  readonly givesWay?: boolean;
  /** Complete command lines, shown at the end of `--help`. */
  readonly examples: readonly string[];
  run(values: Values, terminal: Terminal): Promise<number>;
}

/** What a command does in a line, for a list of all: its summary up to the first pause. */
export function shortOf({ summary }: Pick<Command, 'summary'>): string {
  return summary.split(/[.:](?:\s|$)/, 1)[0]!;
}

/** What commands end with. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_INTERRUPTED = 130;
export const EXIT_USAGE = 2;

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'QUERY_INVALID',
  'STORE_URL_INVALID',
  'BOUND_INVALID',
  'BOUND_TOO_FINE',
  'RANGE_REVERSED',
  'ZONE_UNKNOWN',
]);

/** 2 where what was asked for cannot be read, 1 where it could not be done. */
export function exitCodeOf(error: unknown): number {
  return error instanceof TallyboardError && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}
