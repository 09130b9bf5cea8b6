import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.js';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { openPage, sharedBrowser } from './browser.js';
import { makeStore, tallyboard, temporaryFolder } from './support.js';

// Not a test: `npm run screenshots` makes the pictures of the README with it.

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDE = { viewport: { width: 1440, height: 1010 } };

let browser: Browser;
let server: ServerProcess;
let store: string;
beforeAll(async () => {
  const until = Math.floor(Date.now() / 60_000) * MINUTE;
  store = await makeStore({ until, days: 200, contactsPerDay: 400 });
  await tallyboard('verify', '--store', store);
  server = await startServerProcess(store);
  browser = await sharedBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.end('SIGTERM');
});

describe('the page', () => {
  it('light', () => shoot('light', '/?range=30d', { ...WIDE, colorScheme: 'light' }));
  it('dark', () => shoot('dark', '/?range=30d&sort=count.down', { ...WIDE, colorScheme: 'dark' }));
  it('narrow', () =>
    shoot('narrow', '/?range=today', { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2 }));

  it('empty', async () => {
    const empty = await startServerProcess(`journal:${join(temporaryFolder(), 'data')}`);
    const { page } = await openPage(browser, empty.url, WIDE);
    await page.goto('/');
    await page.getByText('No contacts yet').waitFor();
    await settled(page);
    await page.screenshot({ path: join(FOLDER, 'empty.png') });
    await empty.end('SIGTERM');
  });

  it('stale', async () => {
    const other = await startServerProcess(
      await makeStore({ until: Date.now() * 1000, days: 9, contactsPerDay: 900 }),
    );
    const { page } = await openPage(browser, other.url, WIDE);
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await other.end('SIGKILL');
    await page.locator('.notice.stale').waitFor();
    await settled(page);
    await page.screenshot({ path: join(FOLDER, 'stale.png') });
  });
});

async function shoot(name: string, path: string, options: BrowserContextOptions): Promise<void> {
  const { page } = await openPage(browser, server.url, options);
  await page.goto(path);
  await page.locator('.live.open').waitFor();
  await page.locator('.u-over').waitFor();
  await settled(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

/** Until nothing moves: what fades in has come. */
async function settled(page: Page): Promise<void> {
  await page.locator('main[aria-busy=false]').waitFor();
  await page.waitForTimeout(500);
}
