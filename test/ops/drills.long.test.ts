import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from '../stores/shared/ports.js';
import { OPS } from './files.js';

it('the drills of docs/operations.md end as it says', async () => {
  // Settings of the tests are none of the server's.
  const env = { PATH: process.env.PATH, TALLYBOARD_PORT: String(await freePort()) };
  const { stdout } = await promisify(execFile)(`${OPS}/drills`, { env }).catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}\n${stderr}`, { cause: error });
  });
  expect(stdout).toMatch(/all of it worked/);
});
