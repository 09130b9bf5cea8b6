import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { openPage, sharedBrowser, type WatchedPage } from './browser.js';
import type { MadeUp } from './made-up.js';
import { ready } from './reading.js';
import { makeStore } from './support.js';

/** The page over made-up contacts, one at a time, for the tests of a suite. */
export function madeUpPage(content: MadeUp) {
  let browser: Browser;
  let server: ServerProcess;
  let watched: WatchedPage;
  beforeAll(async () => {
    server = await startServerProcess(await makeStore(content));
    browser = await sharedBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end('SIGTERM');
  });

  async function visit(query: string, options: BrowserContextOptions = {}): Promise<Page> {
    watched = await openPage(browser, server.url, options);
    await watched.page.goto(`/${query}`);
    return watched.page;
  }

  return {
    url: () => server.url,

    /** Opens the page at a query. */
    visit,

    /** Opens the page at a query and waits for its numbers. */
    async open(query = '', timezoneId = 'UTC'): Promise<Page> {
      const page = await visit(query, { timezoneId });
      await ready(page);
      return page;
    },

    /** Closes it, and says whether it did what it must not do. */
    async close(): Promise<void> {
      expect(watched.wrongs).toEqual([]);
      await watched.page.context().close();
    },
  };
}
