import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../shared/data/', import.meta.url);

/** Where a file of real input stands. */
export function sharedFile(name: string): string {
  return fileURLToPath(new URL(name, FOLDER));
}

/**
 * Why tests on real input are skipped; null where they run. With `REQUIRE_SHARED=1` they always run, and
 * fail where the input is missing.
 */
export const SHARED_MISSING: string | null =
  existsSync(FOLDER) || process.env.REQUIRE_SHARED === '1'
    ? null
    : `there is no real input at ${fileURLToPath(FOLDER)}`;
