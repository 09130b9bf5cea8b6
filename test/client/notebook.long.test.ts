import { execFile, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startServer } from '../../src/cli/serve/serve.js';
import { exportCommand } from '../../src/cli/store/export.js';
import { importCommand } from '../../src/cli/store/import.js';
import { log, run } from '../cli/running.js';
import { cleanEnvironment } from '../faults/server-process.js';
import { ROOT } from '../packed-example.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { temporaryFolder } from '../transfer/support.js';

const isMissing = spawnSync('jupyter-execute', ['--version']).error !== undefined;
const missing = isMissing ? 'examples/notebook/requirements.txt is not installed' : SHARED_MISSING;
const skips = missing !== null && process.env.REQUIRE_ENGINES !== '1';

it.skipIf(skips)(
  `the notebook reads a server and Parquet files${skips ? ` (skipped, since ${missing})` : ''}`,
  async () => {
    const folder = await temporaryFolder();
    const store = `journal:${join(folder, 'data')}`;
    expect((await run(importCommand, { store, file: sharedFile('forty-days.db') })).code).toBe(0);
    const parquet = join(folder, 'events.parquet');
    expect((await run(exportCommand, { store, format: 'parquet', out: parquet })).code).toBe(0);
    cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
    const config = { store, host: '127.0.0.1', port: 0 };
    const server = await startServer(config, { log, interrupted: new AbortController().signal });
    try {
      const notebook = join(folder, 'examples', 'notebook', 'tallyboard.ipynb');
      const env = { ...cleanEnvironment(), TALLYBOARD_URL: server.url, TALLYBOARD_PARQUET: parquet };
      await promisify(execFile)('jupyter-execute', ['--inplace', notebook], { env });
      const { cells } = JSON.parse(await readFile(notebook, 'utf8')) as { cells: { outputs?: object[] }[] };
      const outputs = cells.flatMap((cell) => cell.outputs ?? []);
      expect(outputs.filter((output) => JSON.stringify(output).includes('"image/png"'))).toHaveLength(3);
      expect(JSON.stringify(outputs)).toContain('2471');
    } finally {
      await server.stop();
    }
  },
);
