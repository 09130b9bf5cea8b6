import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, launchBrowser, openPage, SKIPPED } from './browser.js';
import { makeStore, temporaryFolder } from './support.js';

const WIDTHS = [360, 1280, 3840];
const SCHEMES = ['light', 'dark'] as const;

describe.skipIf(BROWSER_MISSING !== null)(`the look of the page${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let axe: string;
  beforeAll(async () => {
    server = await startServerProcess(
      await makeStore({ until: Date.now() * 1000, days: 20, contactsPerDay: 200 }),
    );
    browser = await launchBrowser();
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function open(query: string, options: BrowserContextOptions = {}): Promise<Page> {
    const { page } = await openPage(browser, server.url, options);
    await page.goto(`/${query}`);
    await page.locator('main[aria-busy=false]').waitFor();
    await page.locator('.live.open').waitFor();
    return page;
  }

  /** What axe finds: rule and place. */
  async function findings(page: Page): Promise<string[]> {
    // Opacity in transition is a contrast of its own.
    await page.waitForTimeout(300);
    // Past the policy of the page, which lets no such script in.
    const result = await page.evaluate(`${axe}; axe.run()`);
    const { violations } = result as { violations: { id: string; nodes: { html: string }[] }[] };
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  it('would be found unsound, were it so', async () => {
    const page = await open('?range=30d');
    await page.evaluate(() => {
      const value = document.querySelector<HTMLElement>('.value')!;
      value.style.color = '#ddd';
      document.querySelector('.search label span')!.remove();
      document.querySelector('.search input')!.removeAttribute('placeholder');
    });
    const rules = (await findings(page)).map((finding) => finding.split(':')[0]);
    expect(rules.toSorted()).toEqual(['color-contrast', 'label']);
    await page.context().close();
  });

  for (const colorScheme of SCHEMES) {
    it.each(WIDTHS)(`is sound at a width of %i, ${colorScheme}`, async (width) => {
      const page = await open('?range=30d&symbol=e', { viewport: { width, height: 900 }, colorScheme });
      await page.locator('.u-over').waitFor();
      expect(await findings(page)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      const background = await page.evaluate(
        () => getComputedStyle(document.documentElement).backgroundColor,
      );
      expect(luminance(background) < 0.2).toBe(colorScheme === 'dark');
      await page.context().close();
    });

    it(`is sound with everything open, ${colorScheme}`, async () => {
      const page = await open('?range=7d&uuid=nonsense&sort=count.down', { colorScheme });
      await page.getByText('is not a UUID').waitFor();
      await page.getByText('The same as a table').click();
      await page.getByText('Custom range').click();
      expect(await findings(page)).toEqual([]);
      await page.getByText('Export').click();
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });

    it(`is sound where a range is empty, refused or being loaded, ${colorScheme}`, async () => {
      const page = await open('?from=2001-01-01&to=2001-01-02', { colorScheme });
      await page.getByText('No contacts in this range').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.goto('/?from=1800-01-01&to=2200-01-01');
      await page.locator('.failure').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.route('**/dashboard/s*/**', () => {});
      await page.goto('/');
      await page.locator('.skeleton').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });

    it(`is sound without any contact, stale, and signing in, ${colorScheme}`, async () => {
      const other = await startServerProcess(
        `journal:${join(temporaryFolder(), 'data')}`,
        [],
        ['--dashboard-token', 'a-token-of-the-dashboard'],
      );
      const { page } = await openPage(browser, other.url, { colorScheme });
      await page.goto('/');
      expect(await findings(page)).toEqual([]);
      await page.getByLabel('Dashboard token').fill('a-token-of-the-dashboard');
      await page.keyboard.press('Enter');
      await page.getByText('No contacts yet').waitFor();
      expect(await findings(page)).toEqual([]);
      await fetch(`${other.url}/initial?uuid=00000000-0000-4000-8000-000000000001&symbol=e`, {
        method: 'POST',
      });
      await page.locator('.events tbody tr').waitFor();
      await other.end('SIGKILL');
      await page.locator('.notice.stale').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });
  }

  it('takes the colours that the reader wants, and keeps them', async () => {
    const page = await open('', { colorScheme: 'light' });
    const bar = () =>
      page.evaluate(() => getComputedStyle(document.body.querySelector('.panel')!).backgroundColor);
    const light = await bar();
    await page.getByLabel('Colours').selectOption('dark');
    expect(luminance(await bar())).toBeLessThan(0.2);
    await page.reload();
    await page.locator('.panel').first().waitFor();
    expect(luminance(await bar())).toBeLessThan(0.2);
    expect(await page.context().cookies()).toEqual([]);
    await page.getByLabel('Colours').selectOption('system');
    expect(await bar()).toBe(light);
    await page.context().close();
  });

  it('prints the numbers and not the controls', async () => {
    const page = await open('?range=30d', { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.presets').isVisible()).toBe(false);
    expect(await page.locator('.cards').isVisible()).toBe(true);
    const text = await page.evaluate(() => getComputedStyle(document.querySelector('.value')!).color);
    expect(luminance(text)).toBeLessThan(0.2);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.length).toBeGreaterThan(10_000);
    await page.context().close();
  });
});

/** Between 0 for black and 1 for white, roughly. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)!.map(Number);
  return (red * 0.3 + green * 0.6 + blue * 0.1) / 255;
}
