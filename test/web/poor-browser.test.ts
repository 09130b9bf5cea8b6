import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_MISSING, openProfile, SKIPPED, type WatchedPage } from './browser.js';
import { madeUpServer } from './one-window.js';
import { chooseZone, ready, shownZone } from './reading.js';
import { temporaryFolder } from './support.js';

/** With them go storage, and workers that windows share. */
const NO_COOKIES = { profile: { default_content_setting_values: { cookies: 2 } } };

describe.skipIf(BROWSER_MISSING !== null)(
  `in a browser that knows and keeps little, the page${SKIPPED}`,
  () => {
    let watched: WatchedPage;
    let page: Page;
    beforeAll(async () => {
      const profile = temporaryFolder();
      await mkdir(join(profile, 'Default'));
      await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(NO_COOKIES));
      const { url } = await madeUpServer();
      watched = await openProfile(url, profile, { TZ: 'Foo/Bar' });
      page = watched.page;
    });
    afterEach(() => expect(watched.wrongs).toEqual([]));
    afterAll(() => page?.context().close());

    it('takes UTC for a zone that the system does not know, and says so', async () => {
      await page.goto('/');
      await ready(page);
      expect(await page.evaluate(() => new Intl.DateTimeFormat().resolvedOptions().timeZone)).toBe(
        'Etc/Unknown',
      );
      expect(await shownZone(page)).toBe('UTC, zone unknown: Etc/Unknown');
    });

    it('takes UTC for a zone that the server does not know, and says so', async () => {
      // As a server with older rules has it: what it says of a zone that nobody knows.
      await page.route(/tz=Asia%2FTokyo/, async (route) => {
        await route.continue({ url: route.request().url().replace('Asia%2FTokyo', 'Asia%2FNewtown') });
      });
      await chooseZone(page, 'Tokyo');
      await page.getByText('The server does not know the time zone Asia/Tokyo.').waitFor();
      await ready(page);
      expect(await shownZone(page)).toBe('UTC, zone unknown: Asia/Tokyo');
      expect(new URL(page.url()).search).toBe('');
      await page.goto('/?range=30d&tz=Asia/Tokyo');
      await page.getByText('The server does not know the time zone Asia/Tokyo.').waitFor();
      expect(new URL(page.url()).search).toBe('?range=30d');
      await chooseZone(page, 'Seoul');
      await ready(page);
      expect(await page.locator('.notice').count()).toBe(0);
      expect(await shownZone(page)).toMatch(/^Asia\/Seoul/);
    });

    it('is live, though windows can share nothing', async () => {
      await page.locator('.live.open').waitFor();
      await expect(page.evaluate(() => localStorage.length)).rejects.toThrow('Access is denied');
    });

    it('takes colours for as long as it is open, and zones from links where none are listed', async () => {
      await page.addInitScript(() => {
        Reflect.deleteProperty(Intl, 'supportedValuesOf');
      });
      await page.goto('/?tz=Asia/Kathmandu');
      await ready(page);
      expect(await shownZone(page)).toMatch(/^Asia\/Kathmandu/);
      await page.locator('.menu.zone summary').click();
      const names = page.locator('.menu.zone .choices li');
      expect(await names.allTextContents()).toEqual(['UTCUTC+0', 'Asia/KathmanduUTC+5:45']);
      await page.keyboard.press('Escape');
      await page.getByLabel('Colours').selectOption('dark');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    });
  },
);
