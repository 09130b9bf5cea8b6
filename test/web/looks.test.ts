import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
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
    browser = await sharedBrowser();
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
    // Opacity in transition is a contrast of its own. What breathes has no end.
    await page.waitForFunction(() =>
      document.getAnimations().every(({ effect }) => effect!.getComputedTiming().iterations === Infinity),
    );
    // Past the policy of the page, which lets no such script in.
    const result = await page.evaluate(`${axe}; axe.run({ resultTypes: ["violations"] })`);
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
      expect(await overflowOf(page, 'html')).toBe(0);
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
      await page.goto('/?from=2017-06-29&to=2017-06-28');
      await page.locator('.failure').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.route('**/dashboard/s*/**', () => {});
      // After a quarter of a minute the page would say so, while axe may still be looking.
      await page.addInitScript(() => {
        AbortSignal.timeout = () => new AbortController().signal;
      });
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

  it('has room on a phone for the rates, the ways to a story, and whatever was looked up', async () => {
    const viewport = { width: 360, height: 740 };
    const page = await open(`?range=30d&uuid=${'4'.repeat(200)}`, { viewport });
    await page.getByText('is not a UUID').waitFor();
    expect(await overflowOf(page, 'html')).toBe(0);
    expect(await overflowOf(page, '.story')).toBe(0);
    expect(await overflowOf(page, '.guesses .scroll')).toBe(0);
    expect(await overflowOf(page, '.events .scroll')).toBe(0);
    const head = (await page.locator('.events .panel-head').boundingBox())!;
    expect(head.height).toBeLessThan(40);
    const rates = await page.evaluate(() => {
      const range = document.createRange();
      return [...document.querySelectorAll('.symbols tbody .rate')].map((cell) => {
        range.selectNodeContents(cell.firstChild!);
        return range.getBoundingClientRect().right;
      });
    });
    expect(rates).toHaveLength(26);
    expect(Math.max(...rates)).toBeLessThan(viewport.width - 24);
    // What is left is told by a shade that the content covers where it ends.
    expect(await overflowOf(page, '.symbols .scroll')).toBeGreaterThan(0);
    const attachments = await page
      .locator('.symbols .scroll')
      .evaluate((element) => getComputedStyle(element).backgroundAttachment);
    expect(attachments).toBe('local, local, local, scroll, scroll, scroll');
    await page.context().close();
  });

  it.each([720, 1201, 1281, 1440, 2200, 3200])('cuts no table at a width of %i', async (width) => {
    const page = await open('?range=30d', { viewport: { width, height: 450 } });
    // The widest that there is, whatever the day of the test.
    await page.locator('.symbols time').evaluateAll((times) => {
      for (const time of times) time.textContent = '30 Sept 2026, 23:59';
    });
    for (const name of ['.symbols', '.guesses', '.events']) {
      expect(await overflowOf(page, `${name} .scroll`)).toBe(0);
    }
    await page.context().close();
  });

  it.each([1280, 1440])(
    'keeps its controls in one line at a width of %i, whatever the zone',
    async (width) => {
      const timezoneId = 'America/Argentina/Buenos_Aires';
      const page = await open(`?tz=${timezoneId}`, { viewport: { width, height: 900 }, timezoneId });
      const tops = await page
        .locator('.presets, .custom, .bar-rest > label')
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect()))
        .then((boxes) => boxes.map(({ y, height }) => Math.round(y + height / 2)));
      expect(tops).toHaveLength(4);
      expect(Math.max(...tops) - Math.min(...tops)).toBeLessThan(3);
      await page.context().close();
    },
  );

  it('moves no range when another one is chosen', async () => {
    const page = await open('');
    const places = () =>
      page
        .locator('.presets a')
        .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().left)));
    const before = await places();
    await page.getByRole('link', { name: '90 days' }).click();
    await page.locator('.presets a[aria-current]', { hasText: '90 days' }).waitFor();
    expect(await places()).toEqual(before);
    await page.context().close();
  });

  it('shows the first numbers of a phone, and the chosen range, without scrolling', async () => {
    const viewport = { width: 360, height: 740 };
    const page = await open('?range=all&tz=Europe/Berlin', { viewport, timezoneId: 'Europe/Berlin' });
    const chosen = (await page.locator('.presets a[aria-current]').boundingBox())!;
    expect(chosen.x + chosen.width).toBeLessThan(viewport.width);
    await page.getByRole('link', { name: '30 days' }).click();
    await page.locator('.shown', { hasText: 'against' }).waitFor();
    const number = (await page.locator('.card .value').first().boundingBox())!;
    // The half of it is for what is asked.
    expect(number.y + number.height).toBeLessThan(viewport.height / 2);
    for (const name of ['Time zone', 'Compare with the period before']) {
      expect(await page.getByLabel(name).isVisible()).toBe(true);
    }
    await page.context().close();
  });

  it.each([360, 720, 1440])('has the heads of numbers over their numbers at a width of %i', async (width) => {
    const page = await open('?range=30d', { viewport: { width, height: 900 } });
    /** Where the first text of an element ends. */
    const end = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()!;
          const range = document.createRange();
          range.selectNodeContents(text);
          range.setEnd(text, text.textContent!.trimEnd().length);
          return range.getBoundingClientRect().right;
        });
    for (const panel of ['.symbols', '.guesses']) {
      for (const column of ['.column-count', '.rate']) {
        const [head, number] = [await end(`${panel} thead ${column}`), await end(`${panel} tbody ${column}`)];
        expect(Math.abs(head - number)).toBeLessThan(2);
      }
    }
    await page.context().close();
  });

  it('tells how long the table of the chart is, of which a part is seen', async () => {
    const page = await open('?range=30d');
    await page.getByText('The same as a table of 30 rows').click();
    await expect.poll(() => page.locator('.as-table tbody tr').count()).toBe(30);
    await page.context().close();
  });

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
    // The page hears of it with the next frame.
    await page.locator('html.on-paper').waitFor();
    expect(await page.locator('.presets').isVisible()).toBe(false);
    expect(await page.locator('.cards').isVisible()).toBe(true);
    const text = await page.evaluate(() => getComputedStyle(document.querySelector('.value')!).color);
    expect(luminance(text)).toBeLessThan(0.2);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.length).toBeGreaterThan(10_000);
    await page.context().close();
  });
});

/** By how much the content of an element is wider than it. */
function overflowOf(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => element.scrollWidth - element.clientWidth);
}

/** Between 0 for black and 1 for white, roughly. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)!.map(Number);
  return (red * 0.3 + green * 0.6 + blue * 0.1) / 255;
}
