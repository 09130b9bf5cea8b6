import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { makeStore, post, temporaryFolder, uuid } from './support.js';

const TOKEN = 'a-token-of-the-dashboard';

describe.skipIf(BROWSER_MISSING !== null)(`the live page${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let store: string;
  beforeAll(async () => {
    browser = await sharedBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    store = `journal:${join(temporaryFolder(), 'data')}`;
    server = await startToStay(store);
    return async () => {
      await server.end('SIGKILL');
    };
  });

  async function open(): Promise<{ page: Page; wrongs: readonly string[] }> {
    const watched = await openPage(browser, server.url);
    await watched.page.goto('/');
    await watched.page.locator('.live.open').waitFor();
    return watched;
  }

  it('fills from nothing within a second of a POST, and follows', async () => {
    const { page, wrongs } = await open();
    await page.getByText('No contacts yet').waitFor();
    expect(await page.locator('.live').textContent()).toContain('no event yet');

    // The other tests of this machine run at the same time, and may hold some of them up.
    let contacts = 0;
    for (let quick = 0; quick < 10; ) {
      // As the first does, so that each comes to a page that is at rest.
      await page.waitForTimeout(1100);
      const allowed = Math.max(1, 0.5 + 4 * (await secondsOfQuestions(page)));
      const started = performance.now();
      contacts += 1;
      await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
      await shows(page, 'Contacts', String(contacts));
      const seconds = (performance.now() - started) / 1000;
      if (seconds < allowed) quick += 1;
      expect(contacts - quick).toBeLessThanOrEqual(5);
    }
    expect(await page.locator('.live').textContent()).toMatch(/newest event \d+ s ago/);
    // The numbers may be asked for anew a moment before the message comes: with each minute.
    await expect.poll(() => page.locator('.events tbody tr').count()).toBe(contacts);

    await post(server.url, `/followup?uuid=${uuid(1)}`);
    await shows(page, 'Followups', '1');
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await page.locator('.integrity dd', { hasText: /^1$/ }).waitFor();
    await shows(page, 'Contacts', String(contacts));
    await page.locator('.events tbody tr').first().getByText('replay').waitFor();
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('keeps the list still while it is paused, and counts on', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Pause' }).click();
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await shows(page, 'Contacts', '1');
    expect(await page.locator('.events tbody tr').count()).toBe(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('.events tbody tr').waitFor();
    await page.context().close();
  });

  it("asks for a contact's story when something of it is new, and not with all that is", async () => {
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    const { page, wrongs } = await openPage(browser, server.url);
    let [asked, answered, started, restsUntil] = [0, 0, 0, 0];
    page.on('request', (request) => {
      if (!request.url().includes('/events/')) return;
      asked += 1;
      started = performance.now();
    });
    page.on('requestfinished', (request) => {
      if (!request.url().includes('/events/')) return;
      answered += 1;
      const ended = performance.now();
      // It rests for a second, or four times what asking took; that is seen from afar here.
      restsUntil = ended + 2000 + 6 * (ended - started);
    });
    await page.goto(`/?uuid=${uuid(1)}`);
    await page.locator('.live.open').waitFor();
    await page.locator('.story li').nth(1).waitFor();
    // The first message begins anew, and so may the second: then it is asked for again after a rest.
    await expect.poll(() => asked === answered && performance.now() > restsUntil).toBe(true);
    const before = asked;
    expect(before).toBeLessThanOrEqual(3);
    for (let other = 2; other <= 6; other += 1) {
      await post(server.url, `/initial?uuid=${uuid(other)}&symbol=e`);
      await page.waitForTimeout(600);
    }
    await shows(page, 'Contacts', '6');
    expect(asked).toBe(before);
    await post(server.url, `/followup?uuid=${uuid(1)}`);
    await page.locator('.story').getByText('Went on with a followup').waitFor();
    expect(asked).toBe(before + 1);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('says that it is stale when the server goes, and comes back by itself', async () => {
    const { page } = await open();
    await post(server.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await shows(page, 'Contacts', '1');
    const { port } = new URL(server.url);
    await server.end('SIGKILL');
    await page.getByText('Connection lost.').waitFor();
    await page.getByText('These are the last numbers').waitFor();
    // It changes each second, and the place is one that is read out.
    expect(await page.locator('.notice [aria-hidden=true]').textContent()).toMatch(/\d (s|min) old/);
    expect(await page.locator('main').getAttribute('class')).toContain('is-stale');
    await shows(page, 'Contacts', '1');
    const notice = page.locator('.notice');
    expect(await notice.textContent()).not.toContain('has not come yet');
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await page.getByText('What you chose has not come yet').waitFor();
    expect(await notice.textContent()).toMatch(/they are of .*, UTC, all symbols\. Trying again by itself/);
    await page.goBack();
    await expect.poll(() => notice.textContent()).not.toContain('has not come yet');

    server = await startServerProcess(store, [], ['--port', port]);
    await post(server.url, `/initial?uuid=${uuid(2)}&symbol=t`);
    await shows(page, 'Contacts', '2');
    await page.locator('.live.open').waitFor();
    expect(await page.locator('.notice').count()).toBe(0);
    expect(await page.locator('main').getAttribute('class')).not.toContain('is-stale');
    await page.locator('.events tbody tr').nth(1).waitFor();
    await page.context().close();
  });

  it('says where no live connection is free, shows fresh numbers all the same, and takes one that is', async () => {
    const full = await startServerProcess(
      `journal:${join(temporaryFolder(), 'data')}`,
      [],
      ['--live-clients-max', '1'],
    );
    const pages = await Promise.all([openPage(browser, full.url), openPage(browser, full.url)]);
    const [first, second] = pages.map(({ page }) => page) as [Page, Page];
    await first.goto('/');
    await first.locator('.live.open').waitFor();
    await second.goto('/');
    await second.getByText('No live connection is free.').waitFor();
    expect(await second.locator('.live').textContent()).toContain('Not live');
    expect(await second.locator('.events').textContent()).toContain('of which none is free');
    expect(await second.locator('main').getAttribute('class')).not.toContain('is-stale');
    await post(full.url, `/initial?uuid=${uuid(1)}&symbol=e`);
    await shows(second, 'Contacts', '1');
    await first.context().close();
    await second.locator('.live.open').waitFor();
    expect(await second.locator('.notice').count()).toBe(0);
    await second.locator('.events tbody tr').waitFor();
    expect(pages.map(({ wrongs }) => wrongs)).toEqual([[], []]);
    await second.context().close();
    await full.end('SIGTERM');
  });

  it('says that an event is dated ahead', async () => {
    const events = join(temporaryFolder(), 'ahead.ndjson');
    const date = `${new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')}.000000`;
    await writeFile(
      events,
      `${JSON.stringify({ uuid: uuid(1), symbol: 'e', is_vowel: true, url: 'initial', date })}\n`,
    );
    const ahead = await startServerProcess(await makeStore(events));
    const { page } = await openPage(browser, ahead.url);
    await page.goto('/');
    await page.locator('.live', { hasText: 'newest event dated 5 h ahead' }).waitFor();
    await page.context().close();
    await ahead.end('SIGTERM');
  });

  it('waits where the server cannot be reached from the start', async () => {
    const watched = await openPage(browser, server.url);
    await watched.page.route('**/dashboard/**', (route) => route.abort());
    await watched.page.goto('/');
    await watched.page.getByText('The server cannot be reached').waitFor();
    await watched.page.unroute('**/dashboard/**');
    await watched.page.getByText('No contacts yet').waitFor();
    await watched.page.context().close();
  });
});

describe.skipIf(BROWSER_MISSING !== null)(`the sign-in${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  beforeAll(async () => {
    browser = await sharedBrowser();
    const store = `journal:${join(temporaryFolder(), 'data')}`;
    server = await startServerProcess(store, [], ['--dashboard-token', TOKEN]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  it('refuses a wrong token, takes the right one, and goes on to the link', async () => {
    const { page, wrongs } = await openPage(browser, server.url);
    const link = '/?range=30d&tz=Europe/Berlin&symbol=e';
    await page.goto(link);
    expect(await page.title()).toContain('Sign in');
    expect(await page.context().cookies()).toEqual([]);
    await signIn(page, 'not-the-token-of-it');
    await page.getByRole('alert').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    expect(page.url()).toBe(`${server.url}${link}`);
    expect(await page.locator('.narrowed').textContent()).toContain('Only the symbol e');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(cookie!.value).not.toContain(TOKEN);
    expect(page.url()).not.toContain(TOKEN);
    expect(JSON.stringify(server.log)).not.toContain(TOKEN);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Dashboard token').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('is asked for again when the session has ended', async () => {
    const { page } = await openPage(browser, server.url);
    await page.goto('/');
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    // What the page asks by itself meanwhile would bring the sign-in before the click.
    let go = () => {};
    const clicked = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route('**/dashboard/**', async (route) => {
      await clicked;
      await route.continue();
    });
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Yesterday' }).click();
    go();
    await page.getByLabel('Dashboard token').waitFor();
    await signIn(page, TOKEN);
    await page.locator('.live.open').waitFor();
    expect(new URL(page.url()).search).toBe('?range=yesterday');
    await page.context().close();
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

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Dashboard token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** How long the browser takes to have eight questions answered, whatever the page does: how quick the machine is. */
async function secondsOfQuestions(page: Page): Promise<number> {
  const started = performance.now();
  await page.evaluate(async () => {
    for (let question = 0; question < 8; question += 1) {
      await (await fetch('/dashboard/guesses/2017-06-28/2017-07-28')).json();
    }
  });
  return (performance.now() - started) / 1000;
}

/** Waits until a card shows a number. */
async function shows(page: Page, title: string, value: string): Promise<void> {
  await page
    .locator('.card')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) })
    .locator('.value', { hasText: new RegExp(`^${value}$`) })
    .waitFor();
}
