import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/cli/terminal/command.js';
import { readConfig, wholeNumber } from '../../src/cli/terminal/config.js';

const COMMAND: Command = {
  name: 'try',
  summary: '',
  arguments: [{ name: 'file', description: '' }],
  flags: [
    { name: 'port', value: 'PORT', description: '', fallback: 5000, parse: wholeNumber(0) },
    { name: 'dashboard-token', value: 'TOKEN', description: '' },
    { name: 'access-log', description: '', fallback: false },
  ],
  examples: [],
  run: async () => 0,
};
const OTHER: Command = { ...COMMAND, name: 'other', flags: [{ name: 'to', value: 'DIR', description: '' }] };

const read = (given: Record<string, string | boolean>, environment: Record<string, string>) =>
  readConfig(COMMAND, [COMMAND, OTHER], given, environment);

describe('the configuration', () => {
  it.each<[string, Record<string, string | boolean>, Record<string, string>, object]>([
    ['nothing is given', {}, {}, { port: 5000, dashboardToken: undefined, accessLog: false }],
    [
      'the environment says it',
      {},
      { TALLYBOARD_PORT: '1', TALLYBOARD_ACCESS_LOG: 'on' },
      { port: 1, accessLog: true },
    ],
    ['both say it: the command line', { port: '2' }, { TALLYBOARD_PORT: '1' }, { port: 2 }],
    [
      'the environment is empty',
      {},
      { TALLYBOARD_PORT: '', TALLYBOARD_DASHBOARD_TOKEN: '' },
      { port: 5000, dashboardToken: undefined },
    ],
    ['the variable is another command’s', {}, { TALLYBOARD_TO: 'x' }, { port: 5000 }],
    ['an argument', { file: 'x' }, {}, { file: 'x' }],
  ])('%s', (_, given, environment, expected) => {
    expect(read(given, environment)).toMatchObject(expected);
  });

  it.each<[string, Record<string, string | boolean>, Record<string, string>, string]>([
    ['an empty value', { dashboardToken: '' }, {}, '--dashboard-token is empty'],
    ['one that cannot be read', { port: 'x' }, {}, "--port: 'x' is not a whole number"],
    [
      'the same of the environment',
      {},
      { TALLYBOARD_PORT: 'x' },
      "TALLYBOARD_PORT: 'x' is not a whole number",
    ],
    [
      'a switch that is neither on nor off',
      {},
      { TALLYBOARD_ACCESS_LOG: 'x' },
      'TALLYBOARD_ACCESS_LOG is a switch',
    ],
    ['a variable that no command knows', {}, { TALLYBOARD_PROT: '1' }, '(did you mean TALLYBOARD_PORT?)'],
  ])('refuses %s', (_, given, environment, message) => {
    expect(() => read(given, environment)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
