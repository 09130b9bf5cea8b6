import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { BROWSER_MISSING, openPage, SKIPPED, sharedBrowser } from './browser.js';
import { card, ready } from './reading.js';
import { post, temporaryFolder, uuid } from './support.js';

/** More than a browser opens lines to one server. */
const WINDOWS = 7;

/** How many turns the page counts without a sign of life before it gives a line up; each is of three seconds. */
const TURNS = 12;

/** Lets the intervals of a worker run by the hand of its windows. */
const TURNS_BY_HAND = `
  const calls = new Map();
  globalThis.setInterval = (call) => (calls.set(calls.size + 1, call), calls.size);
  globalThis.clearInterval = (id) => calls.delete(id);
  new BroadcastChannel('turns').onmessage = ({ data }) => {
    for (let turn = 0; turn < data; turn += 1) for (const call of [...calls.values()]) call();
  };`;

describe.skipIf(BROWSER_MISSING !== null)(`lines to a server that lends one${SKIPPED}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let contacts = 0;
  beforeAll(async () => {
    browser = await sharedBrowser();
    const store = `journal:${join(temporaryFolder(), 'data')}`;
    server = await startServerProcess(store, [], ['--live-clients-max', '1']);
    await contact();
  });
  afterEach(() => {
    server.child.kill('SIGCONT');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGKILL');
  });

  async function contact(): Promise<void> {
    contacts += 1;
    await post(server.url, `/initial?uuid=${uuid(contacts)}&symbol=e`);
  }

  /** Opens the page, and notes whenever its line is another. */
  async function open(page: Page): Promise<void> {
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await page.evaluate(() => {
      const dot = document.querySelector('.live')!;
      document.body.dataset.lines = '';
      new MutationObserver(() => {
        document.body.dataset.lines += `${dot.className} `;
      }).observe(dot, { attributeFilter: ['class'] });
    });
  }

  function linesOf(page: Page): Promise<string | null> {
    return page.locator('body').getAttribute('data-lines');
  }

  /** Lets a contact come that the pages list, by the line that they had all the time. */
  async function contactShown(...pages: readonly Page[]): Promise<void> {
    await contact();
    for (const page of pages) {
      await expect.poll(() => card(page, 'Contacts')).toBe(contacts);
      await page.getByRole('link', { name: `Story of ${uuid(contacts)}` }).waitFor();
    }
  }

  async function expectLost(page: Page): Promise<void> {
    await page.locator('.live.lost', { hasText: 'Connection lost' }).waitFor();
    await page.getByText('These are the last numbers').waitFor();
    expect(await page.locator('main').getAttribute('class')).toContain('is-stale');
  }

  it('windows are live by one line, from the first message on, and list the same', async () => {
    const { page: first, wrongs } = await openPage(browser, server.url);
    const others = await Promise.all(
      Array.from({ length: WINDOWS - 1 }, async () => first.context().newPage()),
    );
    const pages = [first, ...others];
    for (const page of pages) {
      await page.goto('/');
      await page.locator('.live.open').waitFor();
      if (page === first) await contact();
    }
    await contact();
    for (const page of pages) {
      await expect.poll(() => card(page, 'Contacts')).toBe(contacts);
      await expect.poll(() => page.locator('.events tbody tr').count()).toBe(contacts);
    }
    expect(wrongs).toEqual([]);
    // Whoever goes takes nothing from the others.
    await first.close();
    await contact();
    const last = pages.at(-1)!;
    await expect.poll(() => last.locator('.events tbody tr').count()).toBe(contacts);
    await last.context().close();
  });

  it('windows find a new line when the worker that had theirs is gone', async () => {
    const { page } = await openPage(browser, server.url);
    await page.clock.install();
    const other = await page.context().newPage();
    for (const each of [page, other]) {
      await each.goto('/');
      await each.locator('.live.open').waitFor();
    }
    const session = await browser.newBrowserCDPSession();
    const workers = async () => {
      const { targetInfos } = await session.send('Target.getTargets');
      return targetInfos.filter(({ type, url }) => type === 'shared_worker' && url.startsWith(server.url));
    };
    // That of the windows before may take a moment to go.
    await expect.poll(workers).toHaveLength(1);
    await session.send('Target.closeTarget', { targetId: (await workers())[0]!.targetId });
    await contact();
    // They wait a while for what it could say.
    await page.clock.runFor(15_000);
    for (const each of [page, other]) {
      await expect.poll(() => each.locator('.events tbody tr').count()).toBe(contacts);
    }
    await page.context().close();
  });

  it('windows have a line each where the script for the one cannot be loaded', async () => {
    const { page } = await openPage(browser, server.url);
    await page.context().route('**/shared-line-*.js', (route) => route.abort());
    await page.goto('/');
    await page.locator('.live.open').waitFor();
    await page.context().close();
  });

  it('says where no live connection is free, shows fresh numbers all the same, and takes one that is', async () => {
    const { page: second, wrongs } = await openPage(browser, server.url);
    await second.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'SharedWorker');
    });
    // Who has had the place for a while would have to give it away.
    let ask = () => {};
    const isTaken = new Promise<void>((resolve) => {
      ask = resolve;
    });
    await second.route('**/dashboard/live', async (route) => {
      await isTaken;
      await route.continue();
    });
    await second.goto('/');
    await ready(second);
    const { page: first } = await openPage(browser, server.url);
    await open(first);
    ask();
    await second.getByText('No live connection is free.').waitFor();
    expect(await second.locator('.live').textContent()).toContain('Not live');
    expect(await second.locator('.events').textContent()).toContain('of which none is free');
    expect(await second.locator('main').getAttribute('class')).not.toContain('is-stale');
    await contact();
    await expect.poll(() => card(second, 'Contacts')).toBe(contacts);
    await first.context().close();
    await second.locator('.live.open').waitFor();
    expect(await second.locator('.notice').count()).toBe(0);
    await second.getByRole('link', { name: `Story of ${uuid(contacts)}` }).waitFor();
    expect(wrongs).toEqual([]);
    await second.context().close();
  });

  it('a server that is stuck is not live to the windows that share a line, until it goes on', async () => {
    const { page, wrongs } = await openPage(browser, server.url);
    await page.context().route('**/shared-line-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${TURNS_BY_HAND}\n${await response.text()}` });
    });
    const pages = [page, await page.context().newPage()];
    for (const each of pages) await open(each);
    const turn = (count: number) =>
      page.evaluate((turns) => new BroadcastChannel('turns').postMessage(turns), count);

    await turn(TURNS - 1);
    await contactShown(...pages);
    await turn(TURNS - 1);
    await contactShown(...pages);
    expect(await Promise.all(pages.map(linesOf))).toEqual(['', '']);

    server.child.kill('SIGSTOP');
    await turn(TURNS);
    for (const each of pages) await expectLost(each);
    server.child.kill('SIGCONT');
    for (const each of pages) await each.locator('.live.open').waitFor();
    await contactShown(...pages);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('a server that is stuck is not live to a window with a line of its own, nor to one that was hidden', async () => {
    const { page, wrongs } = await openPage(browser, server.url);
    await page.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'SharedWorker');
    });
    await page.clock.install();
    await open(page);
    await contactShown(page);
    // The lid is closed and opened again: what was due comes once, and late.
    await page.clock.fastForward('08:00:00');
    await contactShown(page);
    expect(await linesOf(page)).toBe('');

    server.child.kill('SIGSTOP');
    await page.clock.runFor(TURNS * 3000);
    await expectLost(page);
    server.child.kill('SIGCONT');
    await page.locator('.live.open').waitFor();
    await contactShown(page);

    await show(page, false);
    server.child.kill('SIGSTOP');
    await show(page, true);
    expect(await page.locator('.live').getAttribute('class')).toBe('live waiting');
    await page.clock.runFor(TURNS * 3000);
    await expectLost(page);
    server.child.kill('SIGCONT');
    await page.locator('.live.open').waitFor();
    expect(wrongs).toEqual([]);
    await page.context().close();
  });
});

/** Hides a window, or shows it again, as far as it can tell. */
async function show(page: Page, isShown: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, !isShown);
}
