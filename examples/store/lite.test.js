import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseStoreUrl } from 'tallyboard';
import { describeConformance } from 'tallyboard/conformance';
import { describeFaults } from 'tallyboard/faults';
import { createStore } from './lite.js';

const folder = mkdtempSync(join(tmpdir(), 'lite-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function freshUrl() {
  files += 1;
  return `lite:${join(folder, `${files}.db`)}`;
}

describeConformance({ describe, it }, 'lite', {
  create() {
    const url = parseStoreUrl(freshUrl());
    const make = async () => createStore(url, { log: { info() {}, warn() {}, error() {} } });
    return { store: createStore(url, { log: console }), another: make, dispose() {} };
  },
});

describeFaults({ describe, it }, 'lite', {
  store: freshUrl,
  engine: `lite=${join(import.meta.dirname, 'lite.js')}`,
  async interrupt([first, second]) {
    first.child.kill('SIGKILL');
    second.child.kill('SIGSTOP');
    await pause(500);
    second.child.kill('SIGCONT');
  },
});
