import { closest, distance } from 'fastest-levenshtein';
import { TallyboardError } from '../contract/errors.js';
import { GROW_CONTACTS } from './plan.js';

/** What a whole run has. */
export const PARTS = ['ingest', 'batch', 'mixed', 'waits', 'growth'] as const;
/** What is measured where it is named alone. */
const EXTRA_PARTS = ['soak'] as const;
const ALL_PARTS = [...PARTS, ...EXTRA_PARTS];
export type Part = (typeof ALL_PARTS)[number];

export interface BenchArguments {
  readonly help: boolean;
  readonly quick: boolean;
  /** Undefined: every engine that can be measured as things are. */
  readonly stores: readonly string[] | undefined;
  /** Engines from elsewhere, as `addEngines` reads them. */
  readonly engine: string | undefined;
  readonly parts: readonly Part[];
  readonly growTo: number | undefined;
  readonly rounds: number | undefined;
  readonly minutes: number | undefined;
  readonly compare: string | undefined;
  readonly out: string | undefined;
  readonly data: string | undefined;
}

export const HELP = `Usage: npm run bench -- [options]

Measures every store beside the store that keeps nothing and the naive reference, in one run, and writes
tables, charts and figures. Whole: some 20 minutes, half an hour with all engines; with --grow longer.

Options:
  --quick          a smoke run, in minutes: that it works, not how fast
  --stores URLS    measure these stores, separated by commas; a scheme alone (journal:, redis:) gets a fresh
                   folder, and servers of its engine where it needs some and they are installed; any other is
                   filled with made-up contacts and left so: name an empty one
  --engine SCHEME=MODULE,…
                   engines of your own, as for tallyboard serve
  --parts PARTS    some of ${PARTS.join(', ')} only, separated by commas
                   also soak: half of full ingest for many minutes beside exports and verifications
  --minutes N      how long a soak takes (default: 30)
  --grow           let the growth go on to ${GROW_CONTACTS.toLocaleString('en-US')} contacts
  --grow-to N      let the growth go on to N contacts
  --rounds N       how many rounds of ingest (default: 5; quick: 1)
  --compare REV    build another revision into a temporary folder, and measure ingest on both in turn
  --out DIR        where to write (default: docs for a run with all parts, else a temporary folder)
  --data DIR       where the data of the stores go: a folder on a real disk (default: the system's folder
                   for temporary files)
  -h, --help       show this

Examples:
  npm run bench
  npm run bench -- --quick
  npm run bench -- --grow --data /var/tmp
  npm run bench -- --stores journal:,redis:,redis://localhost:6379/9 --out /tmp/bench
  npm run bench -- --stores journal: --parts soak --minutes 3
  npm run bench -- --compare HEAD~1 --rounds 10`;

/** Reads the command line; throws `CONFIG_INVALID` and says what would be right. */
export function readArguments(words: readonly string[]): BenchArguments {
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] === '-h' ? '--help' : words[at]!;
    const [name, inline] = splitFlag(word);
    const takesValue = FLAGS[name];
    if (takesValue === undefined)
      throw refusal(`${name} is not an option${nearest(name, Object.keys(FLAGS))}`);
    if (given.has(name)) throw refusal(`${name} is given twice: give it once`);
    if (!takesValue) {
      if (inline !== undefined) throw refusal(`${name} is a switch and takes no value`);
      given.set(name, '');
      continue;
    }
    if (inline === undefined) at += 1;
    const value = inline ?? words[at];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
      throw refusal(`${name} needs a value: npm run bench -- --help shows it`);
    }
    given.set(name, value);
  }
  if (given.has('--grow') && given.has('--grow-to')) {
    throw refusal('--grow and --grow-to are both given: --grow-to alone says how far');
  }
  if (given.has('--compare')) refuseWithCompare(given);
  return {
    help: given.has('--help'),
    quick: given.has('--quick'),
    stores: given.has('--stores') ? splitUrls(given.get('--stores')!) : undefined,
    engine: given.get('--engine'),
    parts: given.has('--parts') ? readParts(given.get('--parts')!) : PARTS,
    growTo: given.has('--grow') ? GROW_CONTACTS : wholeNumber(given, '--grow-to', GROW_CONTACTS_LEAST),
    rounds: wholeNumber(given, '--rounds', 1),
    minutes: wholeNumber(given, '--minutes', 1),
    compare: given.get('--compare'),
    out: given.get('--out'),
    data: given.get('--data'),
  };
}

/**
 * Splits store URLs at commas. A comma may stand within a URL as well, between the hosts of a cluster: only
 * one that another scheme follows ends a URL.
 */
export function splitUrls(text: string): string[] {
  return text.split(/,(?=[a-z][a-z0-9+.-]*:(?!\d))/).map((url) => url.trim());
}

/** Whether each flag takes a value. */
const FLAGS: Readonly<Record<string, boolean>> = {
  '--quick': false,
  '--stores': true,
  '--engine': true,
  '--parts': true,
  '--grow': false,
  '--grow-to': true,
  '--rounds': true,
  '--minutes': true,
  '--compare': true,
  '--out': true,
  '--data': true,
  '--help': false,
};

const GROW_CONTACTS_LEAST = 1000;

function splitFlag(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function refuseWithCompare(given: ReadonlyMap<string, string>): void {
  for (const name of ['--grow', '--grow-to', '--parts']) {
    if (given.has(name)) throw refusal(`--compare measures ingest only: leave ${name} out`);
  }
}

function readParts(text: string): Part[] {
  return text.split(',').map((word) => {
    const part = ALL_PARTS.find((candidate) => candidate === word.trim());
    if (part !== undefined) return part;
    throw refusal(`--parts: '${word}' is not one of ${ALL_PARTS.join(', ')}${nearest(word, ALL_PARTS)}`);
  });
}

function wholeNumber(given: ReadonlyMap<string, string>, name: string, least: number): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll('_', ''));
  if (/^[\d_]+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw refusal(`${name}: '${text}' is not a whole number of at least ${least}`);
}

function nearest(name: string, known: readonly string[]): string {
  const candidate = closest(name, [...known]);
  return distance(name, candidate) <= Math.max(3, Math.ceil(name.length / 3))
    ? ` (did you mean ${candidate}?)`
    : '';
}

function refusal(detail: string): TallyboardError {
  return new TallyboardError('CONFIG_INVALID', detail);
}
