import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { span } from '../../src/reading/format.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { luminance } from './looking.js';
import { madeUpPage } from './one-window.js';
import { dayThatLasts, isoDay, NEW_DAY_MILLISECONDS_MAX } from './reading.js';

/** Windows of a desk and of a phone, by day and by night; from one to the next the chart is drawn once. */
const WINDOWS = [
  { width: 1440, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
  { width: 360, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
] as const;

/** What paper leaves within its margins, in CSS pixels: A4 and Letter, upright and lying. */
const PAPERS = [703, 726, 1032, 963];

describe.skipIf(BROWSER_MISSING !== null)(`the page on paper${SKIPPED}`, () => {
  const window = madeUpPage();
  beforeEach(() => dayThatLasts('UTC'), NEW_DAY_MILLISECONDS_MAX);
  let page: Page | undefined;

  async function open(): Promise<Page> {
    page ??= await window.open(`?from=${isoDay(40)}&to=${isoDay(9)}`);
    await page.locator('.u-over').waitFor();
    return page;
  }

  function drawing(page: Page): Promise<string> {
    return page.evaluate(() => document.querySelector('canvas')!.toDataURL());
  }

  it('has the same chart whatever the window and its colours', async () => {
    const page = await open();
    await page.evaluate(() => {
      // Listeners are called in the order they came: the chart has been drawn by then.
      addEventListener('beforeprint', () => {
        document.body.dataset.printed = document.querySelector('canvas')!.toDataURL();
      });
    });
    let onScreen = '';
    const printed: string[] = [];
    for (const { width, colorScheme } of WINDOWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => drawing(page)).not.toBe(onScreen);
      onScreen = await drawing(page);
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.length).toBeGreaterThan(10_000);
      printed.push((await page.locator('body').getAttribute('data-printed'))!);
      await expect.poll(() => drawing(page)).toBe(onScreen);
      await page.emulateMedia({ media: 'print' });
      // It may be drawn more than once on the way.
      await expect.poll(() => drawing(page)).toBe(printed[0]);
      await page.emulateMedia({ media: 'screen' });
      await expect.poll(() => drawing(page)).toBe(onScreen);
    }
    expect(new Set(printed).size).toBe(1);
  });

  it.each(PAPERS)('fits a width of %i', async (width) => {
    const page = await open();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width, height: 900 });
    await page.waitForFunction((paper) => innerWidth === paper, width);
    // The page hears of it with the next frame.
    await page.locator('html.on-paper').waitFor();
    const { chart, panel, overflow } = await page.evaluate(() => ({
      chart: document.querySelector('canvas')!.getBoundingClientRect().toJSON() as DOMRect,
      panel: document.querySelector('.series')!.getBoundingClientRect().toJSON() as DOMRect,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(overflow).toBe(0);
    expect(chart.left).toBeGreaterThan(panel.left);
    expect(chart.right).toBeLessThan(panel.right);
    expect(chart.width).toBeGreaterThan(width * 0.9);
    expect(chart.bottom).toBeLessThan(panel.bottom);
    expect(panel.right).toBeLessThanOrEqual(width);
  });

  it('has numbers and no controls', async () => {
    const page = await open();
    // They come by the live line, after the numbers.
    await page.locator('.events tbody tr').first().waitFor();
    expect(await pagesOf(page)).toBeLessThanOrEqual(2);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.locator('html.on-paper').waitFor();
    const text = await page.evaluate(() => getComputedStyle(document.querySelector('.value')!).color);
    expect(luminance(text)).toBeLessThan(0.2);
    for (const shown of ['.cards', '.shown', '.symbols tbody tr', '.guesses']) {
      expect(await page.locator(shown).first().isVisible()).toBe(true);
    }
    expect(await page.locator('.events').isVisible()).toBe(false);
    const range = span({ lower: isoDay(40), upper: isoDay(9), zone: 'UTC' });
    expect(await page.locator('.shown', { hasText: `${range} in UTC` }).isVisible()).toBe(true);
    expect(await page.locator('.of-paper').isVisible()).toBe(true);
    const controls = page.locator('button:not(.sort), select, input, summary, .presets');
    expect(await controls.count()).toBeGreaterThan(8);
    expect(await controls.evaluateAll((all) => all.filter((each) => each.checkVisibility()).length)).toBe(0);
  });
});

/** How many pages of A4 it takes. */
async function pagesOf(page: Page): Promise<number> {
  const pdf = await page.pdf({ format: 'A4' });
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length;
}
