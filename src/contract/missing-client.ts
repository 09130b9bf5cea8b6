import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { TallyboardError } from './errors.js';

/**
 * Loads a module of ours that needs the client of an engine. Rejects with `ENGINE_MISSING`, and what to type,
 * where the client is not installed; what fails within a client that is there stays what it is.
 */
export async function loadWithClient<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const client = missingClient(error);
    if (client === undefined) throw error;
    throw new TallyboardError(
      'ENGINE_MISSING',
      `the client '${client}' is not installed: run npm install ${client}${versionOf(client)} (with --global, if tallyboard was)`,
    );
  }
}

/** The whole of our own code. */
const OURS = fileURLToPath(new URL('..', import.meta.url));

/** The package that a module of ours asked for, and that is not there. */
function missingClient(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  // Nowhere else does the error have the two names.
  const [, client, importer] = /^Cannot find package '([^']+)' imported from (.+)/.exec(message) ?? [];
  return importer?.startsWith(OURS) === true ? client : undefined;
}

/** `@6.0.0`: the version that this release was made with. */
function versionOf(client: string): string {
  const { dependencies, devDependencies } = createRequire(import.meta.url)('../../package.json') as {
    dependencies: Readonly<Record<string, string>>;
    devDependencies: Readonly<Record<string, string>>;
  };
  const version = dependencies[client] ?? devDependencies[client];
  return version === undefined ? '' : `@${version}`;
}
