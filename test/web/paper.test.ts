import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { makeStore } from './support.js';

/** Windows of a desk and of a phone, by day and by night. */
const WINDOWS = [
  { width: 1440, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const;

/** What paper leaves within its margins, in CSS pixels: A4 and Letter, upright and lying. */
const PAPERS = [703, 726, 1032, 963];

describe.skipIf(BROWSER_MISSING !== null)(`the page on paper${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  beforeAll(async () => {
    const until = Date.parse('2026-02-01T00:00:00Z') * 1000;
    server = await startServerProcess(await makeStore({ until, days: 20, contactsPerDay: 200 }));
    browser = await sharedBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function open(options: BrowserContextOptions): Promise<Page> {
    const { page } = await openPage(browser, server.url, options);
    await page.goto('/?from=2026-01-01&to=2026-02-01');
    await page.locator('.u-over').waitFor();
    await page.locator('main[aria-busy=false]').waitFor();
    return page;
  }

  function drawing(page: Page): Promise<string> {
    return page.evaluate(() => document.querySelector('canvas')!.toDataURL());
  }

  it('has the same chart whatever the window and its colours', async () => {
    const printed: string[] = [];
    for (const { width, colorScheme } of WINDOWS) {
      const page = await open({ viewport: { width, height: 900 }, colorScheme });
      const onScreen = await drawing(page);
      await page.evaluate(() => {
        // Listeners are called in the order they came: the chart has been drawn by then.
        addEventListener('beforeprint', () => {
          document.body.dataset.printed = document.querySelector('canvas')!.toDataURL();
        });
      });
      await page.pdf({ format: 'A4' });
      printed.push((await page.locator('body').getAttribute('data-printed'))!);
      await expect.poll(() => drawing(page)).toBe(onScreen);
      await page.emulateMedia({ media: 'print' });
      // It may be drawn more than once on the way.
      await expect.poll(() => drawing(page)).toBe(printed[0]);
      await page.context().close();
    }
    expect(new Set(printed).size).toBe(1);
  });

  it.each(PAPERS)('fits a width of %i', async (width) => {
    const page = await open({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
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
    await page.context().close();
  });

  it('has numbers and no controls', async () => {
    const page = await open({ colorScheme: 'dark' });
    // They come by the live line, after the numbers.
    await page.locator('.events tbody tr').first().waitFor();
    await page.emulateMedia({ media: 'print' });
    for (const shown of ['.cards', '.shown', '.symbols tbody tr', '.guesses', '.events tbody tr']) {
      expect(await page.locator(shown).first().isVisible()).toBe(true);
    }
    expect(await page.locator('.shown', { hasText: '1 Jan – 31 Jan 2026 in UTC' }).isVisible()).toBe(true);
    expect(await page.locator('.of-paper').isVisible()).toBe(true);
    const controls = page.locator('button:not(.sort), select, input, summary, .presets');
    expect(await controls.count()).toBeGreaterThan(8);
    for (const control of await controls.all()) expect(await control.isVisible()).toBe(false);
    await page.context().close();
  });
});
