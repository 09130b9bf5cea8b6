import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ended, type Workspace, within } from './servers/workspace.js';

/** The top of the checkout that the bench itself belongs to. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** Writes the events of a store into a database file, as `tallyboard export` does. */
export function exportTo(workspace: Workspace, storeUrl: string, file: string): Promise<void> {
  return runTallyboard(workspace, ['export', '--store', storeUrl, '--format', 'sqlite', '--out', file]);
}

/** Takes a file into a store, as `tallyboard import` does. */
export function importFrom(workspace: Workspace, file: string, storeUrl: string): Promise<void> {
  return runTallyboard(workspace, ['import', file, '--store', storeUrl]);
}

/** Starts to write the events of a store to where they are dropped. */
export function startExport(workspace: Workspace, storeUrl: string): ChildProcess {
  const command = tallyboard(['export', '--store', storeUrl, '--format', 'ndjson']);
  return workspace.spawn(command, { stdio: 'ignore' });
}

/** Starts to verify a store beside its server. */
export function startVerify(workspace: Workspace, storeUrl: string): ChildProcess {
  return workspace.spawn(tallyboard(['verify', '--unlocked', '--store', storeUrl]), { stdio: 'ignore' });
}

const COMMAND_SECONDS_MAX = 1800;
const ERROR_CHARACTERS_MAX = 500;

async function runTallyboard(workspace: Workspace, parameters: readonly string[]): Promise<void> {
  const child = workspace.spawn(tallyboard(parameters), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr!.on('data', (text: Buffer) => {
    said = `${said}${text}`.slice(-ERROR_CHARACTERS_MAX);
  });
  const how = await within(ended(child), COMMAND_SECONDS_MAX, `tallyboard ${parameters[0]}`);
  if (how !== 0) throw new Error(`tallyboard ${parameters[0]} ended with ${how}: ${said.trim()}`);
}

function tallyboard(parameters: readonly string[]): string[] {
  return [process.execPath, join(ROOT, 'bin', 'tallyboard.js'), ...parameters];
}
