import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, SKIPPED } from './browser.js';
import { findings } from './looking.js';
import { oneWindow } from './one-window.js';
import {
  chartBox,
  chooseComparison,
  chooseZone,
  dayThatLasts,
  isoDay,
  NEW_DAY_MILLISECONDS_MAX,
  ready,
  shows,
} from './reading.js';
import { post, temporaryFolder, uuid } from './support.js';

describe.skipIf(BROWSER_MISSING !== null)(`the live page${SKIPPED}`, () => {
  let server: ServerProcess;
  const store = `journal:${join(temporaryFolder(), 'data')}`;
  let contacts = 0;
  beforeAll(async () => {
    server = await startToStay(store);
  });
  const { open, visit } = oneWindow(() => server.url, {
    timezoneId: 'Africa/Johannesburg',
    colorScheme: 'light',
  });
  beforeEach(() => dayThatLasts('UTC'), NEW_DAY_MILLISECONDS_MAX);
  afterAll(async () => {
    await server?.end('SIGKILL');
  });

  async function live(query = ''): Promise<Page> {
    const page = await open(query);
    await page.locator('.live.open').waitFor();
    return page;
  }

  async function contact(): Promise<void> {
    contacts += 1;
    await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
  }

  it('fills from nothing when a client asks, and follows', async () => {
    const page = await live();
    await page.getByText('No contacts yet').waitFor();
    expect(await page.locator('.live').textContent()).toContain('no event yet');
    expect(await findings(page)).toEqual([]);

    await contact();
    await shows(page, 'Contacts', '1');
    await expect.poll(() => page.locator('.live').textContent()).toMatch(/newest event \d+ s ago/);
    // The numbers may be asked for anew a moment before the message comes: with each minute.
    await expect.poll(() => page.locator('.events tbody tr').count()).toBe(1);

    await post(server.url, `/followup?uuid=${uuid(1)}`);
    await shows(page, 'Followups', '1');
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await page.locator('.integrity dd', { hasText: /^1$/ }).waitFor();
    await shows(page, 'Contacts', '1');
    await page.locator('.events tbody tr').first().getByText('replay').waitFor();
  });

  it('keeps the list still while it is paused, and counts on', async () => {
    const page = await live();
    await page.locator('.events tbody tr').first().waitFor();
    const listed = await page.locator('.events tbody tr').count();
    await page.getByRole('button', { name: 'Pause' }).click();
    await contact();
    await shows(page, 'Contacts', String(contacts));
    expect(await page.locator('.events tbody tr').count()).toBe(listed);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => page.locator('.events tbody tr').count()).toBe(listed + 1);
  });

  it('adds to the story of a contact what comes', async () => {
    await contact();
    const page = await visit(`?uuid=${uuid(contacts)}`);
    await page.locator('.live.open').waitFor();
    await page.locator('.story li').waitFor();
    await post(server.url, `/followup?uuid=${uuid(contacts)}`);
    await page.locator('.story').getByText('Went on with a followup').waitFor();
  });

  it('waits where the server cannot be reached from the start', async () => {
    const page = await visit('');
    await page.route('**/dashboard/**', (route) => route.abort());
    await page.reload();
    await page.getByText('The server cannot be reached').waitFor();
    await page.unroute('**/dashboard/**');
    await ready(page);
    await shows(page, 'Contacts', String(contacts));
  });

  it('shows the rate of a bucket that has no neighbours', async () => {
    // Over fewer a rate says nothing.
    while (contacts < 20) await contact();
    const page = await live('?range=30d&compare=no');
    await page.setViewportSize({ width: 500, height: 900 });
    await page.locator('.u-over').waitFor();
    const dots = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        // The colour of the line, and no other's.
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === 0x0f && data[at + 1] === 0x76 && data[at + 2] === 0x6e) count += 1;
        }
        return count;
      });
    // Three full pixels across or more.
    await expect.poll(dots).toBeGreaterThan(8);
  });

  it('asks nothing of a range that is over, whatever comes, and at once when it is another', async () => {
    const page = await live('?range=yesterday');
    await page.locator('.events tbody tr').first().waitFor();
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/overview/')) asked += 1;
    });
    await contact();
    await page.getByRole('link', { name: `Story of ${uuid(contacts)}` }).waitFor();
    await contact();
    await page.getByRole('link', { name: `Story of ${uuid(contacts)}` }).waitFor();
    expect(asked).toBe(0);
    await page.keyboard.press('t');
    await shows(page, 'Contacts', String(contacts));
    expect(asked).toBeGreaterThan(0);
  });

  it('goes on with a drag over the chart, and with the reading under the pointer', async () => {
    const page = await live('?range=30d&compare=no');
    const box = await chartBox(page);
    const bucket = box.width / 30.2;
    const last = box.x + bucket * 29.6;
    await page.mouse.move(last, box.y + 60);
    await page.locator('.reading').waitFor();
    await contact();
    await shows(page, 'Contacts', String(contacts));
    expect(await page.locator('.reading').textContent()).toContain(`Contacts${contacts}`);

    await page.mouse.move(box.x + bucket * 20, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + bucket * 24, box.y + 60, { steps: 3 });
    await contact();
    await shows(page, 'Contacts', String(contacts));
    await page.mouse.move(last, box.y + 60, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => new URL(page.url()).search).toMatch(/^\?from=.*&to=/);
  });

  it('does not put bounds back that are being typed', async () => {
    const page = await live('?range=hour');
    await page.getByText('Custom range').click();
    await page.getByLabel('From').fill('2017-06-28T10:30');
    const before = await page.locator('.shown b').textContent();
    // The range moves with the minute of the server's clock.
    await page.route('**/dashboard/overview/**', async (route) => {
      const response = await route.fetch();
      const overview = (await response.json()) as { summary: { now: string } };
      const later = Date.parse(`${overview.summary.now.slice(0, 19).replace(' ', 'T')}Z`) + 120_000;
      const now = new Date(later).toISOString().slice(0, 23).replace('T', ' ');
      await route.fulfill({
        response,
        json: { ...overview, summary: { ...overview.summary, now: `${now}000` } },
      });
    });
    await contact();
    await expect.poll(() => page.locator('.shown b').textContent()).not.toBe(before);
    expect(await page.getByLabel('From').inputValue()).toBe('2017-06-28T10:30');
    await page.keyboard.press('Escape');
    await page.getByText('Custom range').click();
    expect(await page.getByLabel('From').inputValue()).not.toBe('2017-06-28T10:30');
  });

  it('goes to the bucket that is meant, though another zone is chosen already', async () => {
    const page = await live('?range=today&compare=no');
    await page.getByText('The same as a table').click();
    const link = page.locator('.as-table tbody a').first();
    const day = isoDay(0);
    // The answers for the other zone do not come.
    await page.route('**/dashboard/**', () => {});
    await chooseZone(page, 'Johannesburg');
    await link.click();
    expect(new URL(page.url()).search).toBe(
      `?from=${day}T02:00&to=${day}T03:00&tz=Africa/Johannesburg&compare=no`,
    );
  });

  it('has the period before in the table that says the same as the chart', async () => {
    const page = await live('?range=today');
    await page.getByText('The same as a table').click();
    const heads = page.locator('.as-table thead th');
    await heads.last().waitFor();
    expect((await heads.allTextContents()).at(-1)).toBe('Contacts before');
    const cells = await page.locator('.as-table tbody tr').first().locator('td').allTextContents();
    expect(cells.at(-1)).toBe('0');
    await chooseComparison(page, 'Nothing');
    await ready(page);
    await expect.poll(async () => (await heads.allTextContents()).at(-1)).toBe('Rate');
  });

  it('says that it is stale when the server goes, and comes back by itself', async () => {
    const page = await live('?tz=UTC');
    const { port } = new URL(server.url);
    await server.end('SIGKILL');
    await page.getByText('Connection lost.').waitFor();
    await page.getByText('These are the last numbers').waitFor();
    // It changes each second, and the place is one that is read out.
    expect(await page.locator('.notice [aria-hidden=true]').textContent()).toMatch(/\d (s|min) old/);
    expect(await page.locator('main').getAttribute('class')).toContain('is-stale');
    await shows(page, 'Contacts', String(contacts));
    expect(await findings(page)).toEqual([]);
    const notice = page.locator('.notice');
    expect(await notice.textContent()).not.toContain('has not come yet');
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await page.getByText('What you chose has not come yet').waitFor();
    expect(await notice.textContent()).toMatch(/they are of .*, UTC, all symbols\. Trying again by itself/);
    await page.goBack();
    await expect.poll(() => notice.textContent()).not.toContain('has not come yet');

    server = await startServerProcess(store, [], ['--port', port]);
    await contact();
    await shows(page, 'Contacts', String(contacts));
    await page.locator('.live.open').waitFor();
    expect(await page.locator('.notice').count()).toBe(0);
    expect(await page.locator('main').getAttribute('class')).not.toContain('is-stale');
    await page.getByRole('link', { name: `Story of ${uuid(contacts)}` }).waitFor();
  });
});

/** Starts a server on a port that the system gives to nobody else, so that another can be started there later. */
async function startToStay(store: string): Promise<ServerProcess> {
  const port = String(20_000 + Math.floor(10_000 * Math.random()));
  return startServerProcess(store, [], ['--port', port]).catch((error: unknown) => {
    if (String(error).includes('EADDRINUSE')) return startToStay(store);
    throw error;
  });
}
