import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { findings } from './looking.js';
import { madeUpServer } from './one-window.js';
import { expectSound, expectSoundWhenOpen, expectSoundWithoutNumbers } from './sound.js';
import { post, temporaryFolder, uuid } from './support.js';

const motion = { reducedMotion: 'no-preference' } as const;
const TOKEN = 'a-token-of-the-dashboard';

describe.skipIf(BROWSER_MISSING !== null)(`the page in all widths and colours${SKIPPED}`, () => {
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    browser = await sharedBrowser();
    url = (await madeUpServer()).url;
  });
  afterAll(() => browser?.close());

  for (const colorScheme of ['light', 'dark'] as const) {
    it.each([360, 1280, 3840])(`is sound at a width of %i, ${colorScheme}`, async (width) => {
      const { page } = await openPage(browser, url, {
        ...motion,
        viewport: { width, height: 900 },
        colorScheme,
      });
      await page.goto('/?range=30d&symbol=e');
      await expectSound(page, colorScheme);
      await page.context().close();
    });

    it(`is sound with everything open, and without numbers, ${colorScheme}`, async () => {
      const { page } = await openPage(browser, url, { ...motion, colorScheme });
      await expectSoundWhenOpen(page);
      await expectSoundWithoutNumbers(page);
      await page.context().close();
    });

    it(`is sound without any contact, stale, and signing in, ${colorScheme}`, async () => {
      const store = `journal:${join(temporaryFolder(), 'data')}`;
      const other = await startServerProcess(store, [], ['--dashboard-token', TOKEN]);
      const { page } = await openPage(browser, other.url, { ...motion, colorScheme });
      await page.goto('/');
      expect(await findings(page)).toEqual([]);
      await page.getByLabel('Dashboard token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.getByText('No contacts yet').waitFor();
      expect(await findings(page)).toEqual([]);
      await post(other.url, `/initial?uuid=${uuid(1)}&symbol=e`);
      await page.locator('.events tbody tr').waitFor();
      await other.end('SIGKILL');
      await page.locator('.notice.stale').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });
  }
});
