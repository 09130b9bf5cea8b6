import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { card } from './reading.js';
import { post, temporaryFolder, uuid } from './support.js';

/** More than a browser opens lines to one server. */
const WINDOWS = 8;

describe.skipIf(BROWSER_MISSING !== null)(`many windows of one browser${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let contacts = 0;
  beforeAll(async () => {
    browser = await sharedBrowser();
    server = await startServerProcess(
      `journal:${join(temporaryFolder(), 'data')}`,
      [],
      ['--live-clients-max', '2'],
    );
    await contact();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function contact(): Promise<void> {
    contacts += 1;
    await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
  }

  it('are live by one line, from the first message on, and list the same', async () => {
    const { page: first, wrongs } = await openPage(browser, server.url);
    const others = await Promise.all(
      Array.from({ length: WINDOWS - 1 }, async () => first.context().newPage()),
    );
    const pages = [first, ...others];
    for (const page of pages) {
      await page.goto('/');
      await page.locator('.live.open').waitFor();
      await contact();
    }
    for (const page of pages) {
      await expect.poll(() => card(page, 'Contacts')).toBe(contacts);
      await expect.poll(() => page.locator('.events tbody tr').count()).toBe(contacts);
    }
    expect(wrongs).toEqual([]);
    // Whoever goes takes nothing from the others.
    await first.close();
    await contact();
    const last = pages.at(-1)!;
    await expect.poll(() => last.locator('.events tbody tr').count()).toBe(contacts);
    await last.context().close();
  });

  it('find a new line when the worker that had theirs is gone', async () => {
    const { page } = await openPage(browser, server.url);
    const other = await page.context().newPage();
    for (const each of [page, other]) {
      await each.goto('/');
      await each.locator('.live.open').waitFor();
    }
    const session = await browser.newBrowserCDPSession();
    const workers = async () => {
      const { targetInfos } = await session.send('Target.getTargets');
      return targetInfos.filter(({ type, url }) => type === 'shared_worker' && url.startsWith(server.url));
    };
    // That of the windows before may take a moment to go.
    await expect.poll(workers).toHaveLength(1);
    await session.send('Target.closeTarget', { targetId: (await workers())[0]!.targetId });
    await contact();
    for (const each of [page, other]) {
      await expect.poll(() => each.locator('.events tbody tr').count()).toBe(contacts);
    }
    await page.context().close();
  });

  it('have a line each where the browser shares none', async () => {
    const { page, wrongs } = await openPage(browser, server.url);
    await page.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'SharedWorker');
    });
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await contact();
    await expect.poll(() => page.locator('.events tbody tr').count()).toBe(contacts);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('and where the script for it cannot be loaded', async () => {
    const { page } = await openPage(browser, server.url);
    await page.context().route('**/shared-line-*.js', (route) => route.abort());
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await page.context().close();
  });
});
