import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 300;

/** What each room may import besides itself, node's own modules and packages. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contract: ['domain'],
  client: [],
  faults: ['domain', 'contract', 'stores'],
  reading: [],
  simulator: ['domain'],
  stores: ['domain', 'contract'],
  http: ['domain', 'contract'],
  transfer: ['domain', 'contract'],
  bench: ['domain', 'contract', 'stores', 'http', 'simulator'],
  cli: ['domain', 'contract', 'stores', 'http', 'simulator', 'transfer', 'bench', 'reading'],
};

/** An engine that keeps what it answers from in another one. */
const STANDS_ON: Readonly<Record<string, string>> = { rabbitmq: 'journal' };

/** Most of what the program consists of, for one command each: loaded where that runs. */
const LOADED_LATE = [
  'http/server.js',
  'http/metrics/metrics.js',
  'simulator/simulate.js',
  'reading/sentence.js',
  'cli/ask/digest-text.js',
];

/** The package's own entry says what others may use; it joins nothing. */
const ENTRY = 'index.ts';
const ENTRY_MAY_IMPORT = ['domain', 'contract', 'stores', 'http'];

/** The page has types of these, and how numbers are read; all other things it has over HTTP. */
const WEB_MAY_TYPE = /^src\/(domain\/|http\/routes\/(dashboard-|kept-)?schemas\.js$)/;
const WEB_MAY_IMPORT = /^src\/reading\//;

/** These are for browsers, too: they have the same types, and those of the errors. */
const FOR_BROWSERS = ['client', 'reading'];
const BROWSERS_MAY_TYPE = /^(domain\/|contract\/errors\.js$|http\/routes\/(dashboard-|kept-)?schemas\.js$)/;

/** What would let the clock, chance or the machine into the domain. */
const IMPURE = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\b|\bprocess\b|\bcrypto\b/;

interface Source {
  /** Below src, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  readonly lazy: boolean;
  readonly typesOnly: boolean;
}

let sources: Source[];
let tests: Source[];
let pages: Source[];
beforeAll(async () => {
  sources = await readSources('src');
  tests = await readSources('test');
  pages = await readSources('web');
});

describe('the house', () => {
  it('has the rooms of the table, and no others', () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)).filter((room) => room !== ENTRY));
    expect([...rooms].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
    for (const room of ['domain', 'contract', 'stores']) expect([...rooms]).toContain(room);
  });

  it('imports only what the table allows', () => {
    expect(sources.flatMap(forbiddenImports)).toEqual([]);
  });

  it('has a page that knows the types of the answers, and no code of the server', () => {
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.flatMap(forbiddenPageImports)).toEqual([]);
  });

  it('has a domain without clock, chance and machine', () => {
    expect(sources.filter(isImpure).map(({ path }) => path)).toEqual([]);
  });

  it('reads the environment in cli only', () => {
    expect(sources.filter(readsEnvironment).map(({ path }) => path)).toEqual([]);
    expect(sources.some(({ path, text }) => path.startsWith('cli/') && text.includes('process.env'))).toBe(
      true,
    );
  });

  it('leaves nothing of what tests share to the end of one file', () => {
    expect(tests.filter(endsWithOneFile).map(({ path }) => path)).toEqual([]);
  });

  it(`has no file of more than ${LINES_MAX} lines`, () => {
    expect([...sources, ...tests, ...pages].filter(isTooLong).map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules refuse', () => {
  it.each([
    ['domain/x.ts', "import { a } from '../contract/errors.js';", '../contract/errors.js'],
    ['domain/x.ts', "import { readFile } from 'node:fs/promises';", 'node:fs/promises'],
    ['domain/x.ts', "import fs from 'fs';", 'fs'],
    ['contract/x.ts', "export { a } from '../stores/null.js';", '../stores/null.js'],
    ['contract/conformance/x.ts', "import '../../stores/null.js';", '../../stores/null.js'],
    ['http/x.ts', "const a = await import('../stores/index.js');", '../stores/index.js'],
    ['http/x.ts', "import type {\n  A,\n  B,\n} from '../transfer/copy.js';", '../transfer/copy.js'],
    ['transfer/x.ts', "import { a } from '../cli/progress.js';", '../cli/progress.js'],
    ['simulator/x.ts', "import { a } from '../contract/errors.js';", '../contract/errors.js'],
    ['client/x.ts', "import { a } from '../domain/time.js';", '../domain/time.js'],
    ['client/x.ts', "import type { A } from '../http/server.js';", '../http/server.js'],
    ['client/x.ts', "import { request } from 'undici';", 'undici'],
    ['reading/x.ts', "import { DAY } from '../domain/time.js';", '../domain/time.js'],
    ['reading/x.ts', "import { request } from 'undici';", 'undici'],
    ['bench/x.ts', "import { a } from '../cli/log.js';", '../cli/log.js'],
    ['cli/x.ts', "import { a } from '../http/server.js';", '../http/server.js'],
    ['stores/null.ts', "import { a } from './sqlite-reference.js';", './sqlite-reference.js'],
    ['stores/null.ts', "import { a } from './index.js';", './index.js'],
    ['stores/journal/x.ts', "import { a } from '../null.js';", '../null.js'],
    ['stores/journal/x.ts', "import { a } from '../rabbitmq/index.js';", '../rabbitmq/index.js'],
    ['stores/shared/x.ts', "import { a } from '../null.js';", '../null.js'],
    ['stores/index.ts', "import { a } from './null.js';", './null.js'],
    ['index.ts', "export { a } from './cli/main.js';", './cli/main.js'],
    ['stores/null.ts', "import { a } from '../../test/shared-data.js';", '../../test/shared-data.js'],
  ])('in %s: %s', (path, text, found) => {
    expect(forbiddenImports({ path, text })).toEqual([`${path} imports ${found}`]);
  });

  it.each([
    [
      'contract/x.ts',
      "import { AssertionError } from 'node:assert';\nimport { a } from '../domain/time.js';",
    ],
    ['domain/x.ts', "import { Temporal } from 'temporal-polyfill';"],
    ['client/x.ts', "import type { TallyRow } from '../http/routes/schemas.js';"],
    ['stores/journal/x.ts', "import { a } from './y.js';\nimport { b } from '../shared/z.js';"],
    ['stores/rabbitmq/x.ts', "import { a } from '../journal/index.js';"],
    ['stores/sqlite-reference.ts', "import { a } from './sqlite-reference/rows.js';"],
    ['stores/index.ts', "const a = () => import('./null.js');"],
    ['cli/x.ts', "import { a } from '../bench/run.js';"],
    ['cli/x.ts', "const a = await import('../http/server.js');"],
    ['cli/x.ts', "import type { A } from '../simulator/simulate.js';"],
  ])('nothing in %s: %s', (path, text) => {
    expect(forbiddenImports({ path, text })).toEqual([]);
  });

  it.each([
    ['x.ts', "import { DAY } from '../src/domain/time.js';", false],
    ['x.ts', "import type { SeriesStep } from '../src/domain/series.js';", true],
    ['x.ts', "import { sentenceOf } from '../src/reading/sentence.js';", true],
    ['parts/x.tsx', "import type { TallyRow } from '../../src/http/routes/schemas.js';", true],
    ['x.ts', "import { type GuessRow } from '../src/http/routes/dashboard-schemas.js';", false],
    ['x.ts', "import type { LiveHub } from '../src/http/live/hub.js';", false],
    ['x.ts', "import { readFile } from 'node:fs/promises';", false],
    ['parts/x.tsx', "import { number } from '../format.js';", true],
    ['vite.config.ts', "import { gzipSync } from 'node:zlib';", true],
  ])('of the page, in %s: %s', (path, text, allowed) => {
    expect(forbiddenPageImports({ path, text })).toHaveLength(allowed ? 0 : 1);
  });

  it('what they are meant for', () => {
    expect(isImpure({ path: 'domain/x.ts', text: 'const now = Date.now();' })).toBe(true);
    expect(isImpure({ path: 'domain/x.ts', text: 'const now = new Date();' })).toBe(true);
    expect(isImpure({ path: 'domain/x.ts', text: 'const a = Math.random();' })).toBe(true);
    expect(isImpure({ path: 'domain/x.ts', text: 'const a = new Date(0); // no Date.now' })).toBe(false);
    expect(isImpure({ path: 'http/x.ts', text: 'const now = Date.now();' })).toBe(false);
    expect(readsEnvironment({ path: 'http/x.ts', text: 'process.env.HOME' })).toBe(true);
    expect(readsEnvironment({ path: 'http/x.ts', text: "import { env } from 'node:process';" })).toBe(true);
    expect(readsEnvironment({ path: 'cli/x.ts', text: 'process.env' })).toBe(false);
    expect(endsWithOneFile({ path: 'x.ts', text: 'afterAll(() => {});' })).toBe(true);
    expect(endsWithOneFile({ path: 'x.ts', text: "const folder = mkdtempSync('x');" })).toBe(true);
    expect(endsWithOneFile({ path: 'x.ts', text: '  afterAll(() => {});' })).toBe(false);
    expect(endsWithOneFile({ path: 'x.test.ts', text: 'afterAll(() => {});' })).toBe(false);
    expect(isTooLong({ path: 'x.ts', text: 'a\n'.repeat(LINES_MAX) })).toBe(false);
    expect(isTooLong({ path: 'x.ts', text: 'a\n'.repeat(LINES_MAX + 1) })).toBe(true);
  });
});

function forbiddenImports({ path, text }: Source): string[] {
  return importsOf(text)
    .filter((found) => !isAllowed(path, found))
    .map(({ from }) => `${path} imports ${from}`);
}

function forbiddenPageImports({ path, text }: Source): string[] {
  return importsOf(text)
    .filter(({ from, typesOnly }) => {
      // How the page is built is no part of it.
      if (path === 'vite.config.ts') return from.startsWith('.');
      if (!from.startsWith('.')) return from.startsWith('node:') || builtinModules.includes(from);
      const target = normalize(join('web', dirname(path), from));
      return !(
        target.startsWith('web/') ||
        WEB_MAY_IMPORT.test(target) ||
        (typesOnly && WEB_MAY_TYPE.test(target))
      );
    })
    .map(({ from }) => `web/${path} imports ${from}`);
}

function isAllowed(path: string, { from, lazy, typesOnly }: Import): boolean {
  const room = roomOf(path);
  if (!from.startsWith('.')) {
    const isBuiltin = from.startsWith('node:') || builtinModules.includes(from);
    return !FOR_BROWSERS.includes(room) && (room !== 'domain' || !isBuiltin);
  }
  const target = normalize(join(dirname(path), from));
  if (target.startsWith('..')) return false;
  const targetRoom = roomOf(target);
  if (room === 'cli' && LOADED_LATE.includes(target)) return lazy || typesOnly;
  if (FOR_BROWSERS.includes(room) && room !== targetRoom) return typesOnly && BROWSERS_MAY_TYPE.test(target);
  if (room === ENTRY) return ENTRY_MAY_IMPORT.includes(targetRoom);
  if (room !== targetRoom) return MAY_IMPORT[room]?.includes(targetRoom) ?? false;
  if (room !== 'stores') return true;
  // No engine knows another but the one it stands on, and the index loads one when it is chosen.
  const [engine, targetEngine] = [engineOf(path), engineOf(target)];
  const known = [engine, 'shared', STANDS_ON[engine]];
  return known.includes(targetEngine) || (engine === 'index' && lazy);
}

function importsOf(text: string): Import[] {
  const form =
    /^\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...withoutComments(text).matchAll(form)].map(([whole, named, bare, lazy]) => ({
    from: (named ?? bare ?? lazy)!,
    lazy: lazy !== undefined,
    typesOnly: /^\s*(?:import|export)\s+type\b/.test(whole),
  }));
}

function isImpure({ path, text }: Source): boolean {
  return roomOf(path) === 'domain' && IMPURE.test(withoutComments(text));
}

function readsEnvironment({ path, text }: Source): boolean {
  const reads = /\bprocess\s*\.\s*env\b|\bfrom\s*'(node:)?process'/.test(withoutComments(text));
  return roomOf(path) !== 'cli' && reads;
}

function isTooLong({ text }: Source): boolean {
  return text.split('\n').length - 1 > LINES_MAX;
}

/** A process loads what tests share once, so a hook there is one of the first file only: `atEnd` is for that. */
function endsWithOneFile({ path, text }: Source): boolean {
  const isShared = !path.endsWith('.test.ts') && path !== 'setup.ts' && path !== 'web/screenshots.ts';
  return isShared && /^(before|after)(All|Each)\(|^(export )?const .*\b(mkdtemp|temporaryFolder)/m.test(text);
}

function roomOf(path: string): string {
  return path.split('/')[0]!;
}

/** `null` of `stores/null.ts`, `journal` of `stores/journal/index.ts`. */
function engineOf(path: string): string {
  return path.split('/')[1]!.replace(/\.[jt]s$/, '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
}

async function readSources(folder: string): Promise<Source[]> {
  const base = join(ROOT, folder);
  const entries = await readdir(base, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name));
  return Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: relative(base, file), text: await readFile(file, 'utf8') };
    }),
  );
}
