import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser, type WatchedPage } from './browser.js';
import { card, chartBox, dayThatLasts, isoDay, NEW_DAY_MILLISECONDS_MAX, ready } from './reading.js';
import { post, temporaryFolder, uuid } from './support.js';

/** What a reader is about must not be taken from them by numbers that come meanwhile. */
describe.skipIf(BROWSER_MISSING !== null)(`the page, while contacts come,${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let contacts = 0;
  beforeAll(async () => {
    browser = await sharedBrowser();
    server = await startServerProcess(`journal:${join(temporaryFolder(), 'data')}`);
  });
  beforeEach(async () => {
    await dayThatLasts('UTC');
    await contact();
  }, NEW_DAY_MILLISECONDS_MAX);
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function contact(): Promise<void> {
    contacts += 1;
    await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
  }

  /** Lets a contact come, and waits until the page shows it. */
  async function contactShown(page: Page): Promise<void> {
    await contact();
    await expect.poll(() => card(page, 'Contacts')).toBe(contacts);
  }

  async function open(query: string): Promise<WatchedPage> {
    const watched = await openPage(browser, server.url);
    await watched.page.goto(`/${query}`);
    await ready(watched.page);
    await watched.page.locator('.live.open').waitFor();
    return watched;
  }

  it('goes on with a drag over the chart, and with the reading under the pointer', async () => {
    const { page, wrongs } = await open('?range=30d&compare=no');
    const box = await chartBox(page);
    const bucket = box.width / 30.2;
    const last = box.x + bucket * 29.6;
    await page.mouse.move(last, box.y + 60);
    await page.locator('.reading').waitFor();
    await contactShown(page);
    expect(await page.locator('.reading').textContent()).toContain(`Contacts${contacts}`);

    await page.mouse.move(box.x + bucket * 20, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + bucket * 24, box.y + 60, { steps: 3 });
    await contactShown(page);
    await page.mouse.move(last, box.y + 60, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => new URL(page.url()).search).toMatch(/^\?from=.*&to=/);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('does not put bounds back that are being typed', async () => {
    const { page } = await open('?range=hour');
    await page.getByText('Custom range').click();
    await page.getByLabel('From').fill('2017-06-28T10:30');
    const before = await page.locator('.shown b').textContent();
    // The range moves with the minute of the server's clock.
    await page.route('**/dashboard/summary/**', async (route) => {
      const response = await route.fetch();
      const summary = (await response.json()) as { now: string };
      const later = Date.parse(`${summary.now.slice(0, 19).replace(' ', 'T')}Z`) + 120_000;
      const now = new Date(later).toISOString().slice(0, 23).replace('T', ' ');
      await route.fulfill({ response, json: { ...summary, now: `${now}000` } });
    });
    await contact();
    await expect.poll(() => page.locator('.shown b').textContent()).not.toBe(before);
    expect(await page.getByLabel('From').inputValue()).toBe('2017-06-28T10:30');
    await page.keyboard.press('Escape');
    await page.getByText('Custom range').click();
    expect(await page.getByLabel('From').inputValue()).not.toBe('2017-06-28T10:30');
    // The minute may have changed just now; what is asked of a closed page fails the test.
    await page.unrouteAll({ behavior: 'wait' });
    await page.context().close();
  });

  it('goes to the bucket that is meant, though another zone is chosen already', async () => {
    const { page } = await openPage(browser, server.url, { timezoneId: 'Africa/Johannesburg' });
    await page.goto('/?range=today&compare=no');
    await ready(page);
    await page.getByText('The same as a table').click();
    const link = page.locator('.as-table tbody a').first();
    const day = isoDay(0);
    // The answers for the other zone do not come.
    await page.route('**/dashboard/**', () => {});
    await page.getByLabel('Time zone').selectOption('Africa/Johannesburg');
    await link.click();
    expect(new URL(page.url()).search).toBe(
      `?from=${day}T02:00&to=${day}T03:00&tz=Africa/Johannesburg&compare=no`,
    );
    await page.context().close();
  });

  it('has the period before in the table that says the same as the chart', async () => {
    const { page } = await open('?range=today');
    await page.getByText('The same as a table').click();
    const heads = page.locator('.as-table thead th');
    await heads.last().waitFor();
    expect((await heads.allTextContents()).at(-1)).toBe('Contacts before');
    const cells = await page.locator('.as-table tbody tr').first().locator('td').allTextContents();
    expect(cells.at(-1)).toBe('0');
    await page.getByLabel('Compare with').uncheck();
    await ready(page);
    await expect.poll(async () => (await heads.allTextContents()).at(-1)).toBe('Rate');
    await page.context().close();
  });
});
