import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { findings, luminance, overflowOf } from './looking.js';

/** Looks whether the page with numbers can be used and fits, in the colours that are asked for. */
export async function expectSound(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.locator('.u-over').waitFor();
  await page.locator('.live.open').waitFor();
  expect(await findings(page)).toEqual([]);
  expect(await overflowOf(page, 'html')).toBe(0);
  const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(luminance(background) < 0.2).toBe(colorScheme === 'dark');
}

/** The same with all menus and tables open. */
export async function expectSoundWhenOpen(page: Page): Promise<void> {
  await page.goto('/?range=7d&uuid=nonsense&sort=count.down');
  await page.getByText('is not a UUID').waitFor();
  await page.getByText('The same as a table').click();
  await page.getByText('Custom range').click();
  expect(await findings(page)).toEqual([]);
  for (const menu of ['export', 'compare', 'zone']) {
    await page.keyboard.press('Escape');
    await page.locator(`.menu.${menu} > summary`).click();
    expect(await findings(page)).toEqual([]);
  }
  await page.keyboard.press('Escape');
  await page.locator('.menu.zone > summary').press('?');
  await page.locator('dialog[open]').waitFor();
  expect(await findings(page)).toEqual([]);
}

/** The same where a range is empty, refused or being loaded. */
export async function expectSoundWithoutNumbers(page: Page): Promise<void> {
  await page.goto('/?from=2001-01-01&to=2001-01-02');
  await page.getByText('No contacts in this range').waitFor();
  expect(await findings(page)).toEqual([]);
  await page.goto('/?from=2017-06-29&to=2017-06-28');
  await page.locator('.failure').waitFor();
  expect(await findings(page)).toEqual([]);
  await page.route('**/dashboard/overview/**', () => {});
  // After a quarter of a minute the page would say so, while axe may still be looking.
  await page.addInitScript(() => {
    AbortSignal.timeout = () => new AbortController().signal;
  });
  await page.goto('/');
  await page.locator('.skeleton').waitFor();
  expect(await findings(page)).toEqual([]);
}
