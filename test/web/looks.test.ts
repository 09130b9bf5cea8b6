import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { contrast, findings, luminance, overflowOf } from './looking.js';
import { madeUpPage } from './one-window.js';
import { ready } from './reading.js';
import { expectSound } from './sound.js';

/** As wide as the name of a zone can be. */
const ZONE = 'America/Argentina/Buenos_Aires';

describe.skipIf(BROWSER_MISSING !== null)(`the look of the page${SKIPPED}`, () => {
  const { open, visit } = madeUpPage({
    timezoneId: ZONE,
    colorScheme: 'light',
    reducedMotion: 'no-preference',
  });

  describe('with the numbers of thirty days', () => {
    let page: Page;
    beforeAll(async () => {
      page = await open(`?range=30d&tz=${ZONE}`);
    });

    it('is sound by day', () => expectSound(page, 'light'));

    it('is sound on a phone by night', async () => {
      await page.setViewportSize({ width: 360, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectSound(page, 'dark');
    });

    it.each([720, 1201, 1281, 1440, 2200, 3200])('cuts no table at a width of %i', async (width) => {
      await page.setViewportSize({ width, height: 450 });
      for (const name of ['.symbols', '.guesses', '.week', '.events']) {
        expect(await overflowOf(page, `${name} .scroll`)).toBe(0);
      }
      await page.getByRole('button', { name: 'Times' }).click();
      await page.locator('.symbols time').first().waitFor();
      // The widest that there is, whatever the day of the test.
      await page.locator('.symbols time').evaluateAll((times) => {
        for (const time of times) time.textContent = '30 Sept 2026, 23:59';
      });
      expect(await overflowOf(page, '.symbols .scroll')).toBe(0);
      await page.getByRole('button', { name: 'Times' }).click();
    });

    it.each([360, 720, 1440])(
      'has the heads of numbers over their numbers at a width of %i',
      async (width) => {
        await page.setViewportSize({ width, height: 900 });
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
            const head = await end(`${panel} thead ${column}`);
            const number = await end(`${panel} tbody ${column}`);
            expect(Math.abs(head - number)).toBeLessThan(2);
          }
        }
      },
    );

    it.each([320, 390])('has room for all of every table on a phone of %i', async (width) => {
      await page.setViewportSize({ width, height: 700 });
      expect(await overflowOf(page, 'html')).toBe(0);
      for (const name of ['.symbols', '.guesses', '.week', '.events']) {
        expect(await overflowOf(page, `${name} .scroll`)).toBe(0);
      }
      const [top, tools] = await Promise.all(
        ['.brand', '.top .tools'].map(async (name) => (await page.locator(name).boundingBox())!),
      );
      expect(tools!.y).toBeLessThan(top!.y + top!.height);
      for (const menu of ['custom', 'compare', 'zone', 'export', 'note', 'copy']) {
        await page.locator(`.menu.${menu} > summary`).first().click();
        const panel = (await page.locator('.menu[open] .menu-panel').boundingBox())!;
        expect(panel.x, menu).toBeGreaterThanOrEqual(0);
        expect(panel.x + panel.width, menu).toBeLessThanOrEqual(width);
        await page.keyboard.press('Escape');
      }
    });

    it.each([768, 1024, 1280, 1440])('keeps the tools of the chart beside its title at %i', async (width) => {
      await page.setViewportSize({ width, height: 900 });
      const middles = await page
        .locator('.series h2, .series .tools > *')
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect()))
        .then((boxes) => boxes.map(({ y, height }) => y + height / 2));
      expect(middles).toHaveLength(5);
      expect(Math.max(...middles) - Math.min(...middles)).toBeLessThan(3);
    });

    it.each([320, 1440])('sets a change off from what was before at %i', async (width) => {
      await page.setViewportSize({ width, height: 900 });
      const pairs = await page
        .locator('.change')
        .evaluateAll((all) =>
          all.map((each) => [...each.children].map((child) => child.getBoundingClientRect())),
        );
      expect(pairs).toHaveLength(4);
      for (const [change, was] of pairs) {
        const isBelow = was!.top >= change!.bottom - 2;
        expect(isBelow || was!.left >= change!.right + 8).toBe(true);
      }
    });

    it.each([1280, 1440])(
      'keeps its controls in one line at a width of %i, whatever the zone',
      async (width) => {
        await page.setViewportSize({ width, height: 900 });
        const tops = await page
          .locator('.presets, .neighbours, .custom, .bar-rest > .menu')
          .evaluateAll((all) => all.map((each) => each.getBoundingClientRect()))
          .then((boxes) => boxes.map(({ y, height }) => Math.round(y + height / 2)));
        expect(tops).toHaveLength(5);
        expect(Math.max(...tops) - Math.min(...tops)).toBeLessThan(3);
      },
    );

    it.each(['light', 'dark'] as const)(
      'sets the period before off from what it stands on, %s',
      async (colorScheme) => {
        await page.emulateMedia({ colorScheme });
        const [fill, edge, surface] = await page.evaluate(() => {
          const { backgroundColor, borderTopColor } = getComputedStyle(document.querySelector('.of-ghost')!);
          return [
            backgroundColor,
            borderTopColor,
            getComputedStyle(document.querySelector('.series')!).backgroundColor,
          ];
        });
        expect(contrast(fill!, surface!)).toBeGreaterThan(1.2);
        expect(contrast(edge!, surface!)).toBeGreaterThan(colorScheme === 'dark' ? 3 : 1.8);
      },
    );

    it('tells how long the table of the chart is, of which a part is seen', async () => {
      await page.getByText('The same as a table of 30 rows').click();
      await expect.poll(() => page.locator('.as-table tbody tr').count()).toBe(30);
    });

    it('moves no range when another one is chosen', async () => {
      const places = () =>
        page
          .locator('.presets a')
          .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().left)));
      const before = await places();
      await page.getByRole('link', { name: '90 days' }).click();
      await page.locator('.presets a[aria-current]', { hasText: '90 days' }).waitFor();
      expect(await places()).toEqual(before);
    });

    it('would be found unsound, were it so', async () => {
      // What is still to come of another range is paler.
      await ready(page);
      await page.evaluate(() => {
        const value = document.querySelector<HTMLElement>('.value')!;
        value.style.color = '#ddd';
        document.querySelector('.search label span')!.remove();
        document.querySelector('.search input')!.removeAttribute('placeholder');
      });
      const rules = (await findings(page)).map((finding) => finding.split(':')[0]);
      expect(rules.toSorted()).toEqual(['color-contrast', 'label']);
    });
  });

  it('has room on a phone for the rates, the ways to a story, and whatever was looked up', async () => {
    const width = 360;
    const page = await open(`?range=30d&moments=yes&uuid=${'4'.repeat(200)}`);
    await page.setViewportSize({ width, height: 740 });
    await page.getByText('is not a UUID').waitFor();
    expect(await overflowOf(page, 'html')).toBe(0);
    expect(await overflowOf(page, '.story')).toBe(0);
    expect(await overflowOf(page, '.guesses .scroll')).toBe(0);
    expect(await overflowOf(page, '.events .scroll')).toBe(0);
    const head = (await page.locator('.events .panel-head').boundingBox())!;
    expect(head.height).toBeLessThan(48);
    const rates = await page.evaluate(() => {
      const range = document.createRange();
      return [...document.querySelectorAll('.symbols tbody .rate')].map((cell) => {
        range.selectNodeContents(cell.firstChild!);
        return range.getBoundingClientRect().right;
      });
    });
    expect(rates).toHaveLength(26);
    expect(Math.max(...rates)).toBeLessThan(width - 24);
    // What is left is told by a shade that the content covers where it ends.
    expect(await overflowOf(page, '.symbols .scroll')).toBeGreaterThan(0);
    const attachments = await page
      .locator('.symbols .scroll')
      .evaluate((element) => getComputedStyle(element).backgroundAttachment);
    expect(attachments).toBe('local, local, local, scroll, scroll, scroll');
  });

  it('shows the first numbers of a phone, and the chosen range, without scrolling', async () => {
    const viewport = { width: 360, height: 740 };
    const page = await open();
    await page.setViewportSize(viewport);
    await page.goto('/?range=all&tz=Europe/Berlin');
    await page.locator('main[aria-busy=false]').waitFor();
    const chosen = (await page.locator('.presets a[aria-current]').boundingBox())!;
    expect(chosen.x + chosen.width).toBeLessThan(viewport.width);
    await page.getByRole('link', { name: '30 days' }).click();
    await page.locator('.shown', { hasText: 'against' }).waitFor();
    const number = (await page.locator('.card .value').first().boundingBox())!;
    // The half of it is for what is asked.
    expect(number.y + number.height).toBeLessThan(viewport.height / 2);
    for (const name of ['.zone summary', '.compare summary']) {
      expect(await page.locator(name).isVisible()).toBe(true);
    }
  });

  it.each([
    [320, 260],
    [600, 340],
    [1000, 700],
  ])('has all of the chart in a frame of %i × %i', async (width, height) => {
    const page = await visit('?range=30d&embed=chart');
    await page.locator('.u-over').waitFor();
    await page.setViewportSize({ width: 1400, height: 1000 });
    await page.setViewportSize({ width, height });
    const bottom = () =>
      page.locator('.series').evaluate((panel) => Math.round(panel.getBoundingClientRect().bottom));
    await expect.poll(bottom).toBeLessThanOrEqual(height);
    expect(await overflowOf(page, 'html')).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height);
    // The drawing has that size, too, and bars of a height that says something.
    await expect.poll(() => overflowOf(page, '.plot')).toBe(0);
    const plot = (await page.locator('.u-over').boundingBox())!;
    expect(plot.y + plot.height).toBeLessThan(height);
    expect(plot.height).toBeGreaterThan(90);
  });

  it('takes the colours that the reader wants, and keeps them', async () => {
    const page = await open();
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
  });
});
