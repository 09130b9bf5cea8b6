import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TallyboardError } from '../../contract/errors.js';
import type { Engine } from '../../contract/store.js';

/**
 * Loads an engine from a file, or from a package that is found from the folder in which the process runs.
 * Rejects with `ENGINE_MISSING` where it, or what it needs, is not there, and with `CONFIG_INVALID` where it
 * cannot be loaded, or is no engine.
 */
export async function loadOutside(scheme: string, module: string): Promise<Engine> {
  let engine: Partial<Engine>;
  try {
    engine = (await import(pathToFileURL(fileOf(module)).href)) as Partial<Engine>;
  } catch (error) {
    const { code, message = String(error) } = (error ?? {}) as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const [reason] = message.split('\n');
    throw new TallyboardError(
      isMissing ? 'ENGINE_MISSING' : 'CONFIG_INVALID',
      `the engine '${scheme}:' cannot be loaded from '${module}': ${reason}: ${isMissing ? 'install what is missing' : 'mend it'}, or correct --engine`,
      { cause: error },
    );
  }
  if (typeof engine.createStore !== 'function') {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `'${module}' is no engine: it exports no function createStore`,
    );
  }
  return engine as Engine;
}

function fileOf(module: string): string {
  if (module.startsWith('.') || isAbsolute(module)) return resolve(module);
  return createRequire(join(process.cwd(), 'package.json')).resolve(module);
}
