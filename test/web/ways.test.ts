import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OverviewAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { overflowOf } from './looking.js';
import { madeUpPage } from './one-window.js';
import { card, chartBox, dayThatLasts, heading, isoDay, NEW_DAY_MILLISECONDS_MAX, ready } from './reading.js';
import { tallyboard } from './support.js';

/** As many as there can be in a bad dream. */
const TRILLION = 1_234_567_890_123;

describe.skipIf(BROWSER_MISSING !== null)(`ways through the page${SKIPPED}`, () => {
  const { open, go, url } = madeUpPage();
  beforeEach(() => dayThatLasts('UTC'), NEW_DAY_MILLISECONDS_MAX);

  const searchOf = (page: Page) => new URL(page.url()).search;

  it('go to the period before and to the next one, by arrows and by links', async () => {
    const page = await open('?range=today');
    await page.keyboard.press('ArrowRight');
    expect(searchOf(page)).toBe('?range=today');
    await page.keyboard.press('ArrowLeft');
    expect(searchOf(page)).toBe('?range=yesterday');
    await page.keyboard.press('ArrowLeft');
    await ready(page);
    expect(searchOf(page)).toBe(`?from=${isoDay(2)}T00:00&to=${isoDay(1)}T00:00`);
    await page.getByRole('link', { name: 'The next period' }).click();
    await page.getByRole('link', { name: 'The next period' }).click();
    expect(searchOf(page)).toBe('?range=today');
    expect(await page.getByRole('link', { name: 'The next period' }).count()).toBe(0);
    await page.getByRole('link', { name: 'The period before' }).click();
    expect(searchOf(page)).toBe('?range=yesterday');
  });

  it('are keys, which leave what is typed alone', async () => {
    const page = await go('?range=30d');
    await page.keyboard.press('w');
    expect(searchOf(page)).toBe('');
    await page.keyboard.press('t');
    await page.keyboard.press('c');
    expect(searchOf(page)).toBe('?range=today&compare=no');
    await page.keyboard.press('c');
    await page.keyboard.press('/');
    await page.keyboard.type('chat');
    expect(await page.getByLabel('Uuid of a contact').inputValue()).toBe('chat');
    expect(searchOf(page)).toBe('?range=today');
    await page.locator('body').click({ position: { x: 2, y: 2 } });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('a');
    expect(searchOf(page)).toBe('?range=today');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });

  it('cut the chart otherwise, as long as the range allows it', async () => {
    const page = await go('?range=30d');
    await page.getByLabel('Interval').selectOption('week');
    await ready(page);
    expect(await heading(page)).toBe('Contacts by week');
    expect(searchOf(page)).toBe('?range=30d&every=week');
    // Today has no contacts yet when the day is young, and so no chart.
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await ready(page);
    expect(await heading(page)).toBe('Contacts by hour');
    await page.getByLabel('Interval').selectOption('');
    expect(searchOf(page)).toBe('?range=yesterday');
  });

  it('remember the zone and the comparison for who comes by the bare address, and for nobody else', async () => {
    const page = await go('');
    await page.locator('.menu.zone summary').click();
    await page.getByLabel('Search time zones').fill('+5:45');
    await page.getByRole('button', { name: 'Asia/Kathmandu UTC+5:45' }).click();
    await page.keyboard.press('c');
    await page.goto('/');
    await ready(page);
    expect(await page.locator('.zone-name').textContent()).toBe('Asia/Kathmandu (UTC+5:45)');
    expect(await page.locator('.change').count()).toBe(0);
    await page.goto('/?range=30d');
    await ready(page);
    expect(await page.locator('.zone-name').textContent()).toBe('UTC');
    await page.evaluate(() => localStorage.clear());
    await page.goto('/');
  });

  it('list zones by the names of today', async () => {
    const page = await go('');
    await page.locator('.menu.zone summary').click();
    const names = page.locator('.menu.zone .choices li span');
    await expect.poll(() => names.count()).toBeGreaterThan(400);
    const listed = await names.allTextContents();
    expect(listed).toEqual(expect.arrayContaining(['Asia/Kolkata', 'Europe/Kyiv', 'America/Nuuk']));
    expect(listed).not.toContain('Asia/Calcutta');
    expect(new Set(listed).size).toBe(listed.length);
    await page.keyboard.press('Escape');
  });

  it('lead to what says something of one symbol alone', async () => {
    const page = await go('?range=30d&symbol=t');
    expect(await page.locator('.card').count()).toBe(4);
    expect(await page.locator('.guesses tbody th').allTextContents()).toEqual(['Consonants', 'Consonants']);
    expect(await page.locator('.sentence').textContent()).toContain(' with t');
  });

  it('add up the hours of the week', async () => {
    const page = await go(`?from=${isoDay(21)}&to=${isoDay(7)}&compare=no`);
    const cells = page.locator('.week tbody td');
    await page.locator('.week[aria-busy=false]').waitFor();
    expect(await cells.count()).toBe(7 * 24);
    const texts = await cells.evaluateAll((all) => all.map((cell) => cell.textContent!));
    const contacts = texts.map((text) => Number(/\(([\d,]+) contact/.exec(text)![1]!.replace(',', '')));
    expect(contacts.reduce((sum, each) => sum + each)).toBe(await card(page, 'Contacts'));
    expect(texts.every((text) => text.includes('in 2 hours'))).toBe(true);
    await page.getByRole('button', { name: 'Rate', exact: true }).nth(1).click();
    await page.getByText('Followup rate, ').last().waitFor();
  });

  it('tell what is usual, and the test that it is told by', async () => {
    const page = await go('?range=yesterday');
    const sentence = page.locator('.sentence');
    await expect
      .poll(() => sentence.textContent())
      .toMatch(/^Yesterday: \d+ contacts, .*usual on [A-Z][a-z]+days.*; \d+\.\d % went on.*\.$/);
    expect(await sentence.locator('span').first().getAttribute('title')).toContain("Student's t");
    const digest = await tallyboard('digest', '--url', url(), '--period', 'yesterday');
    expect(digest.split('\n')[0]).toBe(await sentence.textContent());
    // No number of a change has a colour that a test does not name.
    const titles = await page
      .locator('.change-by')
      .evaluateAll((all) => all.map((each) => `${each.className} ${(each as HTMLElement).title}`));
    expect(titles.length).toBeGreaterThan(20);
    for (const title of titles)
      expect(title).toMatch(/level Within chance: |(up|down|other) Beyond chance: /);
  });

  it.each([320, 390, 768, 1024, 1440, 2560])(
    'have whole numbers up to a trillion at a width of %i',
    async (width) => {
      const page = await go('');
      await page.setViewportSize({ width, height: 900 });
      let value = 0;
      await page.route('**/dashboard/overview/**', async (route) => {
        const response = await route.fetch();
        const overview = (await response.json()) as OverviewAnswer;
        const counted = (count: number) =>
          overview.rows.map((row) => ({ ...row, count, followups: count - 1 }));
        const json = {
          ...overview,
          summary: { ...overview.summary, contacts: value, followups: Math.round(value / 3) },
          rows: counted(value),
          against: overview.against && { ...overview.against, rows: counted(Math.round(value / 9.9)) },
          guesses: overview.guesses.map((row) => ({ ...row, contacts: value, followups: value - 1 })),
        };
        await route.fulfill({ response, json });
      });
      // The greatest that are not shortened on a phone, and anywhere.
      for (const [range, greatest] of [
        ['7d', 9_876_543],
        ['90d', 987_654_321],
        ['30d', TRILLION],
      ] as const) {
        value = greatest;
        const text = greatest.toLocaleString('en-US');
        await go(`?range=${range}&compare=before`);
        await page.locator('.card .value', { hasText: text }).first().waitFor();
        for (const name of ['html', '.symbols .scroll', '.guesses .scroll']) {
          expect(await overflowOf(page, name), `${name} with ${text}`).toBe(0);
        }
        const cut = await page.locator('.card .value, .whole').evaluateAll(
          (all) =>
            all.filter((each) => {
              const cell = each.closest('td, .card')!.getBoundingClientRect();
              const range = document.createRange();
              range.selectNodeContents(each);
              const text = each.matches('[data-short]')
                ? each.getBoundingClientRect()
                : range.getBoundingClientRect();
              return text.left < cell.left - 1 || text.right > cell.right + 1;
            }).length,
        );
        expect(cut).toBe(0);
        // Shortened or not, it is whole for readers and on hover.
        const figure = page.locator('.symbols .whole').first();
        expect(await figure.textContent()).toBe(text);
        if (greatest > 10_000_000) expect(await figure.getAttribute('title')).toBe(text);
      }
    },
  );

  it('have nothing on a phone that a finger misses, and no reading over its bar', async () => {
    const page = await open('?range=yesterday');
    await page.setViewportSize({ width: 360, height: 740 });
    const small = await page.locator('a, button, select, summary, input').evaluateAll((all) =>
      all
        .filter((each) => each.checkVisibility() && !each.closest('dialog'))
        .map((each) => ({
          name: each.outerHTML.slice(0, 80),
          ...(each.getBoundingClientRect().toJSON() as DOMRect),
        }))
        .filter(({ width, height }) => width < 43.5 || height < 43.5)
        .map(({ name }) => name),
    );
    expect(small).toEqual([]);
    await page.locator('.u-over').scrollIntoViewIfNeeded();
    const box = await chartBox(page);
    await page.mouse.move(box.x + 12, box.y + box.height / 2);
    const [reading, lit] = [
      await page.locator('.reading').boundingBox(),
      await page.locator('.lit').boundingBox(),
    ];
    expect(reading!.y + reading!.height).toBeLessThanOrEqual(lit!.y + 1);
  });
});
