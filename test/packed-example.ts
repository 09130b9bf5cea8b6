import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atEnd } from './at-end.js';
import { cleanEnvironment } from './faults/server-process.js';

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface PackedExample {
  readonly folder: string;
  /** Runs Node in its folder; answers with what was written. */
  node(...words: readonly string[]): Promise<string>;
  /** Runs the packed program there. */
  tallyboard(...words: readonly string[]): Promise<string>;
}

/** A copy of examples/store beside the package as it is published, also as a package of its own. */
export async function packedExample(): Promise<PackedExample> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyboard-example-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const example = join(ROOT, 'examples', 'store');
  cpSync(example, folder, { recursive: true });
  const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'tallyboard');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['xf', join(folder, packed.stdout.trim()), '-C', installed, '--strip-components', '1']);
  // What it depends on is that of this checkout: nothing is fetched.
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  cpSync(example, join(modules, 'tallyboard-store-lite'), { recursive: true });
  const node = async (...words: readonly string[]) =>
    (await run(process.execPath, words, { cwd: folder, env: cleanEnvironment() })).stdout;
  const program = join(installed, 'bin', 'tallyboard.js');
  return { folder, node, tallyboard: (...words) => node(program, ...words) };
}
