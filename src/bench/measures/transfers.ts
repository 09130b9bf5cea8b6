import { join } from 'node:path';
import { exportTo, importFrom } from '../commands.js';
import type { TransferResult } from '../report/results.js';
import type { Filled } from './growth.js';
import type { Bench } from './rounds.js';

/** Writes a filled store into a database file and takes that into a new store, with the command line. */
export async function measureTransfers(
  bench: Bench,
  { target, site, fill }: Filled,
): Promise<TransferResult[]> {
  bench.say(`export and import of ${fill.events.toLocaleString('en-US')} events: ${target.name}`);
  const file = join(await bench.workspace.freshFolder('export'), 'events.db');
  const imported = await target.place(bench.workspace, `${target.name}-import`);
  const { workspace } = bench;
  const results = [
    await timed('export --format sqlite', () => exportTo(workspace, site.storeUrl!, file)),
    await timed('import of that file', () => importFrom(workspace, file, imported.storeUrl!)),
  ];
  await workspace.remove(join(file, '..'));
  await imported.remove();
  return results;

  async function timed(what: string, run: () => Promise<void>): Promise<TransferResult> {
    const started = performance.now();
    await run();
    return {
      store: target.name,
      what,
      events: fill.events,
      seconds: (performance.now() - started) / 1000,
    };
  }
}
