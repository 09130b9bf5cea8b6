import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { makeStore } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`menus by the keyboard${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess(
      await makeStore({ until: Date.now() * 1000, days: 2, contactsPerDay: 50 }),
    );
    browser = await sharedBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function opened(name: string): Promise<Page> {
    const { page } = await openPage(browser, server.url);
    await page.goto('/');
    await page.locator('main[aria-busy=false] .cards').waitFor();
    // It is drawn when what menus listen to is listened to.
    await page.locator('.u-over').waitFor();
    await page.locator(`.menu.${name} > summary`).focus();
    await page.keyboard.press('Enter');
    expect(await isOpen(page, name)).toBe(true);
    return page;
  }

  function isOpen(page: Page, name: string): Promise<boolean> {
    return page.locator(`.menu.${name}`).evaluate((element) => (element as HTMLDetailsElement).open);
  }

  it.each(['export', 'custom'])(
    '%s stays open while one is in it, and closes behind who leaves',
    async (name) => {
      const page = await opened(name);
      const isInside = () =>
        page.evaluate((menu) => document.activeElement!.closest(`.menu.${menu}`) !== null, name);
      let steps = 0;
      for (await page.keyboard.press('Tab'); await isInside(); await page.keyboard.press('Tab')) {
        expect(await isOpen(page, name)).toBe(true);
        steps += 1;
      }
      expect(steps).toBeGreaterThan(2);
      expect(await isOpen(page, name)).toBe(false);
      await page.context().close();
    },
  );

  it.each(['export', 'custom'])('%s closes behind who goes back', async (name) => {
    const page = await opened(name);
    await page.keyboard.press('Shift+Tab');
    expect(await isOpen(page, name)).toBe(false);
    await page.context().close();
  });

  it.each(['export', 'custom'])('%s is closed by Escape, which leads back to its button', async (name) => {
    const page = await opened(name);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    expect(await isOpen(page, name)).toBe(false);
    const focused = page.locator(`.menu.${name} > summary`);
    expect(await focused.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.context().close();
  });
});
