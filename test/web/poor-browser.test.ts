import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { askOnce, BROWSER_MISSING, openProfile, SKIPPED, type WatchedPage } from './browser.js';
import type { MadeUpServer } from './once.js';
import { ready } from './reading.js';
import { temporaryFolder } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`in a browser that knows little, the page${SKIPPED}`, () => {
  async function open(zone: string, settings: object = {}): Promise<WatchedPage> {
    const { url } = JSON.parse(await askOnce('made-up')) as MadeUpServer;
    const profile = temporaryFolder();
    await mkdir(join(profile, 'Default'));
    await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify({ profile: settings }));
    return openProfile(url, profile, { TZ: zone });
  }

  it('takes UTC where the system has no zone, and where the server does not know one, and says so', async () => {
    const { page, wrongs } = await open('Foo/Bar');
    // As a server with older rules has it: what it says of a zone that nobody knows.
    await page.route(/tz=Asia%2FTokyo/, async (route) => {
      await route.continue({ url: route.request().url().replace('Asia%2FTokyo', 'Asia%2FNewtown') });
    });
    await page.goto('/');
    await ready(page);
    expect(await page.evaluate(() => new Intl.DateTimeFormat().resolvedOptions().timeZone)).toBe(
      'Etc/Unknown',
    );
    expect(await chosenZone(page)).toBe('UTC, zone unknown: Etc/Unknown');

    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByText('The server does not know the time zone Asia/Tokyo.').waitFor();
    await ready(page);
    expect(await chosenZone(page)).toBe('UTC, zone unknown: Asia/Tokyo');
    expect(new URL(page.url()).search).toBe('');
    await page.goto('/?range=30d&tz=Asia/Tokyo');
    await page.getByText('The server does not know the time zone Asia/Tokyo.').waitFor();
    expect(new URL(page.url()).search).toBe('?range=30d');

    await page.getByLabel('Time zone').selectOption('Asia/Seoul');
    await ready(page);
    expect(await page.locator('.notice').count()).toBe(0);
    expect(await chosenZone(page)).toMatch(/^Asia\/Seoul/);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('works where nothing may be kept, zones are offsets, and none are listed', async () => {
    // Neither storage nor workers that windows share.
    const { page, wrongs } = await open('GMT+5', { default_content_setting_values: { cookies: 2 } });
    await page.addInitScript(() => {
      Reflect.deleteProperty(Intl, 'supportedValuesOf');
    });
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await page.locator('optgroup').waitFor({ state: 'attached' });
    expect(await chosenZone(page)).toBe('UTC, zone unknown: +05:00');
    await page.getByLabel('Colours').selectOption('dark');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    expect(wrongs).toEqual([]);
    await page.context().close();
  });
});

function chosenZone(page: Page): Promise<string | null> {
  return page.getByLabel('Time zone').locator('option:checked').textContent();
}
