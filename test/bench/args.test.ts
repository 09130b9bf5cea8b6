import { describe, expect, test } from 'vitest';
import { HELP, PARTS, readArguments, splitUrls } from '../../src/bench/args.js';

describe('the arguments of the bench', () => {
  test('are a whole run where none are given', () => {
    expect(readArguments([])).toEqual({
      help: false,
      quick: false,
      stores: undefined,
      parts: PARTS,
      growTo: undefined,
      rounds: undefined,
      compare: undefined,
      out: undefined,
      data: undefined,
    });
  });

  test('are read with a space and with an equals sign', () => {
    const words = ['--quick', '--stores', 'journal:', '--grow-to=2_000_000', '--rounds', '7', '--out=/a=b'];
    expect(readArguments(words)).toMatchObject({
      quick: true,
      stores: ['journal:'],
      growTo: 2_000_000,
      rounds: 7,
      out: '/a=b',
    });
    expect(readArguments(['--grow']).growTo).toBe(50_000_000);
    expect(readArguments(['--parts', 'ingest,growth']).parts).toEqual(['ingest', 'growth']);
    expect(readArguments(['--compare', 'HEAD~1', '--quick']).compare).toBe('HEAD~1');
    expect(readArguments(['-h']).help).toBe(true);
  });

  test.each([
    [['--quik'], '--quik is not an option (did you mean --quick?)'],
    [['--store', 'journal:'], '--store is not an option (did you mean --stores?)'],
    [['everything'], 'everything is not an option'],
    [['--stores'], '--stores needs a value'],
    [['--stores', '--quick'], '--stores needs a value'],
    [['--out='], '--out needs a value'],
    [['--quick=yes'], '--quick is a switch and takes no value'],
    [['--quick', '--quick'], '--quick is given twice'],
    [['--grow-to', '12.5'], "--grow-to: '12.5' is not a whole number of at least 1000"],
    [['--grow-to', '10'], "--grow-to: '10' is not a whole number of at least 1000"],
    [['--rounds', '0'], "--rounds: '0' is not a whole number of at least 1"],
    [['--grow', '--grow-to', '5000'], '--grow and --grow-to are both given'],
    [
      ['--parts', 'ingst'],
      "'ingst' is not one of ingest, batch, mixed, waits, growth, soak (did you mean ingest?)",
    ],
    [['--compare', 'HEAD', '--grow'], '--compare measures ingest only: leave --grow out'],
  ])('%j are refused', (words, reason) => {
    expect(() => readArguments(words)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => readArguments(words)).toThrow(reason);
  });

  test('are all in the help', () => {
    for (const flag of [
      '--quick',
      '--stores',
      '--engine',
      '--parts',
      '--grow',
      '--grow-to',
      '--rounds',
      '--compare',
    ]) {
      expect(HELP).toContain(`  ${flag} `);
    }
  });
});

describe('store URLs', () => {
  test.each([
    ['journal:', ['journal:']],
    ['journal:,redis://localhost:6379/9', ['journal:', 'redis://localhost:6379/9']],
    ['mongodb://a:27017,b:27018/db?x=1,journal:?a=2', ['mongodb://a:27017,b:27018/db?x=1', 'journal:?a=2']],
    ['mongodb://a,b/db,null:', ['mongodb://a,b/db', 'null:']],
  ])('%s', (text, urls) => {
    expect(splitUrls(text)).toEqual(urls);
  });
});
