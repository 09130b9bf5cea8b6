import { spawn } from 'node:child_process';
import { describe, TallyboardError } from '../contract/errors.js';
import { ROOT } from './commands.js';
import type { Bench } from './measures/rounds.js';
import { ended, within } from './servers/workspace.js';

/** Builds another revision into a folder of the run, and answers with its root. */
export async function buildRevision(bench: Bench, revision: string): Promise<string> {
  const folder = await bench.workspace.freshFolder('revision');
  bench.say(`building ${revision}`);
  try {
    await run(bench, ['git', 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`], ROOT);
  } catch (cause) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `--compare: '${revision}' is not a revision of the git repository in ${ROOT}`,
      { cause },
    );
  }
  // A tree by itself: a work tree would leave traces in the repository if the run is killed.
  const archive = `${folder}.tar`;
  await run(bench, ['git', 'archive', '--format=tar', `--output=${archive}`, revision], ROOT);
  await run(bench, ['tar', '-xf', archive, '-C', folder], ROOT);
  await run(bench, ['npm', 'ci', '--no-audit', '--no-fund'], folder);
  await run(bench, ['npm', 'run', 'build'], folder);
  return folder;
}

const COMMAND_SECONDS_MAX = 600;
const OUTPUT_CHARACTERS_MAX = 1000;

async function run(bench: Bench, command: readonly string[], cwd: string): Promise<void> {
  // npm and git need the environment of the user: a home, a path, a proxy.
  const child = bench.workspace.keepGroup(
    spawn(command[0]!, command.slice(1), { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
  );
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (text: Buffer) => {
      said = `${said}${text}`.slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  try {
    const how = await within(ended(child), COMMAND_SECONDS_MAX, command.join(' '));
    if (how === 0) return;
    throw new Error(`it ended with ${how}: ${said.trim()}`);
  } catch (error) {
    throw new Error(`${command.join(' ')}: ${describe(error)}`, { cause: error });
  }
}
