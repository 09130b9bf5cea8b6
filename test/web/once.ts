import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserServer } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { MINUTE } from '../../src/domain/time.js';
import { MAIN, type ServerProcess, spawnServer } from '../../src/faults/server-process.js';
import { openDoor } from '../door.js';
import { cleanEnvironment } from '../faults/server-process.js';
import type { MadeUp } from './made-up.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the tests of the page ask for what is started once for all of them. */
    onceUrl: string;
  }
}

/** A server over made-up contacts, which tests read and do not write. */
export interface MadeUpServer {
  readonly url: string;
  readonly content: MadeUp;
}

/** For all test files: a browser, and a server over made-up contacts. Each is started when it is asked for. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const until = Math.floor(Date.now() / 60_000) * MINUTE;
  const content: MadeUp = { until, days: 62, contactsPerDay: 300 };
  const folder = await mkdtemp(join(tmpdir(), 'tallyboard-once-'));
  let browser: Promise<BrowserServer> | undefined;
  let server: Promise<ServerProcess> | undefined;

  async function answer(path: string): Promise<string> {
    if (path === '/browser') {
      // Loaded by then only: every run comes by here, whatever it tests.
      browser ??= import('./browser.js').then(({ launchBrowserServer }) => launchBrowserServer());
      return (await browser).wsEndpoint();
    }
    server ??= serveMadeUp(folder, content);
    const madeUp: MadeUpServer = { url: (await server).url, content };
    return JSON.stringify(madeUp);
  }

  const door = await openDoor(answer);
  project.provide('onceUrl', door.url);

  return async () => {
    door.close();
    await (await browser)?.close();
    await (await server)?.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
}

async function serveMadeUp(folder: string, content: MadeUp): Promise<ServerProcess> {
  const [file, store] = [join(folder, 'events.ndjson'), `journal:${join(folder, 'data')}`];
  const { writeMadeUp } = await import('./made-up.js');
  await writeMadeUp(file, content);
  await promisify(execFile)(process.execPath, [MAIN, 'import', file, '--store', store], {
    env: cleanEnvironment(),
  });
  return spawnServer(store, { environment: cleanEnvironment() });
}
