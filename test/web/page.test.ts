import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { madeUpPage } from './one-window.js';
import {
  card,
  chartBox,
  chooseComparison,
  chooseZone,
  dayIn,
  dayThatLasts,
  heading,
  isoDay,
  NEW_DAY_MILLISECONDS_MAX,
  ready,
  shownZone,
} from './reading.js';

describe.skipIf(BROWSER_MISSING !== null)(`the page${SKIPPED}`, () => {
  const { url, open, go } = madeUpPage({ timezoneId: 'America/New_York' });
  beforeEach(() => dayThatLasts('UTC', 'America/New_York'), NEW_DAY_MILLISECONDS_MAX);

  async function contactsOf(lower: string, upper: string, more = ''): Promise<number> {
    const response = await fetch(`${url()}/dashboard/summary/${lower}/${upper}?${more}`);
    return ((await response.json()) as { contacts: number }).contacts;
  }

  it('shows each preset, in the URL and with its numbers', async () => {
    const page = await go('?tz=UTC');
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
    const month = day(0).slice(0, 7);
    for (const [name, query, lower, upper] of [
      ['Today', 'today', day(0), day(-1)],
      ['Yesterday', 'yesterday', day(1), day(0)],
      ['30 days', '30d', day(29), day(-1)],
      ['90 days', '90d', day(89), day(-1)],
      ['This month', 'month', `${month}-01`, day(-1)],
      ['All', 'all', '1700-01-01', '2250-01-01'],
    ] as const) {
      await page.getByRole('link', { name, exact: true }).click();
      await ready(page);
      expect(new URL(page.url()).search).toBe(`?range=${query}`);
      expect(await page.locator('.presets [aria-current]').textContent()).toBe(name);
      expect(await card(page, 'Contacts'), name).toBe(await contactsOf(lower, upper));
    }
    await page.getByRole('link', { name: 'Last hour' }).click();
    await ready(page);
    expect(await heading(page)).toBe('Contacts by minute');
    await page.getByRole('link', { name: '7 days' }).click();
    await ready(page);
    expect(new URL(page.url()).search).toBe('?tz=UTC');
    expect(await card(page, 'Contacts')).toBe(await contactsOf(day(6), day(-1)));
  });

  it('goes back and forward, and a link shows the same page', async () => {
    const page = await open('?range=30d');
    const thirty = await card(page, 'Contacts');
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await ready(page);
    const yesterday = await card(page, 'Contacts');
    expect(yesterday).not.toBe(thirty);
    await page.goBack();
    await ready(page);
    expect(await card(page, 'Contacts')).toBe(thirty);
    await page.goForward();
    await ready(page);
    expect(await card(page, 'Contacts')).toBe(yesterday);
    const link = '?range=30d&tz=Asia/Kathmandu&compare=no&symbol=e&sort=rate.down';
    const other = await open(link);
    expect(new URL(other.url()).search).toBe(link);
    expect(await other.title()).toMatch(/^e, \d+ [A-Z][a-z]{2}( \d{4})? – .* · Tallyboard$/);
    expect(await other.locator('.presets [aria-current]').textContent()).toBe('30 days');
    expect(await shownZone(other)).toBe('Asia/Kathmandu (UTC+5:45)');
    expect(await other.locator('.compare summary').textContent()).toBe('Compare with: Nothing');
    expect(await other.locator('.narrowed').textContent()).toContain('Only the symbol e');
    expect(await other.locator('th[aria-sort=descending]').textContent()).toBe('Rate 95 % interval');
  });

  it('takes a range of its own, to the minute', async () => {
    const page = await go('?tz=UTC');
    await page.getByText('Custom range').click();
    const [day, next] = [isoDay(3), isoDay(2)];
    await page.getByLabel('From').fill(`${day}T10:30`);
    await page.getByLabel('Until').fill(`${day}T09:00`);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    expect(new URL(page.url()).search).toBe('?tz=UTC');
    await page.getByLabel('Until').fill(`${next}T11:07`);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await ready(page);
    expect(new URL(page.url()).search).toBe(`?from=${day}T10:30&to=${next}T11:07`);
    expect(await card(page, 'Contacts')).toBe(await contactsOf(`${day}T10:30`, `${next}T11:07`));
    expect(await page.locator('.menu[open]').count()).toBe(0);
  });

  it("reads days in the browser's zone, and says so", async () => {
    const page = await go('?range=yesterday');
    expect(await shownZone(page)).toBe('UTC');
    await chooseZone(page, 'tokyo');
    await ready(page);
    expect(new URL(page.url()).search).toContain('tz=Asia/Tokyo');
    expect(await shownZone(page)).toBe('Asia/Tokyo (UTC+9)');
    await chooseZone(page, 'new york');
    await ready(page);
    // Both, on the day after one on which the clocks were changed.
    expect(await shownZone(page)).toMatch(/^America\/New York \(UTC−[45](, UTC−[45])?\)$/);
    expect(new URL(page.url()).search).toBe('?range=yesterday&tz=America/New_York');
    const upper = dayIn('America/New_York', Date.now());
    const lower = dayIn('UTC', Date.parse(upper) - 86_400_000);
    expect(await card(page, 'Contacts')).toBe(await contactsOf(lower, upper, 'tz=America/New_York'));
  });

  it('compares with the period before, as far as the present one has come', async () => {
    const page = await go('?range=yesterday');
    const now = await contactsOf(isoDay(1), isoDay(0));
    const expectAgainst = async (back: number) => {
      const before = await contactsOf(isoDay(back), isoDay(back - 1));
      // As the page reckons it: in another order a half may be rounded the other way.
      const change = `${Math.abs((100 * (now - before)) / before).toFixed(1)} %`;
      expect(await page.locator('.card').first().textContent()).toContain(change);
      expect(await page.locator('.card').first().textContent()).toContain(`${before} before`);
    };
    await expectAgainst(8);
    await chooseComparison(page, 'The period right before');
    await ready(page);
    expect(new URL(page.url()).search).toBe('?range=yesterday&compare=before');
    await expectAgainst(2);
    expect(await page.locator('.legend').textContent()).toContain('Period before');
    await page.locator('.menu.compare summary').click();
    await page.getByLabel('A period of the same length, from').fill(`${isoDay(5)}T00:00`);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await ready(page);
    await expectAgainst(5);
    await chooseComparison(page, 'Nothing');
    await ready(page);
    expect(await page.locator('.change').count()).toBe(0);
    expect(await page.locator('.legend').textContent()).not.toContain('Period before');
    await chooseComparison(page, 'The period before, same weekday');
    await page.getByRole('link', { name: 'Today' }).click();
    await ready(page);
    expect(await page.locator('.shown').textContent()).toContain('same time span');
  });

  it('takes no growth from a period in which the first contact of all came', async () => {
    const page = await go(`?from=${isoDay(50)}&to=${isoDay(30)}`);
    const contacts = page.locator('.card').first();
    await contacts.getByText(/^[1-9][\d,]* before, not a whole period$/).waitFor();
    expect(await contacts.textContent()).not.toContain('%');
    await page.getByRole('link', { name: '30 days' }).click();
    await ready(page);
    expect(await contacts.textContent()).toContain('%');
  });

  it('sorts the table of all 26 symbols', async () => {
    const page = await go('?range=30d');
    const symbols = page.locator('.symbols tbody tr');
    expect(await symbols.count()).toBe(26);
    const counts = async () =>
      (await symbols.locator('.column-count').allTextContents()).map((text) => Number(text.replace(',', '')));
    const column = page.getByRole('columnheader', { name: 'Contacts' }).first();
    expect(await column.getAttribute('aria-sort')).toBe('descending');
    const descending = await counts();
    expect(descending).toEqual(descending.toSorted((one, other) => other - one));
    await column.getByRole('button').click();
    expect(await column.getAttribute('aria-sort')).toBe('ascending');
    expect(new URL(page.url()).search).toBe('?range=30d&sort=count.up');
    expect(await counts()).toEqual(descending.toReversed().toSorted((one, other) => one - other));
    await page.getByRole('button', { name: 'Symbol' }).click();
    expect((await symbols.locator('th').allTextContents()).join('')).toBe('abcdefghijklmnopqrstuvwxyz');
  });

  it('narrows to a symbol and back', async () => {
    const page = await go('?range=30d');
    await page.getByRole('link', { name: 'e: narrow the page to it' }).click();
    await ready(page);
    const narrowed = await card(page, 'Contacts');
    expect(narrowed).toBe(await contactsOf(isoDay(29), isoDay(-1), 'symbol=e'));
    expect(await page.locator('.symbols tr.chosen').textContent()).toContain(
      narrowed.toLocaleString('en-US'),
    );
    await page.getByRole('link', { name: 'Show all symbols' }).first().click();
    await ready(page);
    expect(await card(page, 'Contacts')).toBe(await contactsOf(isoDay(29), isoDay(-1)));
  });

  it('zooms where the chart is dragged over, and by the table of buckets', async () => {
    const page = await go('?range=30d&compare=no');
    const box = await chartBox(page);
    const bucket = box.width / 30.2;
    await page.mouse.move(box.x + bucket * 5.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + bucket * 8.7, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await ready(page);
    // From the middle of the sixth bucket to that of the ninth.
    expect(new URL(page.url()).search).toBe(`?from=${isoDay(24)}T00:00&to=${isoDay(20)}T00:00&compare=no`);
    expect(await card(page, 'Contacts')).toBe(await contactsOf(isoDay(24), isoDay(20)));
    expect(await heading(page)).toBe('Contacts by hour');
    await page.getByText('The same as a table').click();
    await page.locator('.as-table tbody a').nth(2).click();
    await ready(page);
    expect(new URL(page.url()).search).toContain(`?from=${isoDay(24)}T02:00&to=${isoDay(24)}T03:00`);
    await page.goBack();
    await page.goBack();
    await ready(page);
    expect(new URL(page.url()).search).toBe('?range=30d&compare=no');
  });

  it('reads a bucket under the pointer', async () => {
    const page = await go('?range=7d');
    const box = await chartBox(page);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const contacts = await contactsOf(isoDay(3), isoDay(2));
    expect(await page.locator('.reading').textContent()).toContain(`Contacts${contacts}`);
  });

  it('works by the keyboard alone', async () => {
    const page = await open();
    // It is drawn when what menus listen to is listened to.
    await page.locator('.u-over').waitFor();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab', 'Tab', 'Tab', 'Enter');
    expect(await page.locator('.export[open]').count()).toBe(1);
    await press('Escape');
    expect(await page.locator('.export[open]').count()).toBe(0);
    await press('Tab', 'Tab', 'Enter');
    await ready(page);
    expect(new URL(page.url()).search).toBe('?range=today&tz=America/New_York');
  });

  describe('menus by the keyboard', () => {
    async function opened(name: string): Promise<Page> {
      const page = await go('');
      // It is drawn when what menus listen to is listened to.
      await page.locator('.u-over').waitFor();
      await page.locator(`.menu.${name} > summary`).focus();
      await page.keyboard.press('Enter');
      expect(await isOpen(page, name)).toBe(true);
      // What is in a menu may be loaded when it is asked for.
      await page.locator(`.menu.${name} :is(a, button, input, select)`).first().waitFor();
      return page;
    }

    function isOpen(page: Page, name: string): Promise<boolean> {
      return page.locator(`.menu.${name}`).evaluate((element) => (element as HTMLDetailsElement).open);
    }

    it.each(['export', 'custom'])(
      '%s stays open while one is in it, and closes behind who leaves',
      async (name) => {
        const page = await opened(name);
        const isInside = () =>
          page.evaluate((menu) => document.activeElement!.closest(`.menu.${menu}`) !== null, name);
        let steps = 0;
        for (await page.keyboard.press('Tab'); await isInside(); await page.keyboard.press('Tab')) {
          expect(await isOpen(page, name)).toBe(true);
          steps += 1;
        }
        expect(steps).toBeGreaterThan(2);
        expect(await isOpen(page, name)).toBe(false);
      },
    );

    it.each(['export', 'custom'])('%s closes behind who goes back', async (name) => {
      const page = await opened(name);
      await page.keyboard.press('Shift+Tab');
      expect(await isOpen(page, name)).toBe(false);
    });

    it.each(['export', 'custom'])('%s is closed by Escape, which leads back to its button', async (name) => {
      const page = await opened(name);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Escape');
      expect(await isOpen(page, name)).toBe(false);
      const focused = page.locator(`.menu.${name} > summary`);
      expect(await focused.evaluate((element) => element === document.activeElement)).toBe(true);
    });
  });
});
