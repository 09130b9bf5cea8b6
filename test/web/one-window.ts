import type { Browser, BrowserContextOptions, Page, ViewportSize } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { askOnce, openPage, sharedBrowser, type WatchedPage } from './browser.js';
import type { MadeUpServer } from './once.js';
import { ready } from './reading.js';

/** The made-up contacts that the tests share, and their server. */
export async function madeUpServer(): Promise<MadeUpServer> {
  return JSON.parse(await askOnce('made-up')) as MadeUpServer;
}

/** The page over these, in one window for the tests of a suite, which must not do what is wrong in any of them. */
export function madeUpPage(options: BrowserContextOptions = {}) {
  return oneWindow(async () => (await madeUpServer()).url, options);
}

/** A window for the tests of a suite: to open one takes as long as most tests do. */
export function oneWindow(urlOf: () => string | Promise<string>, options: BrowserContextOptions = {}) {
  let browser: Browser;
  let url: string;
  let watched: WatchedPage;
  let viewport: ViewportSize;
  let wrongsBefore = 0;
  beforeAll(async () => {
    browser = await sharedBrowser();
    url = await urlOf();
    watched = await openPage(browser, url, options);
    viewport = watched.page.viewportSize()!;
  });
  afterEach(async () => {
    // What is held back there may never come.
    await watched.page.unrouteAll({ behavior: 'ignoreErrors' });
    await watched.page.setViewportSize(viewport);
    await watched.page.emulateMedia({ media: null, colorScheme: null });
    const wrongs = watched.wrongs.slice(wrongsBefore);
    wrongsBefore = watched.wrongs.length;
    expect(wrongs).toEqual([]);
  });
  afterAll(() => browser?.close());

  /** Opens a link. */
  async function visit(query: string): Promise<Page> {
    await watched.page.goto(`/${query}`);
    return watched.page;
  }

  /** Opens a link and waits for its numbers. */
  async function open(query = ''): Promise<Page> {
    const page = await visit(query);
    await ready(page);
    return page;
  }

  return {
    url: () => url,
    visit,
    open,

    /** Goes there as the back button does, which loads nothing; menus and tables stay open. */
    async go(query: string): Promise<Page> {
      const { page } = watched;
      if (!page.url().startsWith(url)) return open(query);
      await page.evaluate((search) => {
        history.pushState(null, '', `/${search}`);
        dispatchEvent(new PopStateEvent('popstate'));
      }, query);
      await ready(page);
      return page;
    },
  };
}
