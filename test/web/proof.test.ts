import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseInstant } from '../../src/domain/time.js';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { initials, openStore } from '../stores/journal/support.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { oneWindow } from './one-window.js';
import { temporaryFolder } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`the last proof on the page${SKIPPED}`, () => {
  let server: ServerProcess;
  beforeAll(async () => {
    const url = `journal:${join(temporaryFolder(), 'data')}`;
    const store = await openStore(url);
    await store.append(initials(0, 10));
    const since = parseInstant('2023-06-01 00:00:00')!;
    const at = parseInstant('2024-01-01 10:00:00')!;
    await store.recordVerification!({ at, events: 10, contacts: 10, differences: 0, since });
    await store.close();
    server = await startServerProcess(url);
  });
  const { go } = oneWindow(() => server.url);
  afterAll(() => server?.end('SIGTERM'));

  it('says from when on there is proof, in the zone of the page', async () => {
    const shown = async (zone: string) => {
      const page = await go(`?from=2024-01-01&to=2024-01-02&tz=${zone}`);
      return page.locator('.integrity dl > div', { hasText: 'Last verify' }).locator('dd').textContent();
    };
    expect(await shown('UTC')).toMatch(/^all agreed, .* ago, with proof since 1 Jun 2023, 00:00$/);
    expect(await shown('Asia/Tokyo')).toMatch(/, with proof since 1 Jun 2023, 09:00$/);
  });
});
