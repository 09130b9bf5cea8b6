import { Argument, CommanderError, Option, Command as Program } from 'commander';
import { addEngines } from '../stores/index.js';
import { digestCommand } from './ask/digest.js';
import { noteCommand } from './ask/note.js';
import { shareCommand } from './ask/share.js';
import { simulateCommand } from './ask/simulate.js';
import { statusCommand } from './ask/status.js';
import { doctorCommand } from './serve/doctor.js';
import { serve } from './serve/serve.js';
import { archiveCommand } from './store/archive.js';
import { backupCommand, restoreCommand } from './store/backup.js';
import { copyCommand } from './store/copy.js';
import { exportCommand } from './store/export.js';
import { importCommand } from './store/import.js';
import { pruneCommand } from './store/prune.js';
import { rebuildCommand } from './store/rebuild.js';
import { sqlCommand } from './store/sql.js';
import { verifyCommand } from './store/verify.js';
import {
  type Command,
  EXIT_OK,
  EXIT_USAGE,
  exitCodeOf,
  type Flag,
  shortOf,
  type Terminal,
} from './terminal/command.js';
import { completionCommand } from './terminal/completion.js';
import { environmentName, nearest, readConfig } from './terminal/config.js';
import { createLog, type LogLevel } from './terminal/log.js';
import { endWith, explain, firstSignal, giveWay, guardStreams, parentGone } from './terminal/process.js';
import { version } from './terminal/version.js';

export const COMMANDS: readonly Command[] = [
  serve,
  simulateCommand,
  importCommand,
  exportCommand,
  copyCommand,
  verifyCommand,
  rebuildCommand,
  archiveCommand,
  pruneCommand,
  sqlCommand,
  backupCommand,
  restoreCommand,
  statusCommand,
  digestCommand,
  noteCommand,
  shareCommand,
  doctorCommand,
  completionCommand(() => COMMANDS),
];

/** The command line: runs one command and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const streams = guardStreams(process);
  let code = EXIT_OK;
  let answers = true;
  const program = buildProgram(async (command, given) => {
    const values = readConfig(command, COMMANDS, given, process.env);
    if (typeof values.engine === 'string') addEngines(values.engine);
    const level = typeof values.logLevel === 'string' ? (values.logLevel as LogLevel) : 'info';
    const terminal: Terminal = {
      stdout: process.stdout,
      stderr: process.stderr,
      log: createLog(process.stderr, level),
      // The server that started it may be killed.
      interrupted: command.givesWay === true ? AbortSignal.any([firstSignal(), parentGone()]) : firstSignal(),
    };
    // What a server says is for whoever looks on: its answers go to clients.
    answers = command !== serve;
    if (command.givesWay === true) giveWay();
    code = await command.run(values, terminal);
  });
  try {
    refuseUnknownCommand(program, argv.slice(2));
    await program.parseAsync(argv).catch(unlessAnswered);
    if (answers) await streams.written();
  } catch (error) {
    code = report(error);
  }
  endWith(code);
}

/** The commands as commander knows them; `run` is called with what the command line gave. */
export function buildProgram(
  run: (command: Command, given: Record<string, string | boolean | undefined>) => Promise<void>,
): Program {
  const program = new Program('tallyboard')
    .description('Answers clients, logs their contacts, and keeps exact, live tallies.')
    .version(version(), '-v, --version')
    .showSuggestionAfterError()
    .showHelpAfterError('(tallyboard --help, or tallyboard COMMAND --help, says more)')
    .exitOverride();
  for (const command of COMMANDS) {
    const sub = program.command(command.name).summary(shortOf(command)).description(command.summary);
    sub.exitOverride();
    for (const { name, description, choices, isOptional = false } of command.arguments) {
      const argument = new Argument(isOptional ? `[${name}]` : `<${name}>`, description);
      sub.addArgument(choices === undefined ? argument : argument.choices([...choices]));
    }
    for (const flag of command.flags) sub.addOption(optionOf(flag));
    sub.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`);
    sub.action(async (...parameters: unknown[]) => {
      const given: Record<string, string | boolean | undefined> = { ...sub.opts() };
      for (const [i, { name }] of command.arguments.entries()) given[name] = parameters[i] as string;
      await run(command, given);
    });
  }
  return program;
}

// biome-ignore lint/suspicious/noExplicitAny: each flag has a type of its own.
function optionOf(flag: Flag<any>): Option {
  const notes = [`env: ${environmentName(flag)}`];
  if (flag.fallback !== undefined && flag.value !== undefined) {
    notes.unshift(`default: ${flag.fallbackText ?? flag.fallback}`);
  }
  if (flag.required === true) notes.unshift('required');
  const value = flag.value === undefined ? '' : ` <${flag.value.replace(/^<|>$/g, '')}>`;
  return new Option(`--${flag.name}${value}`, `${flag.description} (${notes.join(', ')})`);
}

/** Commander answers a request for help with a command that is not there by the help of all. */
function refuseUnknownCommand(program: Program, words: readonly string[]): void {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  const known = program.commands.map((command) => command.name());
  if (name === undefined || known.includes(name)) return;
  program.error(`error: unknown command '${name}'${nearest(name, known)}`);
}

/** Of `--help` and `--version` commander makes an error. */
function unlessAnswered(error: unknown): void {
  if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
}

function report(error: unknown): number {
  // Commander has written its own message already.
  if (error instanceof CommanderError) return EXIT_USAGE;
  process.stderr.write(`tallyboard: ${explain(error)}\n`);
  return exitCodeOf(error);
}
