import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, TallyboardError } from '../../contract/errors.js';
import type { Engine, EventSource, Store } from '../../contract/store.js';
import { within } from '../../contract/within.js';

const LOAD_MILLISECONDS_MAX = 30_000;
const READER_METHODS = ['open', 'close', 'events'] as const satisfies (keyof EventSource)[];
const STORE_METHODS = [
  ...READER_METHODS,
  ...(['append', 'tallyOfSymbol', 'talliesOfRange', 'unmatched'] as const satisfies (keyof Store)[]),
];

/**
 * Loads an engine from a file, or from a package that is found from the folder in which the process runs.
 * Rejects with `ENGINE_MISSING` where it, or what it needs, is not there, and with `CONFIG_INVALID` where it
 * cannot be loaded, or is no engine; what it makes throws the same where that is no whole store.
 */
export async function loadOutside(scheme: string, module: string): Promise<Engine> {
  let engine: Partial<Engine>;
  try {
    engine = await inTime(import(pathToFileURL(fileOf(module)).href) as Promise<Partial<Engine>>);
  } catch (error) {
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    // Where a package exports itself to `import` alone, no more can be found out than its folder.
    const isHidden = code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
    const advice = isHidden ? 'name its file, as in ./node_modules/acme/index.js' : 'mend it';
    const [reason] = describe(error).split('\n');
    throw new TallyboardError(
      isMissing ? 'ENGINE_MISSING' : 'CONFIG_INVALID',
      `the engine '${scheme}:' cannot be loaded from '${module}': ${reason}: ${isMissing ? 'install what is missing' : advice}, or correct --engine`,
      { cause: error },
    );
  }
  const { createStore, createReader } = engine;
  if (typeof createStore !== 'function') {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `'${module}' is no engine: it exports no function createStore`,
    );
  }
  return {
    ...engine,
    createStore: (url, context) =>
      whole(createStore(url, context), `createStore of '${module}'`, STORE_METHODS, ['promises', 'limits']),
    ...(createReader && {
      createReader: (url, context) =>
        whole(createReader(url, context), `createReader of '${module}'`, READER_METHODS),
    }),
  };
}

/** A module that waits for what never comes would have the process end without a word. */
function inTime<T>(loading: Promise<T>): Promise<T> {
  const reason = `it was not loaded within ${LOAD_MILLISECONDS_MAX / 1000} s, as where it awaits what never comes`;
  return within(loading, LOAD_MILLISECONDS_MAX, () => new Error(reason));
}

function whole<T>(made: T, maker: string, methods: readonly string[], objects: readonly string[] = []): T {
  const parts = (made ?? {}) as Readonly<Record<string, unknown>>;
  const missing = [
    ...methods.filter((name) => typeof parts[name] !== 'function'),
    ...objects.filter((name) => typeof (parts[name] ?? undefined) !== 'object'),
  ];
  if (missing.length === 0) return made;
  const what =
    made instanceof Promise ? 'a promise, and must answer with the store itself' : 'no whole store';
  throw new TallyboardError('CONFIG_INVALID', `${maker} made ${what}: ${missing.join(', ')} are missing`);
}

function fileOf(module: string): string {
  if (module.startsWith('.') || isAbsolute(module)) return resolve(module);
  return createRequire(join(process.cwd(), 'package.json')).resolve(module);
}
