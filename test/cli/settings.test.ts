import { expect, it } from 'vitest';
import { buildProgram, COMMANDS } from '../../src/cli/main.js';
import { type Command, type Flag, shortOf } from '../../src/cli/terminal/command.js';
import { environmentName } from '../../src/cli/terminal/config.js';

it('docs/settings.md says what --help says (if not: npx vitest run test/cli/settings.test.ts --update)', async () => {
  await expect(settings(COMMANDS)).toMatchFileSnapshot('../../docs/settings.md');
});

it('--help names each command in three lines at most, and ends a summary where it pauses', () => {
  const help = buildProgram(async () => {}).helpInformation();
  for (const command of COMMANDS) expect(shortOf(command).length, command.name).toBeLessThan(130);
  expect(help.split('\n').length).toBeLessThan(60);
  expect(shortOf({ summary: 'Say so: at 12:30, and v1.2. Then more.' })).toBe('Say so');
});

function settings(commands: readonly Command[]): string {
  const intro =
    'What `tallyboard COMMAND --help` says of each command, made from the same source. A setting of the environment counts where the flag is not given.';
  return `${['# Commands and their settings', intro, ...commands.map(section)].join('\n\n')}\n`;
}

function section({ name, summary, arguments: taken, flags, examples }: Command): string {
  const words = taken.map((argument) => ` <${argument.name}>`).join('');
  const table = ['| flag | default | environment | what |', '|---|---|---|---|', ...flags.map(row)].join(
    '\n',
  );
  const shown = ['```', ...examples, '```'].join('\n');
  return [`## ${name}${words}`, summary, ...(flags.length === 0 ? [] : [table]), shown].join('\n\n');
}

// biome-ignore lint/suspicious/noExplicitAny: each flag has a type of its own.
function row(flag: Flag<any>): string {
  const value = flag.value === undefined ? '' : ` ${flag.value}`;
  const fallback = flag.value === undefined ? 'off' : (flag.fallbackText ?? flag.fallback ?? '');
  const whenLeftOut = flag.required === true ? 'required' : String(fallback);
  const cells = [`\`--${flag.name}${value}\``, whenLeftOut, `\`${environmentName(flag)}\``, flag.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
